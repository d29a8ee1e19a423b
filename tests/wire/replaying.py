"""Plays records of every kind against a server: one request, several at once, one that is repeated until a task ends."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from wire.recordings import Judge, of_answer, send
from wire.rest_values import Part

MADE = {  # before a section begins
    "list": {"base": {}, "li_empty": {"collection_names": ["empty"]}, "li_sales": {"db_collections": {"sales": []}},
             "foreign": {"collection_names": ["empty", "partitions"]}},
    "get": {"base": {}, "foreign": {"collection_names": ["empty", "partitions"]}},
    "delete": {name: {"collection_names": ["empty"]} for name in ("de1", "de10", "de2", "de3", "de4", "de5", "de6")},
}
RUBBISH = {  # what no backup is, below the root
    "halfdone/binlogs/one": "x",
    **{f"badmeta/meta/{name}_meta.json": "no json" for name in ("backup", "collection", "partition", "segment")},
    "loose_file": "x",
}
_F = {"backup_name": "base", "skipCreateCollection": True, "metaOnly": True, "restoreIndex": True, "dropExistIndex": True}
_OF_F = {"collection_names": ["partitions"], "collection_suffix": "_f"}


def _plan(target, first, second, filter):
    collections = [{"source": first[0], "target": first[1]}, {"source": second[0], "target": second[1]}]
    mapping = [{"source": "default", "target": target, "colls": collections}]
    return {"backup_name": "base", "restorePlan": {"mapping": mapping, "filter": {target: {"colls": filter}}}}


WHOLE = {  # of which the record keeps the beginning and the length
    "restore/drop-exist-index": {**_F, **_OF_F},
    "restore/use-auto-index": {**_F, "useAutoIndex": True, **_OF_F},
    "restore/suffix-long": {"backup_name": "base", "collection_suffix": "_" + "x" * 300, "collection_names": ["empty"]},
    "restore2/plan-filter": _plan("pdb2", ("empty", "e2"), ("partitions", "p2"), ["*"]),
    "restore2/plan-filter-one": _plan("pdb3", ("empty", "e3"), ("partitions", "p3"), ["e3"]),
    "restore2/plan-two-targets": _plan("pdb6", ("empty", "e6a"), ("empty", "e6b"), ["*"]),
}


def made_whole(record):
    """The record with its request in full, where that can be said."""
    if record["id"] not in WHOLE:
        return record
    body = json.dumps(WHOLE[record["id"]], separators=(",", ":"))
    kept, length = record["request"]["body"], int(record["request"]["body_cut"].split()[-1])
    assert body.startswith(kept) and len(body) == length
    return {**record, "request": {"line": record["request"]["line"], "json": WHOLE[record["id"]]}}


DONE = 2  # and beyond: a task that has ended


def state_of(answer):
    envelope = answer.json()
    return DONE if envelope.get("code") else (envelope["data"] or {}).get("state_code", 0)


class Player(Judge):
    """Also remembers the id that was made up for a restore, for the records that ask for it."""

    def __init__(self, version, rules, values):
        super().__init__(version, rules, values)
        self.made_up = None

    def play(self, server, record):
        if "sequence" in record:
            self.play_sequence(server, record)
        elif "requests" in record:
            self.play_at_once(server, record)
        else:
            self.play_one(server, record)

    def play_one(self, server, record):
        answer = send(server, record["request"])
        self.compare(record, answer)
        self.remember(answer)

    def remember(self, answer):
        if answer.headers.get("Content-Type", "").startswith("application/json"):
            data = answer.json().get("data") if isinstance(answer.json(), dict) else None
            if isinstance(data, dict) and data.get("id", "").startswith("restore_"):
                self.made_up = data["id"]

    def play_sequence(self, server, record, timeout=120):
        """The last answer is compared; those before are of a task that goes on and never back."""
        request = dict(record["request"])
        request["line"] = request["line"].replace("restore_<time>", self.made_up or "")
        until, before, parts = time.monotonic() + timeout, 0, []
        answer = send(server, request)
        while answer.status == 200 and state_of(answer) < DONE and time.monotonic() < until:
            progress = answer.json()["data"]["progress"]
            if not before <= progress < 100:
                parts.append(Part("sequence.progress", before, progress))
            before = progress
            time.sleep(0.05)
            answer = send(server, request)
        last = record["sequence"][-1]
        self.weigh(record["id"], lambda answer: [*parts, *of_answer(last, answer)], answer)

    def play_at_once(self, server, record):
        """Who comes first is chance: the answers are compared in the order that fits better."""
        with ThreadPoolExecutor(len(record["requests"])) as pool:
            answers = list(pool.map(lambda request: send(server, request), record["requests"]))
        ways = []
        for order in (answers, answers[::-1]):
            ways.append([(expected, answer) for expected, answer in zip(record["responses"], order)])
        best = min(ways, key=lambda pairs: sum(len(list(of_answer(*pair))) for pair in pairs))
        for number, (expected, answer) in enumerate(best, 1):
            self.weigh(f"{record['id']}#{number}", lambda answer, expected=expected: list(of_answer(expected, answer)), answer)
