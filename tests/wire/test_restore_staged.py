"""restore of a backup that Milvus cannot read where it lies: the copy in Milvus' own storage."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from testbed.crc32c import crc32c
from testbed.program import CORRUPT

from wire.restoring import COMPLETED, FAILED, STARTED, Backup, Server, backup, data, program_for, restore


@pytest.fixture
def elsewhere(tmp_path):
    backup = Backup(tmp_path / "far" / "backup" / "b")
    return backup.partition(10, "_default").segment(20, deletes=True).write()


def left_behind(data):
    return [path for path in data.rglob("*") if "restore-temp" in str(path)]


def test_a_backup_elsewhere_is_copied_for_the_import(data, elsewhere, restore):
    seen = []
    with Server("2.6.4") as server:

        def look(task, look):
            seen.extend(path for file in server.imports[0].files for path in Path(file).rglob("*") if path.is_file())
            return COMPLETED, ""

        server.outcome = look
        restore(server, backup_root=elsewhere.folder.parent)
        files = list(server.imports[0].files)
    assert all(file.startswith(f"{data}/restore-temp-") and "-default-c/binlogs/" in file for file in files)
    assert [file.split("/binlogs/")[1] for file in files] == ["insert_log/1/10/20/", "delta_log/1/10/20/"]
    assert len(seen) == 5 and all(path.name in ("7", "8") for path in seen)
    assert left_behind(data) == []


def test_the_copy_is_removed_after_a_failure(data, elsewhere, restore):
    with Server("2.6.4") as server:
        server.outcome = lambda task, look: (FAILED, "no")
        restore(server, ok=False, backup_root=elsewhere.folder.parent)
    assert server.imports and left_behind(data) == []


def test_the_copy_can_be_kept(data, elsewhere, restore):
    with Server("2.6.4") as server:
        restore(server, backup_root=elsewhere.folder.parent, keep=True)
    assert left_behind(data)


def owner_of_a_dead_process(**changes):
    """What a restore of this machine, killed since, has written into its mark; older versions wrote no boot."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    parts = {"boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(), "started": "1", **changes}
    text = f"{socket.gethostname()}, process {gone.pid}, {os.readlink('/proc/self/ns/pid')}"
    return text + "".join(f", {name} {value}" for name, value in parts.items() if value)


@pytest.mark.parametrize(
    ("owner", "stays"),
    [({}, False), ({"boot": "6f1c0f3e-0000-4000-8000-000000000000"}, True), ({"boot": "", "started": ""}, True)],
    ids=["here", "another-machine-of-this-name", "older-version"],
)
def test_only_copies_of_who_is_surely_gone_are_cleaned_up(data, elsewhere, restore, owner, stays):
    copy = data / "restore-temp-1-default-c" / "binlogs" / "x"
    copy.parent.mkdir(parents=True)
    copy.write_text("x")
    (data / "restore-temp-1-~owner").write_text(owner_of_a_dead_process(**owner))
    with Server("2.6.4") as server:
        restore(server, backup_root=elsewhere.folder.parent)
    assert copy.exists() == stays and bool(left_behind(data)) == stays


def record_checksums(backup, changed=()):
    """What `create` writes; for the changed objects a checksum of other bytes."""
    lines = []
    for path in sorted((backup.folder / "binlogs").rglob("*")):
        if path.is_file():
            key, data = str(path.relative_to(backup.folder)), path.read_bytes()
            crc = crc32c(data + b"!" if key in changed else data)
            lines.append(json.dumps({"key": key, "size": len(data), "crc32c": f"{crc:08x}"}) + "\n")
    (backup.folder / "meta" / "objects.jsonl").write_text("".join(lines))


DAMAGED = "binlogs/insert_log/1/10/20/20/100/7"


@pytest.mark.parametrize("keep", [False, True])
def test_a_copy_with_other_bytes_than_were_recorded_is_not_imported(data, elsewhere, restore, keep):
    record_checksums(elsewhere, changed=[DAMAGED])
    with Server("2.6.4") as server:
        result = restore(server, ok=False, backup_root=elsewhere.folder.parent, mode="streaming", keep=keep)
    assert result.code == CORRUPT and server.imports == []
    right, wrong = crc32c(b"0123456789"), crc32c(b"0123456789!")
    assert f"b/{DAMAGED}" in result.err and f"{right:08x}" in result.err and f"{wrong:08x}" in result.err
    assert "another copy of the backup" in result.err
    assert keep or left_behind(data) == []


@pytest.mark.parametrize("mode", ["auto", "streaming"])
def test_a_copy_with_the_recorded_bytes_is_imported(data, elsewhere, restore, mode):
    record_checksums(elsewhere)
    with Server("2.6.4") as server:
        restore(server, backup_root=elsewhere.folder.parent, mode=mode)
    assert len(server.imports) == 1


def test_checksums_that_cannot_be_read_do_not_stop_a_restore(data, elsewhere, restore, tmp_path):
    record_checksums(elsewhere, changed=[DAMAGED])
    with (elsewhere.folder / "meta" / "objects.jsonl").open("a") as file:
        file.write("{half a line")
    with Server("2.6.4") as server:
        restore(server, backup_root=elsewhere.folder.parent, mode="streaming")
    assert len(server.imports) == 1
    log = (tmp_path / "program" / "logs" / "backup.log").read_text()
    assert "not compared with checksums: objects.jsonl: line 6" in log


def test_the_copy_is_removed_after_an_interrupt(data, elsewhere, tmp_path):
    with Server("2.6.4") as server:
        server.outcome = lambda task, look: (STARTED, "")
        program = program_for(server, data, tmp_path / "program", elsewhere.folder.parent)
        process = program.start("restore", "-n", "b")
        deadline = time.monotonic() + 60
        while not server.looks and time.monotonic() < deadline:
            time.sleep(0.05)
        assert left_behind(data)
        os.kill(process.pid, signal.SIGINT)
        result = program.finish(process)
    assert result.code == 130
    assert "incomplete: default.c (made by this restore)" in result.err
    assert left_behind(data) == []
