"""The walk-through of the users' documentation: collection coll, backup my_backup, restored as coll_bak."""

import pytest
from testbed.data import make_simple
from testbed.program import Program
from testbed.rows import assert_same_rows, describe, describe_indexes, read_rows
from testbed.site import BACKUPS

DOCUMENTED_MILVUS = {"authorizationEnabled": False, "tlsMode": 0, "user": "root", "password": "Milvus"}
META_FILES = {"backup_meta.json", "collection_meta.json", "partition_meta.json", "segment_meta.json", "full_meta.json"}


def documented_config(site):
    """The two blocks that the page shows, with this site's values; nothing else is set."""
    config = site.config
    storage = config["minio"]
    access = {"accessKeyID": storage.get("accessKeyID", "minioadmin")}
    access["secretAccessKey"] = storage.get("secretAccessKey", "minioadmin")
    backup_access = {"backup" + key[0].upper() + key[1:]: value for key, value in access.items()}
    minio = {
        **{"address": "localhost", "port": 9000, "useSSL": False, "useIAM": False, "iamEndpoint": ""},
        **storage,
        **access,
        **backup_access,
        "backupBucketName": storage["bucketName"],
    }
    return {"milvus": {**config["milvus"], **DOCUMENTED_MILVUS}, "minio": minio}


@pytest.fixture(scope="module")
def walk(site, tmp_path_factory):
    """The folder of the documentation after its two commands; gives the program and what the commands said."""
    with site.milvus.client() as client:
        make_simple(client, "coll", 3000)
    program = Program(tmp_path_factory.mktemp("milvus-backup"), documented_config(site))
    (program.folder / "milvus-backup").symlink_to(program.binary)
    program.binary = "./milvus-backup"
    program.created = program.ok("create", "-c", "coll", "-n", "my_backup")
    program.restored = program.ok("restore", "-c", "coll", "-n", "my_backup", "-s", "_bak")
    yield program
    site.drop({pair for pair in site.collections() if pair[1].startswith("coll")})
    site.remove_backup("my_backup")


def test_both_commands_say_success_and_how_long_it_took(walk):
    for result in (walk.created, walk.restored):
        assert "success" in result.out
        assert "duration:" in result.out


def test_coll_bak_holds_the_same_rows(site, walk):
    assert_same_rows(read_rows(site.milvus, "coll"), read_rows(site.milvus, "coll_bak"))
    assert describe(site.milvus, "coll_bak") == describe(site.milvus, "coll")


def test_without_restore_index_there_is_none(site, walk):
    assert describe_indexes(site.milvus, "coll_bak") == {}


def test_the_backup_is_a_tree_of_plain_objects(site, walk):
    keys = site.backup("my_backup")
    assert {f"meta/{file}" for file in META_FILES} <= keys.keys()
    assert "meta/in_progress.json" not in keys
    assert any(key.startswith("binlogs/insert_log/") for key in keys)


def test_restored_data_lies_below_the_new_collection(site, walk):
    with site.milvus.client() as client:
        identity = client.describe_collection("coll_bak")["collection_id"]
    assert site.place.keys(f"{site.data_prefix}insert_log/{identity}/")


def test_list_and_get_know_the_backup(walk):
    assert walk.listed()["my_backup"]
    described = walk.ok("get", "-n", "my_backup").json()
    assert described["name"] == "my_backup"
    assert [c["collection_name"] for c in described["collection_backups"]] == ["coll"]


def test_with_restore_index_it_loads_and_finds_the_same(site, walk):
    walk.ok("restore", "-c", "coll", "-n", "my_backup", "-s", "_indexed", "--restore_index")
    assert describe_indexes(site.milvus, "coll_indexed") == describe_indexes(site.milvus, "coll")
    with site.milvus.client() as client:
        client.load_collection("coll_indexed")
        found = [search(client, collection) for collection in ("coll", "coll_indexed")]
    assert found[0] == found[1]
    assert len(found[0]) == 10


def search(client, collection):
    """Keys and distances of the ten nearest; every list of the index is probed, so the answer is exact."""
    hits = client.search(
        collection,
        data=[[0.1, 0.5, 0.2, 0.9]],
        anns_field="vec",
        limit=10,
        search_params={"metric_type": "L2", "params": {"nprobe": 4}},
        consistency_level="Strong",
    )[0]
    return [(hit["id"], hit["distance"]) for hit in hits]


def test_delete_leaves_nothing_and_frees_the_name(site, walk):
    walk.ok("create", "-c", "coll", "-n", "short_lived")
    walk.ok("delete", "-n", "short_lived")
    assert "short_lived" not in walk.listed()
    assert site.backup("short_lived") == {}
    assert site.place.rubbish(f"{BACKUPS}short_lived") == []
    walk.ok("create", "-c", "coll", "-n", "short_lived")
    walk.ok("delete", "-n", "short_lived")
