"""list, get and delete over backups that lie in a folder; no Milvus is asked."""

import json
import shutil
import tarfile

import pytest
from testbed.components import ROOT
from testbed.program import Program

ARCHIVES = ("go_v0_4_15", "go_v0_5_16")
NOT_FOUND, EXISTS, USAGE, CORRUPT = 3, 4, 2, 7


@pytest.fixture
def backups(tmp_path):
    """The folder of backups: two of the Go program, one in progress, one that has lost its description."""
    folder = tmp_path / "backups"
    for archive in ARCHIVES:
        with tarfile.open(ROOT / "tests" / "data" / "interop" / f"{archive}.tar.gz") as tar:
            tar.extractall(folder)
    for file, text in {
        "making/meta/in_progress.json": '{"backup_id":"1","owner":"host, process 5","started":"2026-01-01T00:00:00Z"}',
        "killed/binlogs/insert_log/1/2/3/3/100/4": "x",
        "insert_log/1/2/3/100/4": "no backup, but Milvus' own data",
    }.items():
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_text(text)
    return folder


@pytest.fixture
def program(tmp_path, backups):
    storage = {
        "storageType": "local",
        "rootPath": str(tmp_path / "milvus"),
        "backupStorageType": "local",
        "backupRootPath": str(backups),
    }
    return Program(tmp_path, {"minio": storage, "log": {"console": False}})


def test_only_what_can_be_restored_is_on_stdout(program):
    result = program.ok("list")
    assert result.out == ">> Backups:\ngo_v0_4_15\ngo_v0_5_16\n"
    assert "killed is incomplete" in result.err
    assert "making is interrupted: begun by host, process 5" in result.err
    assert "insert_log" not in result.err


def test_all_marks_the_others(program):
    lines = program.ok("list", "--all").out.splitlines()
    assert lines[1:] == ["go_v0_4_15", "go_v0_5_16", "killed (incomplete)", "making (interrupted)"]


@pytest.mark.parametrize("collection", ["all_types", "default.all_types", "sales.partitions"])
def test_list_by_collection(program, collection):
    assert program.ok("list", "-c", collection).out == ">> Backups:\ngo_v0_4_15\ngo_v0_5_16\n"


@pytest.mark.parametrize("collection", ["nothing", "sales.all_types", "default", ""])
def test_list_by_a_collection_that_no_backup_has(program, collection):
    assert program.ok("list", "-c", collection).out == ">> Backups:\n"


def test_list_as_json_tells_every_state(program, backups):
    (backups / "go_v0_4_15" / "meta" / "backup_meta.json").write_text("no json")
    found = {backup["name"]: backup for backup in program.ok("list", "--json").json()}
    states = {name: backup["state"] for name, backup in found.items()}
    assert states == {
        "go_v0_4_15": "unreadable",
        "go_v0_5_16": "complete",
        "killed": "incomplete",
        "making": "interrupted",
    }
    assert "backup_meta.json" in found["go_v0_4_15"]["problem"]
    whole = found["go_v0_5_16"]
    assert (whole["size"], whole["milvus_version"], whole["format"]) == (68896, "v2.3.5-lite", "binlog")
    assert {"db_name": "sales", "collection_name": "partitions"} in whole["collections"]


def test_no_folder_is_no_backups(program, backups):
    shutil.rmtree(backups)
    assert program.ok("list").out == ">> Backups:\n"
    assert program.ok("list", "--json").json() == []
    assert program.fails("get", "-n", "x").code == NOT_FOUND
    assert not backups.exists()


def test_get_is_json_indented_by_four(program):
    brief = program.ok("get", "-n", "go_v0_5_16").out
    described = json.loads(brief)
    assert brief == json.dumps(described, indent=4, ensure_ascii=False) + "\n"
    assert len(described["collection_backups"]) == 7
    assert all("partition_backups" not in collection for collection in described["collection_backups"])


def test_get_detail_is_the_whole_file(program, backups):
    written = json.loads((backups / "go_v0_5_16" / "meta" / "full_meta.json").read_text())
    assert program.ok("get", "-n", "go_v0_5_16", "-d").json() == written


def test_get_tells_what_is_wrong(program, backups):
    missing = program.fails("get", "-n", "never_made")
    assert (missing.code, missing.out) == (NOT_FOUND, "") and "backup never_made not found" in missing.err
    assert program.fails("get", "-n", "making").code == CORRUPT
    assert program.fails("get").code == USAGE
    (backups / "go_v0_5_16" / "meta" / "full_meta.json").write_text('{"size":"x"}')
    damaged = program.fails("get", "-n", "go_v0_5_16")
    assert damaged.code == CORRUPT and "full_meta.json" in damaged.err and damaged.out == ""


@pytest.mark.parametrize("name", ["go_v0_4_15", "killed", "making"])
def test_delete_takes_everything_and_frees_the_name(program, backups, name):
    assert program.ok("delete", "-n", name).out == "delete backup done: success\n"
    assert not (backups / name).exists()
    again = program.fails("delete", "-n", name)
    assert again.code == NOT_FOUND and "not found" in again.err and "success" not in again.out


def test_delete_as_json_counts(program):
    deleted = program.ok("delete", "-n", "killed", "--json").json()
    assert deleted == {"name": "killed", "deleted": True, "objects": 1}


@pytest.mark.parametrize("name", ["insert_log", "..", ".", "go_v0_4_15/meta", ""])
def test_what_is_no_backup_is_not_deleted(program, backups, name):
    before = sorted(backups.rglob("*"))
    assert program.fails("delete", "-n", name).code == USAGE
    assert sorted(backups.rglob("*")) == before
