"""Backups that the Go program wrote, in all the layouts that its versions used, restored by this one."""

import gzip
import json
import tarfile
from pathlib import Path

import pytest
from testbed.components import ROOT
from testbed.program import CORRUPT, Program
from testbed.rows import assert_same_rows, read_collections

DATA = ROOT / "tests" / "data" / "interop"
ARCHIVES = ["go_v0_4_15", "go_v0_5_16"]
META_FILES = ["backup_meta.json", "collection_meta.json", "partition_meta.json", "segment_meta.json"]


def recorded_rows():
    """(database, collection) -> the rows that were there when the Go program made the backups."""
    with gzip.open(DATA / "rows.json.gz") as file:
        return {tuple(key.split(".")): rows for key, rows in json.load(file).items()}


def unpacked(archive):
    """Key below the backup's directory -> content."""
    with tarfile.open(DATA / f"{archive}.tar.gz") as tar:
        files = [member for member in tar.getmembers() if member.isfile()]
        return {str(Path(*Path(member.name).parts[1:])): tar.extractfile(member).read() for member in files}


def restored_rows(site, folder, name, files):
    """Lays the files as backup `name`, restores it, reads every row and takes everything away again."""
    site.put_backup(name, files)
    program = Program(folder, site.config)
    copies = {pair: (pair[0], f"{pair[1]}_{name}") for pair in recorded_rows()}
    try:
        assert program.listed()[name]
        program.ok("restore", "-n", name, "-s", f"_{name}")
        rows = read_collections(site.milvus, list(copies.values()))
    finally:
        site.drop(site.collections() & set(copies.values()))
        site.remove_backup(name)
    return {pair: rows[copy] for pair, copy in copies.items()}


def assert_all_rows(found):
    for pair, rows in recorded_rows().items():
        assert_same_rows(rows, found[pair], ".".join(pair))


@pytest.mark.parametrize("archive", ARCHIVES)
def test_every_row_comes_back(site, tmp_path, archive):
    assert_all_rows(restored_rows(site, tmp_path, archive, unpacked(archive)))


@pytest.mark.parametrize("site", ["s3"], indirect=True)
@pytest.mark.parametrize("archive", ARCHIVES)
def test_level_files_alone_are_enough(site, tmp_path, archive):
    files = unpacked(archive)
    del files["meta/full_meta.json"]
    assert_all_rows(restored_rows(site, tmp_path, "levels", files))


def with_segments(files, change):
    """The backup with change(segment) applied wherever a segment is described, and its level files only."""
    files = {key: data for key, data in files.items() if key != "meta/full_meta.json"}
    for name in META_FILES:
        files[f"meta/{name}"] = json.dumps(_walk(json.loads(files[f"meta/{name}"]), change)).encode()
    return files


def _walk(value, change):
    if isinstance(value, list):
        return [_walk(item, change) for item in value]
    if isinstance(value, dict):
        if "segment_id" in value:
            change(value)
        return {key: _walk(item, change) for key, item in value.items()}
    return value


def with_group_element(key, group):
    """binlogs/<kind>/<coll>/<part>/<group>/<segment>/...: with another group, or without that element."""
    parts = key.split("/")
    if parts[0] == "binlogs":
        parts[4:5] = [group] if group else []
    return "/".join(parts)


@pytest.mark.parametrize("site", ["s3"], indirect=True)
def test_segments_that_share_a_group_are_imported_once(site, tmp_path):
    """v0.2 to v0.4.3 put several segments of a partition into one group directory."""
    files = with_segments(unpacked("go_v0_4_15"), lambda segment: segment.update(group_id=1))
    files = {with_group_element(key, "1"): data for key, data in files.items()}
    assert_all_rows(restored_rows(site, tmp_path, "grouped", files))


@pytest.mark.parametrize("site", ["s3"], indirect=True)
def test_a_backup_without_groups(site, tmp_path):
    """v0.2 to v0.4.3 left the group out where a partition was small."""
    files = with_segments(unpacked("go_v0_4_15"), lambda segment: segment.pop("group_id"))
    files = {with_group_element(key, None): data for key, data in files.items()}
    assert_all_rows(restored_rows(site, tmp_path, "ungrouped", files))


@pytest.mark.parametrize("site", ["local"], indirect=True)
def test_a_damaged_description_is_named(site, program):
    files = unpacked("go_v0_5_16")
    files["meta/full_meta.json"] = files["meta/full_meta.json"][:1000]
    site.put_backup("damaged", files)
    try:
        assert "full_meta.json" in program.fails("restore", "-n", "damaged", "-s", "_damaged", code=CORRUPT).err
        program.ok("delete", "-n", "damaged")
        assert site.backup("damaged") == {}
    finally:
        site.remove_backup("damaged")
