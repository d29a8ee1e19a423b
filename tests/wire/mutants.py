"""Answers that are a little wrong: what judges answers has to notice each of them."""

import copy
import json

from testbed.backup_server import Answer

OTHER = {"code": 77, "state_code": 7, "progress": 101}

SHALLOW = ("code", "msg", "error", "state_code")


def unnoticed(judge, answers, deep=True):
    """What was changed in an answer, without the judge's saying so. deep: any member, else those that say what came of it."""
    return [
        f"{judge.version} {id}: {what}"
        for id, compare, answer in answers
        if not judge.values.is_chance(id)
        for what, changed in changed_answers(answer, deep)
        if not judge.notices(id, compare, changed)
    ]


def changed_answers(answer, deep=True):
    yield "another status", Answer(202, answer.headers, answer.body)
    if not answer.headers.get("Content-Type", "").startswith("application/json"):
        return
    value = answer.json()
    for what, changed in changed_values(value, deep):
        yield what, Answer(answer.status, answer.headers, json.dumps(changed).encode())
    yield "no JSON", Answer(answer.status, answer.headers, answer.body[:-1])


def changed_values(value, deep):
    if not isinstance(value, dict):
        yield "another type", [value]
        return
    if deep:
        yield "one member more", {**value, "more": 1}
    for path in paths(value):
        if not deep and (path[-1] not in SHALLOW or 0 in path):
            continue
        yield f"{'.'.join(map(str, path))} is missing", changed_at(value, path, remove)
        yield f"{'.'.join(map(str, path))} is of another type", changed_at(value, path, retype)
        if path[-1] in OTHER or path[-1] in ("msg", "error", "errorMessage", "name"):
            yield f"{'.'.join(map(str, path))} has another value", changed_at(value, path, alter)


def paths(value, below=()):
    """Each member, of arrays that of the first element."""
    for key, inner in value.items():
        yield (*below, key)
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            yield from paths(inner[0], (*below, key, 0))
        elif isinstance(inner, dict):
            yield from paths(inner, (*below, key))


def changed_at(value, path, change):
    value = copy.deepcopy(value)
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return value


def remove(holder, key):
    del holder[key]


def retype(holder, key):
    holder[key] = 5 if isinstance(holder[key], str) or holder[key] is None else str(holder[key])


def alter(holder, key):
    holder[key] = OTHER.get(key, f"{holder[key]}, or so")
