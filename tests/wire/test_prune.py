"""prune: a table first, then what no rule keeps is gone."""

import json

import pytest
from testbed.backup_server import BackupServer
from testbed.program import DENIED, USAGE, Program
from testbed.strict_proxy import Rule, s3_error

from wire.test_looking import table
from wire.transferring import BUCKET, bucket_config

FIRST = 1767258000  # 2026-01-01 09:00 UTC


def make(folder, name, day):
    """A backup whose data was taken on that day of January."""
    meta = {"id": name, "name": name, "size": 2048, "milvus_version": "v2.4.1"}
    collection = {"collection_id": 7, "db_name": "default", "collection_name": "c", "shards_num": 1}
    collection |= {"backup_physical_timestamp": FIRST + (day - 1) * 86400, "schema": {"name": "c", "fields": []}}
    (folder / name / "meta").mkdir(parents=True)
    (folder / name / "meta" / "backup_meta.json").write_text(json.dumps(meta))
    (folder / name / "meta" / "full_meta.json").write_text(json.dumps(meta | {"collection_backups": [collection]}))


@pytest.fixture
def folder(tmp_path):
    for day in range(1, 5):
        make(tmp_path / "backups", f"day_{day}", day)
    return tmp_path / "backups"


@pytest.fixture
def program(tmp_path, folder):
    (tmp_path / "data").mkdir()
    config = {"minio": {"storageType": "local", "rootPath": str(tmp_path / "data"), "backupRootPath": str(folder)}}
    return Program(tmp_path / "program", config)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_without_yes_a_table(program, folder):
    result = program.ok("prune", "--keep-last", "1", "--keep-monthly=1")
    first, *_, last = table(result.out)
    assert first == {"NAME": "day_1", "MADE": "2026-01-01 09:00:00 UTC", "SIZE": "2.0 KiB", "DECISION": "remove", "WHY": "no rule keeps it"}
    assert (last["DECISION"], last["WHY"]) == ("keep", "last 1, monthly 2026-01")
    assert "nothing was removed yet: add --yes to remove 3 backups (6.0 KiB)" in result.err
    assert len(names(folder)) == 4


def test_with_yes_they_are_gone(program, folder):
    make(folder, "other", 1)
    found = program.ok("prune", "--keep-last", "2", "--name", "day_*", "--yes", "--json").json()
    assert names(folder) == ["day_3", "day_4", "other"]
    assert (found["dry_run"], found["removed"], found["kept"], found["left"]) == (False, 2, 2, 0)
    assert [row["decision"] for row in found["backups"]] == ["removed", "removed", "kept", "kept"]
    assert found["backups"][0]["made_ms"] == FIRST * 1000
    again = program.ok("prune", "--keep-last", "2", "--name", "day_*", "--yes")
    assert "0 backups removed" in again.err


class NoDeletes(Rule):
    """Nothing may be deleted below a folder."""

    def __init__(self, folder):
        self.folder = folder

    def request(self, request):
        keys = request.path + (request.body or b"").decode(errors="replace")
        deletes = request.method == "DELETE" or (request.method == "POST" and "delete" in request.query)
        return s3_error(403, "AccessDenied", "said the test") if deletes and self.folder in keys else None


def test_what_cannot_be_removed_is_named_and_the_others_go(store, behind, root, tmp_path):
    program = Program(tmp_path / "in_bucket", bucket_config(store, behind.port, root))
    there = store.data / BUCKET / root
    for day in range(1, 5):
        make(there, f"day_{day}", day)
    behind.rules = [NoDeletes("day_1/")]
    result = program.fails("prune", "--keep-last", "1", "--yes", code=DENIED)
    assert "1 of 3 backups could not be removed (day_1)" in result.err and "prune again" in result.err
    rows = table(result.out)
    assert [row["DECISION"] for row in rows] == ["FAILED", "removed", "removed", "keep"]
    assert "said the test" in rows[0]["WHY"]
    behind.rules = []
    assert program.ok("prune", "--keep-last", "1", "--yes", "--json").json()["removed"] == 1
    assert program.ok("list").out.split() == [">>", "Backups:", "day_4"]


def test_rules_are_needed(program):
    assert "--keep-last: no rule says what is to stay" in program.fails("prune", "--yes", code=USAGE).err
    assert "Europe/Berlin" in program.fails("prune", "--keep-last=1", "--timezone", "Berlin", code=USAGE).err


def test_over_the_api(program, folder):
    with BackupServer(program) as server:
        first = server.post("prune", {"keep_last": 1, "pattern": "day_[123]"}).data
        assert (first["state"], first["kind"], first["backup_name"]) == ("succeeded", "prune", "day_[123]")
        assert first["result"]["dry_run"] is True and first["result"]["removed"] == 2
        assert [row["decision"] for row in first["result"]["backups"]] == ["due", "due", "kept"]
        assert len(names(folder)) == 4
        accepted = server.post("prune", {"keep_last": 1, "pattern": "day_[123]", "dry_run": False, "async": True}).data
        ended = server.wait_for_task(accepted["id"])
        assert ended["state"] == "succeeded" and ended["result"]["removed"] == 2
        assert names(folder) == ["day_3", "day_4"]
        for body, says in (
            ({}, "keep_last"),
            ({"keep_last": -1}, "not negative"),
            ({"keep_last": 1, "dry_run": "no"}, "dry_run"),
            ({"keep_last": 1, "timezone": "Mars"}, "timezone"),
            ({"keep_within": "soon"}, "keep_within"),
        ):
            answer = server.post("prune", body)
            assert answer.code == 400 and says in answer.json()["msg"], answer
        assert server.get("schedules").data == []
