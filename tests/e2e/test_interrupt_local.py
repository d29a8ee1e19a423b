"""Backups on local disk that are interrupted: what lies on the disk then, and what becomes of it."""

import os
import signal
from pathlib import Path

import pytest
from testbed.data import make_simple
from testbed.places import FolderPlace
from testbed.program import EXISTS, Program, merged
from testbed.rows import assert_same_rows, read_rows
from testbed.server import wait_until

pytestmark = pytest.mark.parametrize("site", ["local"], indirect=True)
COLLECTION = "on_disk"  # about 10 MB, so that there are objects of several parts
SLOW = {"over": "local", "throttle.bytesPerSecond": "1MiB"}
STOPS = pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)


@pytest.fixture(scope="module")
def rows(site):
    with site.milvus.client() as client:
        make_simple(client, COLLECTION, 20000, dim=128)
    yield read_rows(site.milvus, COLLECTION)
    site.drop({("default", COLLECTION)})


@pytest.fixture
def disk(tmp_path):
    """Where the backups lie: not below Milvus' folder, so that a restore has to stage them."""
    (tmp_path / "backups").mkdir()
    return FolderPlace(tmp_path / "backups")


@pytest.fixture
def program(site, rows, disk, tmp_path):
    before = site.collections()
    yield Program(tmp_path / "program", merged(site.config, {"minio": {"backupRootPath": str(disk.root)}}))
    site.drop(site.collections() - before)


@pytest.fixture
def slow(program, tmp_path):
    """The program over the same folders; the backups are written and read through `throttle`."""
    return program.with_changes(tmp_path / "slow", minio={"backupStorageType": "throttle", "backupOptions": SLOW})


def hidden(root):
    """Files and folders of what is not finished: objects get their names when they are whole."""
    names = (Path(folder) / name for folder, folders, files in os.walk(root) for name in folders + files)
    return [path for path in names if path.name.startswith(".milvus-backup-")]


def interrupted(slow, arguments, is_amid, how):
    process = slow.start(*arguments)
    try:
        wait_until(lambda: is_amid() or process.poll() is not None, 60, "the middle of the command")
        process.send_signal(how)
        result = slow.finish(process, timeout=60)
    finally:
        process.kill()
    assert result.code == (-how if how == signal.SIGKILL else 128 + how), result
    assert "success" not in result.out
    return result


def create(name):
    return ["create", "-n", name, "-c", COLLECTION]


def interrupt_create(slow, disk, name, how):
    """In the middle of an object."""
    interrupted(slow, create(name), lambda: hidden(disk.root / name / "binlogs"), how)


@STOPS
def test_a_polite_end_of_create_leaves_only_whole_objects(program, slow, disk, name, how):
    interrupt_create(slow, disk, name, how)
    assert hidden(disk.root) == []
    assert f"{name}/meta/in_progress.json" in disk.keys()
    assert not program.listed().get(name, False), "list calls it complete"
    assert program.fails("restore", "-n", name, "-s", "_bak").code != 0
    program.ok("delete", "-n", name)
    assert list(disk.root.iterdir()) == []


def test_a_killed_create_is_no_backup_and_delete_takes_all_of_it(program, slow, disk, name):
    interrupt_create(slow, disk, name, signal.SIGKILL)
    assert hidden(disk.root), "nothing was under way: the test is void"
    assert not program.listed().get(name, False), "list calls it complete"
    assert name in program.fails(*create(name)).err
    program.ok("delete", "-n", name)
    assert list(disk.root.iterdir()) == []


def test_a_killed_create_is_resumed(site, program, slow, disk, name, rows):
    interrupt_create(slow, disk, name, signal.SIGKILL)
    assert hidden(disk.root), "nothing was under way: the test is void"
    program.ok(*create(name), "--resume")
    assert hidden(disk.root) == []
    assert program.listed()[name]
    program.ok("restore", "-n", name, "-s", "_bak")
    assert_same_rows(rows, read_rows(site.milvus, f"{COLLECTION}_bak"))


def test_a_killed_create_of_everything_is_resumed(program, slow, disk, name):
    """Milvus lists its collections in another order every time."""
    everything = ["create", "-n", name]
    interrupted(slow, everything, lambda: hidden(disk.root / name / "binlogs"), signal.SIGKILL)
    program.ok(*everything, "--resume")
    assert program.listed()[name]


def test_of_two_that_go_on_with_a_backup_one_wins(program, slow, disk, name):
    interrupt_create(slow, disk, name, signal.SIGKILL)
    record = disk.root / name / "meta" / "in_progress.json"
    killed = record.read_text()
    first = slow.start(*create(name), "--resume")
    try:
        wait_until(lambda: record.read_text() != killed or first.poll() is not None, 60, "the first to go on")
        assert "at this moment" in program.fails(*create(name), "--resume", code=EXISTS).err
        result = slow.finish(first, timeout=60)
    finally:
        first.kill()
    assert result.code == 0, result
    assert program.listed()[name]


def test_a_backup_that_is_deleted_while_it_is_made_says_so(program, slow, disk, name):
    process = slow.start(*create(name))
    try:
        wait_until(lambda: hidden(disk.root) or process.poll() is not None, 60, "the middle of the command")
        assert "at this moment" in program.fails("delete", "-n", name, code=EXISTS).err
        program.ok("delete", "-n", name, "--force")
        result = slow.finish(process, timeout=60)
    finally:
        process.kill()
    assert result.code > 0 and f"backup {name} was deleted while it was being made" in result.err, result
    assert "--resume" not in result.err
    assert not program.listed().get(name, False)


def staged(site):
    return list(Path(site.milvus.root_path).glob("restore-temp-*"))


@STOPS
def test_an_interrupted_restore_takes_its_staging_away(site, program, slow, name, how):
    program.ok(*create(name))
    interrupted(slow, ["restore", "-n", name, "-s", "_bak"], lambda: staged(site), how)
    assert staged(site) == []
    assert hidden(site.milvus.root_path) == []
