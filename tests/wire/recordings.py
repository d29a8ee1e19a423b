"""What servers of the Go program answered, request by request, and how our answers may differ.

A file of recordings has one JSON object a line (id, request, response, ...). `Rule`s say which differences are meant.
"""

import fnmatch
import gzip
import json
import re
from dataclasses import dataclass, field

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
            and any(fnmatch.fnmatch(record, it) for it in self.ids.split())
            and any(fnmatch.fnmatch(part, it) for it in self.parts.split())
        )


def same(expected, actual):
    """Do two values agree, placeholders in mind?"""
    if expected == "<uuid>":
        return isinstance(actual, str) and bool(UUID.fullmatch(actual))
    if expected == "<time>":
        return isinstance(actual, int) and not isinstance(actual, bool)
    if isinstance(expected, str) and "<" in expected and isinstance(actual, str):
        pattern = re.escape(expected)
        pattern = pattern.replace("<time>", r"\d{4}(?:_\d\d){5}_\d+").replace("<uuid>", UUID.pattern).replace("<n>", r"\d+")
        return bool(re.fullmatch(pattern, actual, re.DOTALL))
    return type(expected) is type(actual) and expected == actual


def differences(expected, actual, at=""):
    """Paths at which two values of JSON differ, those of arrays with [] for the index."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            path = f"{at}.{key}" if at else key
            if key not in actual:
                yield path + "-"  # lacks
            elif key not in expected:
                yield path + "+"  # has more
            else:
                yield from differences(expected[key], actual[key], path)
        shared = [key for key in expected if key in actual]
        if [key for key in actual if key in expected] != shared:
            yield f"{at}.order" if at else "order"
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{at}.count"
        for left, right in zip(expected, actual):
            yield from differences(left, right, f"{at}[]")
    elif not same(expected, actual):
        yield at


def of_answer(expected, answer):
    """Paths at which an answer differs from a recorded response."""
    status = expected.get("status", 200)
    if answer.status != status:
        yield "status"
    kind = expected.get("content_type", None if status == 500 else "application/json; charset=utf-8")
    if answer.headers.get("Content-Type") != kind:
        yield "content_type"
    for name, value in expected.get("headers", {}).items():
        if answer.headers.get(name) != value:
            yield f"header.{name}"
    if "json" in expected:
        try:
            actual = answer.json()
        except ValueError:
            yield "body"
        else:
            yield from differences(expected["json"], actual)
    elif "body_cut" in expected:
        yield from of_beginning(expected["body"], answer)
    elif "body" in expected and answer.text != expected["body"]:
        yield "body"


def of_beginning(kept, answer):
    """Of an answer whose record was cut: did it succeed, and if not with what code?"""
    code = re.search(r'"code":(\d+)', kept)
    if answer.headers.get("Content-Type", "").startswith("application/json") and kept.startswith("{"):
        if (int(code[1]) if code else 0) != answer.json().get("code", 0):
            yield "code"


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
    """Plays records and gathers the differences that no rule allows."""

    def __init__(self, version, rules):
        self.version, self.rules, self.found, self.sections = version, rules, [], set()

    def play(self, server, record):
        answer = send(server, record["request"])
        for part in of_answer(record["response"], answer):
            rules = [rule for rule in self.rules if rule.allows(self.version, record["id"], part)]
            for rule in rules:
                rule.used = True
            if not rules:
                self.found.append(f"{self.version} {record['id']}: {part} ({answer.status} {answer.body[:120]!r})")
