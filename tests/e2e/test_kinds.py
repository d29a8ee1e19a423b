"""Every kind of collection: backed up together, restored beside the originals, compared."""

import json
import subprocess
from pathlib import Path

import pytest
from testbed.crc32c import crc32c
from testbed.data import COLLECTIONS, TTL
from testbed.program import Program
from testbed.rows import assert_same_rows, describe, describe_indexes, read_collections
from testbed.site import BACKUPS

BACKUP, SUFFIX = "everything", "_again"


@pytest.fixture(scope="module")
def restored(site, tmp_path_factory):
    """The rows of the copies, after a backup of everything and a restore with indexes."""
    program = Program(tmp_path_factory.mktemp("kinds"), site.config)
    program.ok("create", "-n", BACKUP)
    program.ok("restore", "-n", BACKUP, "-s", SUFFIX, "--rebuild_index")
    copies = [(database, name + SUFFIX) for database, name in COLLECTIONS]
    yield read_collections(site.milvus, copies)
    site.drop(copies)
    site.remove_backup(BACKUP)


@pytest.fixture(params=COLLECTIONS, ids=".".join)
def collection(request):
    return request.param


def test_rows(site, restored, collection):
    database, name = collection
    assert_same_rows(site.rows[collection], restored[database, name + SUFFIX], ".".join(collection))


def test_schema_partitions_and_properties(site, restored, collection):
    database, name = collection
    assert describe(site.milvus, name + SUFFIX, database) == describe(site.milvus, name, database)


def test_indexes(site, restored, collection):
    database, name = collection
    assert describe_indexes(site.milvus, name + SUFFIX, database) == describe_indexes(site.milvus, name, database)


def test_time_to_live_is_kept(site, restored):
    expected = {key: str(value) for key, value in TTL.items()}
    assert describe(site.milvus, "auto_id" + SUFFIX)["properties"] == expected


def test_collections_are_those_of_both_databases(site, restored):
    described = site.meta(BACKUP)["collection_backups"]
    assert sorted((c["db_name"], c["collection_name"]) for c in described) == sorted(COLLECTIONS)
    assert {d["db_name"] for d in site.meta(BACKUP)["database_backups"]} == {"default", "sales"}


def test_nothing_is_staged_where_backup_and_milvus_share_a_store(site, restored):
    assert [key for key in site.place.keys() if "restore-temp" in key] == []


def described_objects(meta):
    """Where each log of the description lies in the backup, with its size."""
    for collection in meta["collection_backups"]:
        for partition in collection.get("partition_backups", []):
            for segment in partition.get("segment_backups", []):
                yield from described_logs(segment)


def described_logs(segment):
    place = [str(segment[key]) for key in ("collection_id", "partition_id", "group_id", "segment_id")]
    for kind, lists in (("insert_log", segment["binlogs"]), ("delta_log", segment["deltalogs"])):
        for field in lists:
            for log in field.get("binlogs", []):
                middle = [str(field.get("fieldID", 0))] if kind == "insert_log" else []
                yield "/".join(["binlogs", kind, *place, *middle, str(log["log_id"])]), log["log_size"]


def test_every_object_is_described_and_every_description_has_its_object(site, restored):
    binlogs = {key: size for key, size in site.backup(BACKUP).items() if key.startswith("binlogs/")}
    assert dict(described_objects(site.meta(BACKUP))) == binlogs
    assert any("/delta_log/" in key for key in binlogs)


def shares_extents(folder):
    """Does its file system copy without moving bytes? Then nobody has seen them."""
    source, clone = folder / "source", folder / "clone"
    source.write_bytes(b"x" * 65536)
    cloned = subprocess.run(["cp", "--reflink=always", source, clone], capture_output=True, check=False)
    source.unlink()
    clone.unlink(missing_ok=True)
    return cloned.returncode == 0


def test_objects_file_has_the_size_of_each_and_true_checksums(site, restored):
    lines = site.place.get(f"{BACKUPS}{BACKUP}/meta/objects.jsonl").decode().splitlines()
    records = {record["key"]: record for record in map(json.loads, lines)}
    binlogs = {key: size for key, size in site.backup(BACKUP).items() if key.startswith("binlogs/")}
    assert {key: record["size"] for key, record in records.items()} == binlogs
    if not site.milvus.store and not shares_extents(Path(site.milvus.root_path)):
        assert all("crc32c" in record for record in records.values())
    for key, record in records.items():
        if "crc32c" in record:
            assert int(record["crc32c"], 16) == crc32c(site.place.get(f"{BACKUPS}{BACKUP}/{key}")), key


def test_the_backup_is_whole(site, restored, program):
    report = program.ok("verify", "-n", BACKUP, "--read-data", "--json").json()
    binlogs = [key for key in site.backup(BACKUP) if key.startswith("binlogs/")]
    assert report["whole"] and report["faults"] == [] and report["objects_read"] == len(binlogs)
    assert report["recorded"] and report["descriptions_compared"]


def test_level_files_say_what_the_full_one_says(site, restored):
    full = site.meta(BACKUP)
    brief = site.meta(BACKUP, "backup_meta.json")
    assert {key: full[key] for key in ("id", "name", "size", "milvus_version")}.items() <= brief.items()
    collections = site.meta(BACKUP, "collection_meta.json")["infos"]
    partitions = site.meta(BACKUP, "partition_meta.json")["infos"]
    segments = site.meta(BACKUP, "segment_meta.json")["infos"]
    nested = [partition for c in full["collection_backups"] for partition in c["partition_backups"]]
    assert [c["collection_id"] for c in collections] == [c["collection_id"] for c in full["collection_backups"]]
    assert {p["partition_id"] for p in partitions} == {p["partition_id"] for p in nested}
    assert {s["segment_id"] for s in segments} == {
        s["segment_id"] for p in nested for s in p.get("segment_backups", [])
    }
    assert full["size"] == sum(c["size"] for c in full["collection_backups"])
