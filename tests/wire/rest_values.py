"""Which values the allowed differences have, on both sides: those of the Go program's answer and of ours.

A rule says that a member may differ, and why; the files beside this one say for each record and member what was
recorded and what we answer. Another value, a difference that is new or one that is gone is found. What differs in every run
(ids, times, addresses, sizes) is a kind of value there. `MB_WRITE_VALUES=1` writes the files anew, to be read as a change.
"""

import collections
import fnmatch
import json
import os
import re

ABSENT = "(absent)"
PLAIN = [  # what is another in every run
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z|\d{4}(_\d\d){5}_\d+", "<time>"),
    (r"127\.0\.0\.1(:| port )\d+", "<address>"),
    (r"\bprocess \d+\b", "process <n>"),
    (r"\bmachine \S+,", "machine <name>,"),
    (r"after \d+ ms", "after <n> ms"),
    (r"\d+ attempts?", "<n> attempts"),
    (r"database \w+ collection \w+", "database <name> collection <name>"),
    (r"\bsegment \d+\b", "segment <n>"),
    (r"/[^ :'\"]*pytest-of-[^ :'\"]*", "<folder>"),
]
EXACT = ("code", "state_code", "progress", "status", "count", "load_state", "shards_num", "has_index", "state", "msg", "error",
         "errorMessage", "content_type", "name", "id", "db_name", "collection_name", "exit", "bucket")
IN_ORDER = ("new", "order")


class Part(str):
    """Where two answers differ, with the values on both sides."""

    def __new__(cls, path, was=ABSENT, now=ABSENT):
        part = super().__new__(cls, path)
        part.was, part.now = was, now
        return part

    @property
    def whole(self):
        member = re.split(r"[.\[]", self.rstrip("+-").replace("[]", ""))[-1]
        return str(self), json.dumps(plain(member, self.was)), json.dumps(plain(member, self.now))

    @property
    def in_short(self):
        return Part(self, brief(self.was), brief(self.now))


def brief(value):
    """Of a whole answer its status, code and message, and the state of what it tells of."""
    if isinstance(value, dict):
        inner = {key: brief(value[key]) for key in ("data", "body") if key in value}
        return {key: value[key] for key in ("status", "code", "msg", "error", "state_code") if key in value} | inner
    return "<list>" if isinstance(value, list) else value


def plain(member, value):
    """A value as it can be compared with that of another run: exact where EXACT names the member, or its kind."""
    if isinstance(value, dict):
        return {key: plain(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return value if member in IN_ORDER else [json.loads(it) for it in sorted({json.dumps(plain(member, it)) for it in value})]
    if isinstance(value, str) and value != ABSENT:
        return of_text(value)
    if member == "progress" and type(value) is int:
        return of_progress(value)
    if isinstance(value, bool) or value is None or value == ABSENT or member in EXACT:
        return value
    return "<number>" if value else 0


def of_progress(value):
    """A task that has begun may have got further before it is asked."""
    return "<running>" if 0 < value < 100 else value


def of_text(text):
    for pattern, placeholder in PLAIN:
        text = re.sub(pattern, placeholder, text)
    return text if len(text) < 1000 else text[:60] + "..."


class Values:
    """One file of them: a line for each (version, part, was, now) with the records that have it.

    only: patterns of the parts whose values are the same in every run; all where it is left out.
    chance: patterns of ids whose answers are timing, of which the rules alone judge.
    """

    def __init__(self, path, only=("*",), chance=()):
        self.path, self.only, self.chance = path, only, chance
        self.listed, self.noted = collections.defaultdict(set), collections.defaultdict(set)
        for line in path.read_text().splitlines() if path.exists() else []:
            row = json.loads(line)
            for id in row["ids"]:
                self.listed[row["version"], id].add((row["part"], json.dumps(row["was"]), json.dumps(row["now"]), row["times"]))

    def counted(self, id, parts):
        """(part, was, now, how often in the answer): elements of an array share their part's name. Of numbers of one kind nothing is said."""
        if self.is_chance(id):
            return set()
        short = "*" not in self.only
        wholes = [(part.in_short if short and not part.startswith("after.") else part).whole for part in parts if any(fnmatch.fnmatch(part, pattern) for pattern in self.only)]
        return {(*whole, times) for whole, times in collections.Counter(wholes).items() if whole[1] != whole[2]}

    def is_chance(self, id):
        return any(fnmatch.fnmatch(id.partition("#")[0], pattern) for pattern in self.chance)

    def judge(self, version, id, parts):
        """The differences that are not those of the file, and those of the file that are gone."""
        seen, listed = self.counted(id, parts), self.listed[version, id]
        return [f"{part}: {now} instead of {was}, {times} times" for part, was, now, times in sorted(seen - listed)] + [
            f"{part}: no longer {now}, {times} times" for part, was, now, times in sorted(listed - seen)
        ]

    def note(self, version, id, parts):
        self.noted[version, id] |= self.counted(id, parts)

    def left_over(self):
        """Records of the file that nobody plays any more."""
        listed = {key for key, wholes in self.listed.items() if wholes}
        return sorted(f"{version} {id}" for version, id in listed - self.noted.keys())

    def write(self):
        if not os.environ.get("MB_WRITE_VALUES"):
            return
        rows = collections.defaultdict(set)
        for (version, id), seen in self.noted.items():
            for whole in seen:
                rows[version, *whole].add(id)
        lines = [
            json.dumps({"part": part, "version": version, "was": json.loads(was), "now": json.loads(now), "times": times,
                        "ids": sorted(ids)})
            for (version, part, was, now, times), ids in sorted(rows.items(), key=lambda row: (row[0][1], row[0]))
        ]
        self.path.write_text("\n".join(lines) + "\n")
