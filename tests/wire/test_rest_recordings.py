"""Replays what was asked of servers of the Go program, and compares the answers by the rules of rest_rules.py.

Here the sections that need no rows: local disk and a fake Milvus with the collections of the recordings.
"""

import fnmatch
from pathlib import Path

import pytest
from testbed.fake_etcd import FakeEtcd
from testbed.server import wait_until
from wire.creating import Collections
from wire.mutants import unnoticed
from wire.recordings import Judge, load, whole
from wire.replaying import MADE, RUBBISH
from wire.rest import serving
from wire.rest_rules import FAKE_RULES, NOT_PLAYED, RULES
from wire.rest_values import Values

FOLDER = Path(__file__).parent.parent / "data" / "recordings"
VERSIONS = ("v0.4.15", "v0.5.16")
SECTIONS = ("hello", "list_empty", "names", "bodies", "request_id", "create", "list", "get", "delete")
DATABASES = {
    "default": ["all_types", "binary_vectors", "partitions", "partition_key", "auto_id", "empty"],
    "sales": ["partitions"],
}

def prepare(server, section):
    for name, body in MADE.get(section, {}).items():
        headers = {"request_id": "base-id"} if name == "base" else {}
        assert server.post("create", {"backup_name": name, "meta_only": True, **body}, headers=headers).data
    if section in MADE:
        for key, content in RUBBISH.items():
            (server.backups / key).parent.mkdir(parents=True, exist_ok=True)
            (server.backups / key).write_text(content)


def unfinished(server):
    return server.get("tasks", state="running").data + server.get("tasks", state="queued").data


def is_played(record):
    left_out = any(fnmatch.fnmatch(record["id"], pattern) for pattern in NOT_PLAYED)
    return "response" in record and whole(record["request"]) and not left_out


@pytest.fixture(scope="module")
def judges():
    values = Values(FOLDER / "values_fake.jsonl")
    yield {version: Judge(version, [*RULES, *FAKE_RULES], values) for version in VERSIONS}
    values.write()


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("version", VERSIONS)
def test_answers_are_those_of_the_go_program_but_for_what_the_rules_allow(version, section, judges, tmp_path):
    judge = judges[version]
    before, answers = len(judge.found), len(judge.answers)
    records = load(FOLDER / f"{version}.jsonl.gz")
    with FakeEtcd() as etcd, serving(
        tmp_path, Collections(DATABASES, version="2.3.5-lite"), milvus={"etcd": {"endpoints": [etcd.endpoint]}}
    ) as server:
        prepare(server, section)
        for record in records.values():
            if record["id"].split("/")[0] == section and is_played(record):
                judge.play(server, record)
                wait_until(lambda: not unfinished(server), 30, "the end of what was begun")
    judge.sections.add(section)
    assert not judge.found[before:], "\n".join(judge.found[before:])
    assert unnoticed(judge, judge.answers[answers:]) == [], "a wrong answer would pass"


def test_no_rule_is_left_over(judges):
    """After all sections, or it has nothing to say."""
    if any(judge.sections != set(SECTIONS) for judge in judges.values()):
        pytest.skip("not all sections were played")
    unused = [f"{rule.ids}: {rule.parts} ({rule.version})" for rule in [*RULES, *FAKE_RULES] if not rule.used]
    assert not unused, "\n".join(unused)
    assert judges["v0.5.16"].values.left_over() == []


def test_what_is_left_out_exists():
    ids = [id for version in VERSIONS for id in load(FOLDER / f"{version}.jsonl.gz")]
    assert not [pattern for pattern in NOT_PLAYED if not fnmatch.filter(ids, pattern)]
