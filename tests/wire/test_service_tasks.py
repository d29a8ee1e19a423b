"""Tasks of a server over its API: what survives its end, who gets in whose way, and how it stops."""

import contextlib
import json
import signal
import threading

import pytest
from pymilvus.grpc_gen import milvus_pb2
from testbed.backup_server import BackupServer
from testbed.program import EXISTS, USAGE, Program
from testbed.server import wait_until

from wire.creating import Collections
from wire.fake_milvus import Held
from wire.rest import configuration


class Gated(Collections):
    """Answers no Flush before the gate is open, so that a create stands where its name is claimed."""

    def __init__(self):
        super().__init__({"default": ["coll"]})
        held = Held(milvus_pb2.FlushResponse())
        self.answers["Flush"], self.gate = held, held.released

    def __exit__(self, *args):
        self.gate.set()
        super().__exit__(*args)


@pytest.fixture
def milvus():
    with Gated() as fake:
        yield fake


@pytest.fixture
def program(tmp_path, milvus):
    (tmp_path / "data").mkdir()
    server = {"stateDir": str(tmp_path / "state"), "tasks": 2, "queue": 1, "shutdownTimeout": 60}
    return Program(tmp_path / "program", configuration(milvus, tmp_path, server=server))


@contextlib.contextmanager
def left_behind(program):
    """A server that the test ends by itself."""
    server = BackupServer(program).start()
    try:
        yield server
    finally:
        server.kill()


def create(server, name, **body):
    return server.post("create", {"backup_name": name, "async": True, **body}).json()


def started(server, name, **body):
    reply = create(server, name, **body)
    assert "code" not in reply, reply
    return reply["data"]["id"]


def wait_for_flush(milvus, calls=1):
    wait_until(lambda: milvus.within["Flush"] >= calls, 20, "a create that has claimed its name")


def records(tmp_path):
    return [json.loads(line) for line in (tmp_path / "state" / "tasks.jsonl").read_text().splitlines()]


def names(server):
    return [backup["name"] for backup in server.get("list").data]


def test_a_create_whose_server_was_killed_is_resumed(program, milvus, tmp_path):
    with left_behind(program) as server:
        task = started(server, "daily")
        wait_for_flush(milvus)
        assert server.task(task)["state"] == "running"
        server.kill()
    assert [record["id"] for record in records(tmp_path)] == [task]
    milvus.gate.set()
    with BackupServer(program) as server:
        cut = server.task(task)
        assert (cut["state"], cut["state_code"], cut["resumable"]) == ("failed", 3, True)
        assert cut["error"] == "the server ended while it ran; it can be resumed"
        assert cut["ended_at"] >= cut["started_at"] >= cut["queued_at"] > 0
        assert cut["progress"] < 100
        assert server.get("tasks", state="running").data == server.get("tasks", state="queued").data == []
        assert "daily" not in names(server)
        assert server.post("create", {"backup_name": "daily"}).code != 0  # it is there, and not complete
        assert server.post("create", {"backup_name": "daily", "resume": True}).code == 0
        assert names(server) == ["daily"]
        assert server.task(task)["resumable"] is False
        assert server.get("tasks", kind="create", limit=1).data[0]["state"] == "succeeded"
    assert program.ok("verify", "-n", "daily")


def test_both_ids_of_a_resumed_backup_tell_of_it_and_nobody_is_advised_to_remove_it(program, milvus):
    with left_behind(program) as server:
        cut = started(server, "daily")
        wait_for_flush(milvus)
        server.kill()
    milvus.gate.set()
    with BackupServer(program) as server:
        assert "go on with it" in server.task(cut)["hint"]
        later = started(server, "daily", resume=True)
        assert server.wait_for_task(later)["state"] == "succeeded" and later != cut
        by_name = server.get("get_backup", backup_name="daily").data
        assert by_name["state_code"] == 2
        for id in (cut, later):
            assert server.get("get_backup", backup_id=id).data == by_name
        old = server.task(cut)
        assert (old["state"], old["hint"], old["error"]) == ("failed", "", "the server ended while it ran")
        server.delete("delete", backup_name="daily")
        assert server.get("get_backup", backup_id=later).code == 404
        assert server.get("get_backup", backup_id=cut).data["state_code"] == 3
    with BackupServer(program) as server:
        assert server.task(cut)["hint"] == ""


def test_an_id_is_not_that_of_another_backup_which_took_the_name(program, milvus):
    milvus.gate.set()
    with BackupServer(program) as server:
        first = started(server, "daily")
        assert server.wait_for_task(first)["state"] == "succeeded"
        assert server.delete("delete", backup_name="daily").code == 0
        second = started(server, "daily")
        assert server.wait_for_task(second)["state"] == "succeeded"
        assert server.get("get_backup", backup_id=first).code == 404
        assert server.get("get_backup", backup_id=second).data["id"] == second


def test_one_writer_for_a_name(program, milvus):
    with BackupServer(program) as server:
        task = started(server, "daily")
        wait_for_flush(milvus)
        refused = create(server, "daily")
        assert refused["code"] != 0 and task in refused["msg"]
        refused = server.delete("delete", backup_name="daily").json()
        assert refused["code"] != 0 and task in refused["msg"]
        assert started(server, "other") != task
        milvus.gate.set()
        assert server.wait_for_task(task)["state"] == "succeeded"
        assert server.delete("delete", backup_name="daily").code == 0
        assert server.wait_for_task(started(server, "daily"))["state"] == "succeeded"


def test_more_than_may_wait_are_refused_and_a_delete_does_not_wait(program, milvus):
    with BackupServer(program) as server:
        tasks = [started(server, name) for name in ("one", "two", "three")]
        wait_for_flush(milvus, 2)
        assert server.task(tasks[2])["state"] == "queued"
        answer = server.post("create", {"backup_name": "four", "async": True})
        assert answer.status == 429 and answer.code != 0 and int(answer.headers["Retry-After"]) > 0
        assert server.delete("delete", backup_name="nowhere").code != 0
        assert server.post("cancel", id=tasks[2]).code == 0
        assert server.wait_for_task(tasks[2])["state"] == "cancelled"
        tasks[2] = started(server, "four")
        milvus.gate.set()
        for task in tasks:
            assert server.wait_for_task(task)["state"] == "succeeded"


def test_sigterm_waits_for_what_runs_and_answers_those_who_wait(program, milvus):
    answers = []
    with left_behind(program) as server:
        client = threading.Thread(target=lambda: answers.append(server.post("create", {"backup_name": "daily"})))
        client.start()
        wait_for_flush(milvus)
        server.tell(signal.SIGTERM)
        wait_until(lambda: "no task is taken any more" in server.log(), 30, "the server's line that it stops")
        refused = server.post("create", {"backup_name": "late", "async": True})
        assert refused.status == 503
        milvus.gate.set()
        client.join(60)
        assert server.finish() == 0
    assert answers[0].code == 0
    with BackupServer(program) as server:
        assert names(server) == ["daily"]
        [task] = server.get("tasks").data
        assert task["state"] == "succeeded" and task["progress"] == 100


def test_sigterm_cancels_what_takes_longer(program, milvus, tmp_path):
    program.config["server"]["shutdownTimeout"] = 0
    program.configure()
    with left_behind(program) as server:
        tasks = [started(server, name) for name in ("one", "two", "three")]
        wait_for_flush(milvus, 2)
        server.tell(signal.SIGTERM)
        assert server.finish() == 0
    milvus.gate.set()
    ended = {record["id"]: record for record in records(tmp_path)}
    assert set(ended) == set(tasks)
    with BackupServer(program) as server:
        for task in map(server.task, tasks):
            assert (task["state"], task["resumable"]) == ("failed", True)
            assert task["error"].startswith("the server ended ")
        assert server.post("create", {"backup_name": "one", "resume": True}).code == 0


def test_a_folder_of_another_server_and_one_that_cannot_be_used(program, tmp_path):
    with BackupServer(program):
        second = program.run("server", "-p", 0)
        assert second.code == EXISTS and "server.stateDir" in second.err and str(tmp_path / "state") in second.err
    (tmp_path / "file").write_text("")
    unusable = program.run("server", "-p", 0, "--set", f"server.stateDir={tmp_path}/file/state")
    assert unusable.code == USAGE and f"server.stateDir is {tmp_path}/file/state" in unusable.err
