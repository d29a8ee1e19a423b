"""Schedules of a running server, against a fake Milvus and local disk."""

import json
import time

import pytest
from testbed.backup_server import BackupServer
from testbed.program import USAGE, Program
from testbed.server import wait_until

from wire.creating import Collections
from wire.test_prune import make

DAY = 86400


@pytest.fixture
def milvus():
    with Collections({"default": ["c"]}) as server:
        yield server


def program_of(tmp_path, milvus, *schedules):
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "state").mkdir(exist_ok=True)
    config = {
        "configVersion": "v2",
        "milvus": {
            "grpc": {"address": "127.0.0.1", "port": milvus.port},
            "management": {"endpoint": milvus.web},
            "storage": {"provider": "local", "rootPath": str(tmp_path / "data")},
        },
        "backup": {"storage": {"rootPath": str(tmp_path / "backup")}},
        "server": {"stateDir": str(tmp_path / "state")},
        "schedules": list(schedules),
    }
    return Program(tmp_path / "program", config)


def state_of(tmp_path, name="n"):
    path = tmp_path / "state" / "schedules.json"
    rows = json.loads(path.read_text())["schedules"] if path.exists() else []
    return next((row for row in rows if row["name"] == name), {})


def was_due(tmp_path, schedule, **members):
    """What a server left that was stopped ten days ago."""
    row = {"name": schedule["name"], "cron": schedule["cron"], "timezone": "UTC"}
    row |= {"due_after_ms": int((time.time() - 10 * DAY) * 1000)} | members
    (tmp_path / "state").mkdir(exist_ok=True)
    (tmp_path / "state" / "schedules.json").write_text(json.dumps({"schedules": [row]}))


def backups(tmp_path, prefix="n_"):
    return sorted(path.name for path in (tmp_path / "backup").glob(f"{prefix}*"))


def wait_for_runs(tmp_path, *names):
    def ended():
        return all(state_of(tmp_path, name).get("ended_ms", 0) > 0 for name in names)

    wait_until(ended, 30, "the end of the runs")


def test_a_missed_run_is_made_up_for_once_and_old_backups_go(tmp_path, milvus):
    schedule = {"name": "n", "cron": "0 3 * * *", "collections": ["c"], "retention": {"keepLast": 2}}
    program = program_of(tmp_path, milvus, schedule)
    for day in (1, 2, 3):
        make(tmp_path / "backup", f"n_202601{day:02}_090000", day)
    make(tmp_path / "backup", "n_by_hand", 1)
    was_due(tmp_path, schedule)
    with BackupServer(program) as server:
        wait_for_runs(tmp_path, "n")
        made = state_of(tmp_path)
        wait_until(lambda: len(backups(tmp_path)) == 3, 30, "the end of the prune")
        wait_until(lambda: server.get("schedules").data[0]["latest_backup"] == made["backup"], 30, "the latest backup")
        [told] = server.get("schedules").data
        tasks = {task["kind"]: task for task in server.get("tasks").data}
    assert made["running"] is False and made["error"] == "" and made["state"] == 2
    assert backups(tmp_path) == ["n_20260103_090000", made["backup"], "n_by_hand"]
    assert (told["last_state"], told["last_task"], told["last_backup"]) == ("succeeded", made["task"], made["backup"])
    assert 0 < told["next_run"] - told["last_run"] <= DAY * 1000 and told["next_run"] // 1000 % DAY == 3 * 3600
    assert (told["runs"], told["failures"], told["skipped"], told["enabled"]) == (1, 0, 0, True)
    assert told["latest_made_at"] >= told["last_run"] - 1000
    assert {kind: (task["schedule"], task["caller"]) for kind, task in tasks.items()} == {
        "create": ("n", "schedule n"),
        "prune": ("n", "schedule n"),
    }
    assert program.ok("get", "-n", made["backup"]).json()["collection_backups"][0]["collection_name"] == "c"

    with BackupServer(program) as server:  # the next one is due tomorrow
        wait_until(lambda: "listening on" in server.said(), 10, "the server")
    assert len(backups(tmp_path)) == 3 and state_of(tmp_path)["last_ms"] == made["last_ms"]


def test_a_failure_is_kept(tmp_path, milvus):
    schedule = {"name": "n", "cron": "@daily", "collections": ["missing"]}
    program = program_of(tmp_path, milvus, schedule)
    was_due(tmp_path, schedule)
    with BackupServer(program) as server:
        wait_for_runs(tmp_path, "n")
        assert "missing" in state_of(tmp_path)["error"]
        wait_until(lambda: "schedule n: backup n_" in server.log(), 10, "the line of the log")
    assert state_of(tmp_path)["state"] == 3


def test_what_cannot_be_run_keeps_the_server_from_starting(tmp_path, milvus):
    program = program_of(tmp_path, milvus, {"name": "n", "cron": "0 25 * * *"})
    assert "cron of schedule 'n': cannot be read: the hour '25'" in program.fails("server", "-p", 0, code=USAGE).err
    program = program_of(tmp_path, milvus, {"name": "n", "cron": "@daily", "filter": "a.b.c"})
    assert "schedule n" in program.fails("server", "-p", 0, code=USAGE).err


def test_they_are_shown(tmp_path, milvus):
    program = program_of(tmp_path, milvus, {"name": "n", "cron": "@daily", "retention": {"keepWithin": "7d"}})
    rows = {row["key"]: row["value"] for row in program.ok("config", "show", "--json").json()}
    assert rows["schedules.n.backupName"] == "n_%Y%m%d_%H%M%S"
    assert rows["schedules.n.retention.keepWithin"] == "7d"
