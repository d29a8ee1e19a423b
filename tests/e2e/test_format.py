"""The JSON files of backups of a real Milvus, checked key by key."""

import random

import pytest
from pymilvus import DataType, MilvusClient
from testbed.data import COLLECTIONS
from testbed.format import check_files

ODD = 'a<b>&c \u2028\u2029 "quoted" \\ \t\n\x01 é 漢 😀'
VECTOR_INDEXES = {
    "flat": ("FLAT", {}),
    "ivf_sq8": ("IVF_SQ8", {"nlist": 4}),
    "ivf_pq": ("IVF_PQ", {"nlist": 4, "m": 2, "nbits": 8}),
    "hnsw": ("HNSW", {"M": 4, "efConstruction": 16}),
    "scann": ("SCANN", {"nlist": 4}),
    "auto": ("AUTOINDEX", {}),
}


def meta_files(site, name):
    keys = [key for key in site.backup(name) if key.startswith("meta/")]
    return {key.removeprefix("meta/"): site.place.get(f"backup/{name}/{key}") for key in keys}


def assert_right(site, name):
    faults = check_files(meta_files(site, name))
    assert faults == [], "\n".join(map(str, faults))


@pytest.mark.parametrize("strategy", ["serial_flush", "skip_flush", "meta_only"])
def test_every_kind_of_collection(site, program, name, strategy):
    program.ok("create", "-n", name, "--strategy", strategy)
    assert_right(site, name)
    assert len(site.meta(name)["collection_backups"]) >= len(COLLECTIONS)


def test_what_a_schema_can_say(site, program, name):
    """Texts of all kinds, aliases, properties, a partition with deletes of its own, another name than at first."""
    with site.milvus.client() as client:
        schema = MilvusClient.create_schema(enable_dynamic_field=True, description=ODD, auto_id=True)
        schema.add_field("id", DataType.INT64, is_primary=True, description=ODD)
        schema.add_field("s", DataType.VARCHAR, max_length=32)
        schema.add_field("vec", DataType.FLOAT_VECTOR, dim=4)
        client.create_collection("odd_first", schema=schema, properties={"collection.ttl.seconds": 864000})
        client.rename_collection("odd_first", "odd")
        client.create_alias("odd", "odd_alias")
        client.create_partition("odd", "p1")
        client.insert("odd", [{"s": "x", "vec": [1, 2, 3, i], "more": i} for i in range(20)], partition_name="p1")
        client.flush("odd")
    program.ok("create", "-n", name, "-c", "odd")
    assert_right(site, name)
    [collection] = site.meta(name)["collection_backups"]
    assert collection["schema"]["description"] == ODD
    assert collection["aliases"] == ["odd_alias"]


@pytest.mark.parametrize("site", ["local"], indirect=True)
@pytest.mark.parametrize("kind", VECTOR_INDEXES)
def test_an_index_of_each_kind(site, program, name, kind):
    numbers = random.Random(3)
    index_type, params = VECTOR_INDEXES[kind]
    with site.milvus.client() as client:
        schema = MilvusClient.create_schema()
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("n", DataType.INT32)
        schema.add_field("s", DataType.VARCHAR, max_length=32)
        schema.add_field("vec", DataType.FLOAT_VECTOR, dim=8)
        client.create_collection(f"i_{kind}", schema=schema)
        rows = [{"id": i, "n": i, "s": str(i), "vec": [numbers.random() for _ in range(8)]} for i in range(50)]
        client.insert(f"i_{kind}", rows)
        index = client.prepare_index_params()
        index.add_index("vec", index_type, f"i_{kind}", metric_type="COSINE", params=params)
        index.add_index("n", "STL_SORT", "sorted")
        index.add_index("s", "Trie", "trie")
        client.create_index(f"i_{kind}", index)
    program.ok("create", "-n", name, "-c", f"i_{kind}")
    assert_right(site, name)
    [collection] = site.meta(name)["collection_backups"]
    found = {index["index_name"]: index.get("index_type") for index in collection["index_infos"]}
    assert found[f"i_{kind}"] == index_type and len(found) == 3


def test_a_backup_that_was_transferred(site, program, name, tmp_path):
    """The copy's descriptions are the same bytes, with the same file of our own beside them."""
    program.ok("create", "-n", name, "-c", "partitions")
    target = program.with_changes(
        tmp_path / "target", minio={"backupStorageType": "local", "backupRootPath": str(tmp_path / "there")}
    )
    program.ok("transfer", "-n", name, "--to", target.folder / "configs" / "backup.yaml")
    lie = {path.name: path.read_bytes() for path in (tmp_path / "there" / name / "meta").iterdir()}
    assert check_files(lie) == []
    here = meta_files(site, name)
    here.pop("objects.jsonl"), lie.pop("objects.jsonl")
    assert lie == here
