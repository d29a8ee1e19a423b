"""What the flags of create and restore do to data, indexes and what is there already."""

import json

import pytest
from testbed.data import make_simple
from testbed.program import Program, restore_by_plan
from testbed.rows import assert_same_rows, count_rows, describe, describe_indexes, read_rows

pytestmark = pytest.mark.parametrize("site", ["s3"], indirect=True)

BACKUP, SOURCE, ROWS = "of_source", "source", 400


@pytest.fixture(scope="module")
def source(site, tmp_path_factory):
    """The rows of a collection that is backed up as BACKUP."""
    with site.milvus.client() as client:
        make_simple(client, SOURCE, ROWS)
    Program(tmp_path_factory.mktemp("source"), site.config).ok("create", "-n", BACKUP, "-c", SOURCE)
    yield read_rows(site.milvus, SOURCE)
    site.drop({("default", SOURCE)})
    site.remove_backup(BACKUP)


@pytest.fixture
def occupied(site, source, program):
    """A collection of the target's name with other rows and another index. `program` drops it."""
    with site.milvus.client() as client:
        make_simple(client, "source_t", 7, index_type="HNSW", params={"M": 4, "efConstruction": 16})
    return "source_t"


def restore(program, *arguments):
    return program.ok("restore", "-n", BACKUP, "-c", SOURCE, "-s", "_t", *arguments)


def test_an_existing_target_is_left_alone(site, program, occupied):
    result = program.fails("restore", "-n", BACKUP, "-s", "_t")
    assert occupied in result.err and "exist" in result.err
    assert count_rows(site.milvus, occupied) == 7


def test_drop_exist_collection(site, source, program, occupied):
    restore(program, "--drop_exist_collection")
    assert_same_rows(source, read_rows(site.milvus, occupied))


def test_drop_exist_collection_without_one(site, source, program):
    restore(program, "--drop_exist_collection")
    assert_same_rows(source, read_rows(site.milvus, "source_t"))


def test_skip_create_collection_adds_to_what_is_there(site, source, program):
    with site.milvus.client() as client:
        make_simple(client, "source_t", 0)
    restore(program, "--skip_create_collection")
    assert_same_rows(source, read_rows(site.milvus, "source_t"))


def test_skip_create_collection_needs_one(site, source, program):
    result = program.fails("restore", "-n", BACKUP, "-s", "_t", "--skip_create_collection")
    assert "source_t" in result.err and "not exist" in result.err


def test_drop_exist_index(site, source, program):
    with site.milvus.client() as client:
        make_simple(client, "source_t", 0, index_type="HNSW", params={"M": 4, "efConstruction": 16}, load=False)
    restore(program, "--skip_create_collection", "--drop_exist_index", "--restore_index")
    assert describe_indexes(site.milvus, "source_t") == describe_indexes(site.milvus, SOURCE)
    assert_same_rows(source, read_rows(site.milvus, "source_t"))


def test_use_auto_index(site, source, program):
    restore(program, "--restore_index", "--use_auto_index")
    assert [index["index_type"] for index in describe_indexes(site.milvus, "source_t").values()] == ["AUTOINDEX"]
    assert_same_rows(source, read_rows(site.milvus, "source_t"))


def test_restore_meta_only(site, source, program):
    restore(program, "--meta_only", "--rebuild_index")
    assert describe(site.milvus, "source_t") == describe(site.milvus, SOURCE)
    assert describe_indexes(site.milvus, "source_t") == describe_indexes(site.milvus, SOURCE)
    assert count_rows(site.milvus, "source_t") == 0


@pytest.mark.parametrize("flags", [["--meta_only"], ["--strategy", "meta_only"]], ids=" ".join)
def test_create_meta_only_holds_no_data(site, source, program, name, flags):
    program.ok("create", "-n", name, "-c", SOURCE, *flags)
    assert [key for key in site.backup(name) if not key.startswith("meta/")] == []
    assert site.meta(name)["size"] == 0


def test_create_flushes_what_was_just_written(site, program, name):
    with site.milvus.client() as client:
        make_simple(client, "fresh", 10)
        client.insert("fresh", [{"id": 100 + i, "s": "late", "vec": [i, 0, 0, 0]} for i in range(5)])
        client.delete("fresh", filter="id in [0, 1, 100]")
    program.ok("create", "-n", name, "-c", "fresh")
    program.ok("restore", "-n", name, "-s", "_t")
    rows = read_rows(site.milvus, "fresh_t")
    assert [row["id"] for row in rows] == [*range(2, 10), *range(101, 105)]
    assert_same_rows(read_rows(site.milvus, "fresh"), rows)


@pytest.mark.parametrize("flags", [["--force"], ["-f"], ["--strategy", "skip_flush"]], ids=" ".join)
def test_create_without_flush_takes_what_was_written_out(site, program, name, flags):
    with site.milvus.client() as client:
        make_simple(client, "unflushed", 10)
        client.insert("unflushed", [{"id": 100, "s": "late", "vec": [0, 0, 0, 0]}])
    program.ok("create", "-n", name, "-c", "unflushed", *flags)
    program.ok("restore", "-n", name, "-s", "_t")
    assert [row["id"] for row in read_rows(site.milvus, "unflushed_t")] == list(range(10))


def test_restoring_twice_gives_two_equal_copies(site, source, program):
    restore(program)
    program.ok("restore", "-n", BACKUP, "-r", f"{SOURCE}:second")
    assert_same_rows(source, read_rows(site.milvus, "source_t"))
    assert_same_rows(source, read_rows(site.milvus, "second"))


def test_a_plan_makes_two_of_one_with_other_shards(site, source, program):
    told = restore_by_plan(program, BACKUP, SOURCE)
    assert told == [f"default.{SOURCE} default.two {ROWS}", f"default.{SOURCE} shop.one {ROWS}"]
    with site.milvus.client() as client:
        assert {"shop", "hollow"} <= set(client.list_databases())
    assert_same_rows(source, read_rows(site.milvus, "two"))
    assert_same_rows(source, read_rows(site.milvus, "one", "shop"))
    with site.milvus.client("shop") as client:
        one = client.describe_collection("one")
    assert (one["num_shards"], one["description"]) == (5, "as one")


def test_aliases_and_load_states_come_back(site, program, name):
    """Of a collection of which one partition is loaded; its alias leads to the original until that is gone."""
    with site.milvus.client() as client:
        make_simple(client, "served", 30, load=False)
        client.create_partition("served", "part")
        client.load_partitions("served", ["part"])
        client.create_alias("served", "current")
        program.ok("create", "-n", name, "-c", "served")
        [collection] = site.meta(name)["collection_backups"]
        states = {part["partition_name"]: part["load_state"] for part in collection["partition_backups"]}
        assert states == {"_default": "NotLoad", "part": "Loaded"} and collection["aliases"] == ["current"]

        copy = json.loads(program.ok("restore", "-n", name, "-s", "_t", "--json").out)
        assert (copy["aliases"], copy["lost_aliases"], copy["loaded"], copy["unloaded"]) == (0, 1, 0, 1)
        assert any("current" in warning and "served" in warning for warning in copy["warnings"])
        assert client.describe_collection("current")["collection_name"] == "served"

        client.release_collection("served")
        client.drop_alias("current")
        served = json.loads(program.ok("restore", "-n", name, "-r", "served:again", "--load", "--json").out)
        assert (served["aliases"], served["lost_aliases"], served["loaded"]) == (1, 0, 1)
        assert client.describe_collection("current")["collection_name"] == "again"
        loaded = {part: client.get_load_state("again", part)["state"].name for part in ("_default", "part")}
        assert loaded == {"_default": "NotLoad", "part": "Loaded"}


def test_users_and_roles_of_a_milvus_that_hands_none_out(site, source, program, name):
    result = program.fails("create", "-n", name, "-c", SOURCE, "--rbac")
    assert "BackupRBAC" in result.err and not site.backup(name)
    assert "holds no users and roles" in program.fails("restore", "-n", BACKUP, "-s", "_t", "--rbac").err
