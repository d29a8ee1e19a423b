"""What servers of the Go program answered, request by request, and how our answers may differ.

A file of recordings has one JSON object a line (id, request, response, ...). `Rule`s say which differences are meant.
"""

import collections
import fnmatch
import gzip
import json
import re
import urllib.parse
from dataclasses import dataclass, field

from wire.rest_values import ABSENT, Part

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def load(path):
    records = {}
    for line in gzip.decompress(path.read_bytes()).decode().strip("\n").split("\n"):
        record = json.loads(line)
        records[record["id"]] = record
    return records


@dataclass
class Rule:
    """ids: patterns of fnmatch. parts: patterns of what may differ, as `status`, `msg`, `data.progress`, `header.x`."""

    ids: str
    parts: str
    reason: str
    version: str = "*"
    used: bool = field(default=False, compare=False)

    def allows(self, version, record, part):
        return (
            fnmatch.fnmatch(version, self.version)
            and any(fnmatch.fnmatch(record.partition("#")[0], it) for it in self.ids.split())
            and any(fnmatch.fnmatch(part, it) for it in self.parts.split())
        )


def same(expected, actual):
    """Do two values agree, placeholders in mind?"""
    if expected == "<uuid>":
        return isinstance(actual, str) and bool(UUID.fullmatch(actual))
    if expected in ("<time>", "<id>"):
        return isinstance(actual, int) and not isinstance(actual, bool)
    if isinstance(expected, str) and "<" in expected and isinstance(actual, str):
        pattern = re.escape(expected)
        pattern = pattern.replace("<time>", r"\d{4}(?:_\d\d){5}_\d+").replace("<uuid>", UUID.pattern)
        pattern = pattern.replace("<n>", r"\d+").replace("<id>", r"\d+").replace("<position>", ".+")
        return bool(re.fullmatch(pattern, actual, re.DOTALL))
    return type(expected) is type(actual) and expected == actual


def differences(expected, actual, at=""):
    """Where two values of JSON differ, in arrays with [] for the index."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            path = f"{at}.{key}" if at else key
            if key not in actual:
                yield Part(path + "-", expected[key], ABSENT)  # lacks
            elif key not in expected:
                yield Part(path + "+", ABSENT, actual[key])  # has more
            else:
                yield from differences(expected[key], actual[key], path)
        shared = [key for key in expected if key in actual]
        if [key for key in actual if key in expected] != shared:
            yield Part(f"{at}.order" if at else "order", list(expected), list(actual))
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield Part(f"{at}.count", {"count": len(expected), "of": expected}, {"count": len(actual), "of": actual})
        for left, right in zip(in_order(expected, at), in_order(actual, at)):
            yield from differences(left, right, f"{at}[]")
    elif not same(expected, actual):
        yield Part(at, expected, actual)


SENSES = {
    "absent": r"not found|not exist|no such|unknown|missing",
    "present": r"already exist|existing task",
    "required": r"required|empty|please set",
    "unreachable": r"refused|unreachable|cannot connect|no answer",
}


def of_message(expected, actual, request):
    """Two sentences need not be the same, but must mean one thing and name what of the request the other names."""
    senses = [{sense for sense, pattern in SENSES.items() if re.search(pattern, text)} for text in (expected, actual)]
    if senses[0] and not senses[0] & senses[1]:
        yield Part("msg.sense", sorted(senses[0]), sorted(senses[1]))
    for word in named_in(request):
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", expected) and word not in actual:
            yield Part("msg.names", word)
            return


def named_in(request):
    """What a request calls by name: values of its query, strings and keys of its body."""
    _, _, query = request["line"].partition("?")
    yield from (urllib.parse.unquote(pair.partition("=")[2]) for pair in query.split("&") if "=" in pair)
    values = [request.get("json")]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values += value.values()
        elif isinstance(value, list):
            values += value
        elif isinstance(value, str) and value:
            yield value


def in_order(values, at):
    """Collections come in an order of chance."""
    if at.rsplit(".", 1)[-1] not in ("collection_backups", "collection_restore_tasks"):
        return values
    keys = ("db_name", "collection_name", "target_db_name", "target_collection_name")
    return sorted(values, key=lambda value: [str(value.get(key, "")) for key in keys])


def content(answer):
    """What an answer says: its JSON, or the beginning of its text."""
    try:
        return answer.json()
    except ValueError:
        return answer.text[:40].split("\n")[0]


def of_answer(expected, answer):
    """Where an answer differs from a recorded response, of which there may have been none."""
    if expected.keys() & {"no_answer_within_seconds", "connection"}:
        yield Part("answered", ABSENT, {"status": answer.status, "body": content(answer)})
        return
    status = expected.get("status", 200)
    if status == 500 and "json" not in expected and "body" not in expected and answer.status != 500:
        yield Part("crash", ABSENT, {"status": answer.status, "body": content(answer)})
        return
    if answer.status != status:
        yield Part("status", status, answer.status)
    kind = expected.get("content_type", "application/json; charset=utf-8")
    if answer.headers.get("Content-Type") != kind:
        yield Part("content_type", kind, answer.headers.get("Content-Type"))
    for name, value in expected.get("headers", {}).items():
        if answer.headers.get(name) != value:
            yield Part(f"header.{name}", value, answer.headers.get(name, ABSENT))
    if "json" in expected:
        try:
            actual = answer.json()
        except ValueError:
            yield Part("body", expected["json"], content(answer))
        else:
            yield from differences(expected["json"], actual)
    elif "body_cut" in expected:
        yield from of_beginning(expected["body"], answer)
    elif "body" in expected and answer.text != expected["body"]:
        yield Part("body", expected["body"], content(answer))


def of_beginning(kept, answer):
    """Of an answer whose record was cut: did it succeed, and if not with what code? What became of its task?"""
    actual = content(answer)
    yield Part("beyond", ABSENT, actual)
    if not (isinstance(actual, dict) and kept.startswith("{")):
        return
    code, state = (re.search(pattern, kept) for pattern in (r'"code":(\d+)', r'"data":{[^[{]*?"state_code":(\d)'))
    if (int(code[1]) if code else 0) != actual.get("code", 0):
        yield Part("code", int(code[1]) if code else 0, actual.get("code", 0))
    data = actual.get("data")
    if state and not isinstance(data, dict):
        yield Part("data", {"state_code": int(state[1])}, data)
    elif state and int(state[1]) != data.get("state_code"):
        yield Part("data.state_code", int(state[1]), data.get("state_code", ABSENT))


def whole(request):
    """Is all of the request in the record?"""
    return not request.keys() & {"body_cut", "query_cut", "header_cut"}


def send(server, request):
    method, target = request["line"].split(" ", 1)
    headers = {name: value[0] if isinstance(value, list) else value for name, value in request.get("headers", {}).items()}
    body = request.get("body")
    if "json" in request:
        body = json.dumps(request["json"], separators=(",", ":"), ensure_ascii=False)
    if body is not None and "Content-Type" not in headers and request.get("content_type", "") is not None:
        headers["Content-Type"] = "application/json"
    return server.request(method, target, body, headers=headers)


class Judge:
    """Plays records and gathers the differences that no rule allows, or that have other values than those listed."""

    def __init__(self, version, rules, values):
        self.version, self.rules, self.values = version, rules, values
        self.found, self.sections, self.answers = [], set(), []
        self.played = self.equal = self.differences = 0
        self.by_rule = collections.Counter()

    def play(self, server, record):
        self.compare(record, send(server, record["request"]))

    def compare(self, record, answer):
        self.weigh(record["id"], lambda answer: self.parts_of(record, answer), answer)

    def parts_of(self, record, answer):
        """0.4.15 has two ways to answer: what fits one of them fits."""
        ways = [record["response"]]
        if "response_simple_false" in record:
            ways = [way for way in ways if way.get("status") != 500] + [record["response_simple_false"]]
        found = []
        for way in ways:
            parts = list(of_answer(way, answer))
            if "msg" in parts and "json" in way and not {"code", "code+", "code-"} & set(parts):
                parts += of_message(way["json"]["msg"], str(answer.json()["msg"]), record["request"])
            found.append(parts)
        return min(found, key=len)

    def weigh(self, id, compare, answer):
        """compare: gives where such an answer differs. It is kept, for others to try what it says of other answers."""
        self.answers.append((id, compare, answer))
        parts = compare(answer)
        self.played += 1
        self.equal += not parts
        self.differences += len(parts)
        left = [part for part in dict.fromkeys(parts) if not self.is_allowed(id, part)]
        left += self.values.judge(self.version, id, parts)
        self.values.note(self.version, id, parts)
        if left:
            self.found.append(f"{self.version} {id}: {'; '.join(left)} ({answer.status} {answer.body[:200]!r})")

    def is_allowed(self, id, part):
        rules = [rule for rule in self.rules if rule.allows(self.version, id, part)]
        for rule in rules:
            rule.used = True
            self.by_rule[rule.reason] += 1
        return bool(rules)

    def notices(self, id, compare, answer):
        """Would such an answer be found?"""
        parts = compare(answer)
        allowed = all(any(rule.allows(self.version, id, part) for rule in self.rules) for part in parts)
        return not allowed or bool(self.values.judge(self.version, id, parts))
