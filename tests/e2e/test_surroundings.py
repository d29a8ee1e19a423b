"""Odd surroundings: closed streams, a terminal that goes away, folders with names of other encodings."""

import json
import shutil
import signal
from pathlib import Path

import pytest
from testbed.program import Program
from testbed.server import wait_until

pytestmark = pytest.mark.parametrize("site", ["local"], indirect=True)


def test_closed_streams_are_no_files_of_the_backup(site, program, name):
    """What is opened first would get the numbers of standard output and error, and messages with them."""
    closing = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-']
    silent = Program(program.folder, site.config, prefix=closing)
    silent.ok("create", "-n", name, "-c", "all_types")
    assert program.listed()[name]
    program.ok("restore", "-n", name, "-s", "_closed")


def test_backups_whose_names_are_not_utf8_are_listed_as_json(site, program, name):
    program.ok("create", "-n", name, "-c", "empty")
    root = site.config["minio"]["backupRootPath"]
    odd = "odd_\udcff"
    shutil.copytree(Path(root) / name, Path(root) / odd)
    try:
        listed = json.loads(program.ok("list", "--json").out)
        assert {"odd_?", name} <= {backup["name"] for backup in listed}
        assert json.loads(program.ok("delete", "--json", "-n", odd).out)["deleted"]
    finally:
        shutil.rmtree(Path(root) / odd, ignore_errors=True)


def staged(site):
    return list(Path(site.milvus.root_path).glob("restore-temp-*"))


def test_a_terminal_that_goes_away_leaves_no_staging(site, program, name, tmp_path):
    """Its end is told twice: by the kernel and by the shell."""
    (tmp_path / "backups").mkdir()
    elsewhere = program.with_changes(tmp_path / "elsewhere", minio={"backupRootPath": str(tmp_path / "backups")})
    slow = elsewhere.with_changes(
        tmp_path / "slow",
        minio={
            "backupStorageType": "throttle",
            "backupOptions": {"over": "local", "throttle.bytesPerSecond": "2KiB"},
        },
    )
    slow.prefix = ["env", "--default-signal=HUP"]  # the tests may run under nohup
    elsewhere.ok("create", "-n", name, "-c", "all_types")
    process = slow.start("restore", "-n", name, "-s", "_hung_up")
    try:
        wait_until(lambda: staged(site) or process.poll() is not None, 60, "the middle of the restore")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGHUP)
        result = slow.finish(process, timeout=60)
    finally:
        process.kill()
    assert result.code == 128 + signal.SIGHUP, result
    assert staged(site) == []
