"""Who finds a name taken, and what is said of a backup that is not complete; a create waits in the middle of its work."""

import socket
import subprocess
import time

import pytest
from testbed import grpc_stub
from testbed.backup_server import BackupServer
from testbed.ports import free_port
from testbed.program import CORRUPT, EXISTS, NOT_FOUND, USAGE, Program

from wire.fake_milvus import Held
from wire.restoring import Backup
from wire.test_create import Data, Server, binlogs, batches

CREATE = ("create", "--force", "-n", "b")
ANOTHER_HOST = ("unshare", "--uts", "sh", "-c", 'hostname another-host && exec "$0" "$@"')


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    return Data(tmp_path / "data")


@pytest.fixture
def server():
    with Server() as server:
        yield server


@pytest.fixture
def program(data, server, tmp_path):
    storage = {"provider": "local", "rootPath": str(tmp_path / "backup")}
    config = {
        "configVersion": "v2",
        "milvus": {
            "grpc": {"address": "127.0.0.1", "port": server.port},
            "storage": {"provider": "local", "rootPath": str(data.folder)},
        },
        "backup": {"storage": storage},
        "log": {"console": False},
    }
    return Program(tmp_path / "program", config)


@pytest.fixture
def record(tmp_path):
    return tmp_path / "backup" / "b" / "meta" / "in_progress.json"


@pytest.fixture
def held(server):
    """The first one who asks for the segments gets them when the test says so."""
    answer = server.answers["GetPersistentSegmentInfo"]
    held = Held(answer)
    server.answers["GetPersistentSegmentInfo"] = [held, answer]
    yield held.released
    held.released.set()


@pytest.fixture
def at_work(data, held, program, record):
    """A create that has claimed the name and waits for Milvus."""
    data.write_batch(1)
    process = program.start(*CREATE)
    try:
        until = time.monotonic() + 30
        while not record.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        assert record.exists(), "the create has not claimed its name"
        yield process
    finally:
        process.kill()


def on_another_host(program, folder):
    if subprocess.run([*ANOTHER_HOST, "true"], capture_output=True).returncode:
        pytest.skip("no permission to be another host")
    return Program(folder, program.config, prefix=ANOTHER_HOST)


def test_a_resume_from_another_host_does_not_take_what_is_being_made(held, program, at_work, tmp_path, record):
    other = on_another_host(program, tmp_path / "other")
    before = record.read_text()
    result = other.fails(*CREATE, "--resume", code=EXISTS)
    assert f"at this moment ({socket.gethostname()}, process {at_work.pid}" in result.err
    assert record.read_text() == before
    held.set()
    assert program.finish(at_work).code == 0
    assert binlogs(tmp_path) == batches(1)


def test_who_is_taken_over_from_by_force_is_no_success(held, program, at_work, tmp_path):
    other = on_another_host(program, tmp_path / "other")
    second = other.start(*CREATE, "--resume", "--take_over")
    record = tmp_path / "backup" / "b" / "meta" / "in_progress.json"
    while "another-host" not in record.read_text() and second.poll() is None:
        time.sleep(0.01)
    held.set()
    first = program.finish(at_work)
    assert first.code == EXISTS and "taken over by somebody else (another-host" in first.err, first
    assert other.finish(second).code == 0
    assert binlogs(tmp_path) == batches(1)


def test_grpc_can_do_what_its_advice_says(held, program, at_work):
    program.configure(server={"grpcPort": free_port()})
    delete = grpc_stub.messages().DeleteBackupRequest
    with BackupServer(program) as server, grpc_stub.open_channel(server) as channel:
        refused = grpc_stub.backups(channel).DeleteBackup(delete(backup_name="b"))
        assert refused.code == 3 and "force=true" in refused.msg
        assert grpc_stub.backups(channel).DeleteBackup(delete(backup_name="b", force=True)).code == 0
    held.set()
    assert "was deleted while it was being made" in program.finish(at_work).err


def test_a_delete_does_not_take_what_is_being_made(held, program, at_work, tmp_path):
    assert "at this moment" in program.fails("delete", "-n", "b", code=EXISTS).err
    assert "b (in progress)" in program.ok("list", "--all").out
    assert "at this moment" in program.fails("get", "-n", "b", code=CORRUPT).err
    program.ok("delete", "-n", "b", "--force")
    held.set()
    made = program.finish(at_work)
    assert made.code == EXISTS and "backup b was deleted while it was being made" in made.err, made
    assert "--resume" not in made.err
    assert program.listed() == {}


def test_a_killed_create_is_interrupted_and_gone_on_with_at_once(held, program, at_work, tmp_path):
    at_work.kill()
    at_work.wait()
    assert "b (interrupted)" in program.ok("list", "--all").out
    held.set()
    program.ok(*CREATE, "--resume")
    assert binlogs(tmp_path) == batches(1)


def test_a_create_that_failed_says_when_and_why(data, program, record, tmp_path):
    data.write_batch(1)
    in_the_way = record.parent / "partition_meta.json"
    in_the_way.mkdir(parents=True)
    program.fails(*CREATE)
    [told] = program.ok("list", "--json").json()
    assert told["state"] == "failed" and "partition_meta.json" in told["reason"], told
    assert time.strptime(told["failed"], "%Y-%m-%dT%H:%M:%SZ")
    listed = program.ok("list", "--all")
    assert "b (failed)" in listed.out and f"failed at {told['failed']}: " in listed.err
    assert "partition_meta.json" in program.fails("restore", "-n", "b", "-s", "_bak", code=CORRUPT).err
    in_the_way.rmdir()
    made = program.ok(*CREATE, "--resume", "--json").json()
    [listed] = program.ok("list", "--json").json()
    assert listed["state"] == "complete"
    assert listed["id"] == made["id"] == told["id"], "what is gone on with keeps its id"


def test_a_transfer_of_what_is_no_backup(program, tmp_path):
    root = tmp_path / "backup"
    for path in (
        "bare/binlogs/insert_log/1/10/20/100/7",
        "deep/deep/meta/backup_meta.json",
        "disk/meta/backup_meta.json/xl.meta",
    ):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text("x")
    other = program.with_changes(tmp_path / "other", backup={"storage": {"rootPath": str(tmp_path / "there")}})
    to = ("--to", other.folder / "configs" / "backup.yaml")
    for name, code, said in (
        ("bare", CORRUPT, "no description"),
        ("deep", NOT_FOUND, "deep/deep/ is: it lies one level too deep"),
        ("disk", CORRUPT, "xl.meta"),
        ("none", NOT_FOUND, "backup none not found"),
    ):
        for command in (("get",), ("transfer", *to), ("restore", "-s", "_bak")):
            assert said in program.fails(command[0], "-n", name, *command[1:], code=code).err
    assert not (tmp_path / "there" / "bare").exists()


def test_names_of_other_tools_are_only_refused_where_one_is_made(program, tmp_path):
    name = "full-backup-2025"
    Backup(tmp_path / "backup" / name).partition(10, "_default").segment(20).write()
    other = program.with_changes(tmp_path / "other", backup={"storage": {"rootPath": str(tmp_path / "there")}})
    to = ("--to", other.folder / "configs" / "backup.yaml")
    program.ok("transfer", "-n", name, *to)
    assert other.listed() == {name: True}
    other.ok("get", "-n", name)
    other.ok("delete", "-n", name)
    assert other.listed() == {}
    assert "--name" in program.fails("create", "-n", "made-here", code=USAGE).err
    for bad in ("..", "a/b", ""):
        program.fails("transfer", "-n", bad, *to, code=USAGE)
