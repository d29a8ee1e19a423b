"""Metrics as a server tells them: text format 0.0.4, read strictly."""

import math
import re
from dataclasses import dataclass, field

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HELP = re.compile(rf"# HELP ({NAME}) (\S.*)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")


@dataclass
class Family:
    name: str
    kind: str
    help: str
    samples: dict = field(default_factory=dict)  # (name, labels as sorted pairs): value


def _labels(text):
    labels, at = {}, 0
    while text and at < len(text):
        found = LABEL.match(text, at)
        assert found, f"no label at {text[at:]!r}"
        assert found[1] not in labels, f"a label twice: {text}"
        labels[found[1]] = re.sub(r"\\(.)", lambda it: {"n": "\n"}.get(it[1], it[1]), found[2])
        at = found.end()
    assert not text.endswith(","), text
    return labels


def _check_histogram(family):
    series = {}
    for (name, labels), value in family.samples.items():
        rest = tuple(it for it in labels if it[0] != "le")
        parts = series.setdefault(rest, {"buckets": []})
        if name.endswith("_bucket"):
            parts["buckets"].append((float(dict(labels)["le"]), value))
        else:
            parts[name.removeprefix(family.name)] = value
    for labels, parts in series.items():
        bounds, counts = zip(*parts["buckets"], strict=True)
        assert list(bounds) == sorted(set(bounds)) and bounds[-1] == math.inf, (family.name, labels, bounds)
        assert list(counts) == sorted(counts) and counts[-1] == parts["_count"], (family.name, labels, counts)
        assert parts["_sum"] >= 0


def _name_of(kind, name):
    return re.sub("_(bucket|sum|count)$", "", name) if kind == "histogram" else name


def _take_sample(family, line):
    found = SAMPLE.fullmatch(line)
    assert found, f"no sample: {line!r}"
    name, labels, value = found[1], _labels(found[2] or ""), float(found[3])
    assert _name_of(family.kind, name) == family.name, f"{name} stands below {family.name}"
    if family.kind != "gauge":
        assert value >= 0, line
    key = (name, tuple(sorted(labels.items())))
    assert key not in family.samples, f"twice: {line}"
    family.samples[key] = value


def parse(text):
    """Families by name. Asserts what the format and the conventions for names ask for."""
    assert text.endswith("\n")
    families, family, said = {}, None, None
    for line in text.splitlines():
        if found := HELP.fullmatch(line):
            said = found
        elif found := TYPE.fullmatch(line):
            assert said and said[1] == found[1] and found[1] not in families, line
            family = families[found[1]] = Family(found[1], found[2], said[2])
            assert (family.kind == "counter") == family.name.endswith("_total"), line
        else:
            assert family, f"no family before {line!r}"
            _take_sample(family, line)
    for it in families.values():
        if it.kind == "histogram":
            _check_histogram(it)
    return families


class Metrics:
    def __init__(self, server, **headers):
        answer = server.get("/metrics", **headers)
        assert answer.status == 200 and answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        self.text = answer.text
        self.families = parse(answer.text)

    def sum(self, name, **labels):
        """Of all samples that have these labels; None without any."""
        family = self.families[_name_of("histogram", name) if name not in self.families else name]
        found = [
            value
            for (sample, pairs), value in family.samples.items()
            if sample == name and labels.items() <= dict(pairs).items()
        ]
        return sum(found) if found else None
