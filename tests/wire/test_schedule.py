"""Schedules of a running server, against a fake Milvus and local disk."""

import json
import time

import grpc
import pytest
from testbed.backup_server import BackupServer
from testbed.program import USAGE, Program
from testbed.server import wait_until

from wire.creating import Collections
from wire.fake_milvus import Abort, Held
from wire.test_prune import make

DAY = 86400
SUCCEEDED = 2


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


YEARLY = {"name": "n", "cron": "@yearly", "collections": ["c"], "retries": 3, "retryAfter": "1s"}


def a_year_ago(tmp_path):
    was_due(tmp_path, YEARLY, due_after_ms=int((time.time() - 400 * DAY) * 1000))


def test_a_failure_is_retried(tmp_path, milvus):
    a_year_ago(tmp_path)
    broken = Abort(grpc.StatusCode.PERMISSION_DENIED, "no")
    milvus.answers["Flush"] = [broken, broken, milvus.answers["Flush"]]
    with BackupServer(program_of(tmp_path, milvus, YEARLY)) as server:
        wait_until(lambda: state_of(tmp_path).get("state") == SUCCEEDED, 60, "a retry that succeeds")
        [told] = server.get("schedules").data
        tasks = [task for task in server.get("tasks").data if task["kind"] == "create"]
        numbers = metrics(server)
    assert [task["state"] for task in tasks] == ["succeeded", "failed", "failed"]
    assert backups(tmp_path) == [told["last_backup"]] == [tasks[0]["backup_name"]]
    assert (told["runs"], told["failures"], told["retries"], told["last_retry"], told["next_retry"]) == (3, 2, 2, 2, 0)
    assert numbers['milvus_backup_schedule_retries_total{schedule="n"}'] == 2
    assert "schedule n: retry 2 of 3 is at" in server.log()


@pytest.mark.parametrize("away", [0, 1])
def test_a_run_that_was_cut_off_is_gone_on_with(tmp_path, milvus, away):
    """Also by a repetition after one for which Milvus was away."""
    a_year_ago(tmp_path)
    program = program_of(tmp_path, milvus, YEARLY)
    held = Held(milvus.answers["Flush"])
    milvus.answers["Flush"] = held
    server = BackupServer(program).start()
    try:
        wait_until(lambda: milvus.within["Flush"] > 0 and state_of(tmp_path).get("running"), 20, "a name that is claimed")
    finally:
        server.kill()
    held.released.set()
    [left] = backups(tmp_path)
    gone = [Abort(grpc.StatusCode.PERMISSION_DENIED, "no")] * away
    milvus.answers["ListDatabases"] = [*gone, milvus.answers["ListDatabases"]]
    with BackupServer(program) as server:
        wait_until(lambda: state_of(tmp_path).get("state") == SUCCEEDED, 60, "a retry that succeeds")
        [told] = server.get("schedules").data
    assert (told["last_backup"], told["last_retry"], told["failures"]) == (left, 1 + away, 1 + away)
    assert backups(tmp_path) == [left] and program.ok("verify", "-n", left)


def metrics(server):
    lines = (line for line in server.get("/metrics").text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


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
