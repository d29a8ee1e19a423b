"""Backups that the Go program wrote, in all the layouts that its versions used, restored by this one."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from testbed.components import ROOT
from testbed.layouts import ARCHIVES, ERAS, FULL, Layout, of_era, unpacked
from testbed.program import CORRUPT, Program
from testbed.rows import assert_same_rows, read_collections

SOME = [("default", "partitions"), ("default", "auto_id")]
EARLIER = [era for era in ERAS if era != "v0.5.9"]


def recorded_rows():
    """(database, collection) -> the rows that were there when the Go program made the backups."""
    with gzip.open(ROOT / "tests" / "data" / "interop" / "rows.json.gz") as file:
        return {tuple(key.split(".")): rows for key, rows in json.load(file).items()}


def restore_beside(site, folder, backups):
    """Restores backups (name -> files), several at a time, each with its name for a suffix."""

    def restore(name):
        return Program(folder / name, site.config).ok("restore", "-n", name, "-s", f"_{name}")

    for name, files in backups.items():
        site.put_backup(name, files)
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(backups, pool.map(restore, backups), strict=True))


def assert_restored(site, folder, backups, expected):
    """Restores, compares every row of every collection, and takes everything away again."""
    copies = {(name, pair): (pair[0], f"{pair[1]}_{name}") for name in backups for pair in expected}
    try:
        listed = Program(folder / "listing", site.config)
        results = restore_beside(site, folder, backups)
        assert all(listed.listed()[name] for name in backups)
        rows = read_collections(site.milvus, list(copies.values()))
        for (name, pair), copied in copies.items():
            assert_same_rows(expected[pair], rows[copied], f"{name}: {'.'.join(pair)}")
        return results
    finally:
        site.drop(site.collections() & set(copies.values()))
        for name in backups:
            site.remove_backup(name)


def of_eras(files, eras):
    """Backup name -> the files as that era laid them out, of a few collections."""
    small = Layout(files).only(*SOME).files()
    return {"".join(c if c.isalnum() else "_" for c in era): of_era(small, era) for era in eras}


@pytest.mark.parametrize("archive", ARCHIVES)
def test_every_row_comes_back(site, tmp_path, archive):
    assert_restored(site, tmp_path, {archive: unpacked(archive)}, recorded_rows())


@pytest.mark.parametrize("site", ["s3"], indirect=True)
@pytest.mark.parametrize(("archive", "eras"), [("go_v0_4_15", EARLIER), ("go_v0_5_16", ["v0.2", "v0.5.9"])])
def test_older_layouts_of_a_backup_by_the_go_program(site, tmp_path, archive, eras):
    expected = {pair: rows for pair, rows in recorded_rows().items() if pair in SOME}
    assert_restored(site, tmp_path, of_eras(unpacked(archive), eras), expected)


@pytest.mark.parametrize("site", ["local"], indirect=True)
def test_older_layouts_of_a_backup_by_this_program(site, program, name, tmp_path):
    """Made of the same Milvus that restores it."""
    program.ok("create", "-n", name, "-c", ",".join(".".join(pair) for pair in SOME))
    prefix = f"backup/{name}/"
    files = {key: site.place.get(prefix + key) for key in site.backup(name)}
    program.ok("delete", "-n", name)
    assert_restored(site, tmp_path, of_eras(files, [era for era in EARLIER if era != "v0.4.3 in small"]), {pair: site.rows[pair] for pair in SOME})


@pytest.mark.parametrize("site", ["local"], indirect=True)
def test_a_damaged_description_is_named(site, program):
    files = unpacked("go_v0_5_16")
    files[FULL] = files[FULL][:1000]
    site.put_backup("damaged", files)
    try:
        assert "full_meta.json" in program.fails("restore", "-n", "damaged", "-s", "_damaged", code=CORRUPT).err
        program.ok("delete", "-n", "damaged")
        assert site.backup("damaged") == {}
    finally:
        site.remove_backup("damaged")
