"""What only Milvus' etcd knows of indexes, read from the real etcd inside of a real Milvus."""

import base64
import json
import random
import time
import urllib.request

import pytest
from pymilvus import DataType, MilvusClient
from testbed.format import check_files
from testbed.program import UNREACHABLE
from testbed.rows import read_collections

EXTRA = {"field_id", "create_time", "type_params", "index_params", "user_index_params", "is_auto_index"}
DELETED = b"\x10\x01"  # the member `deleted` of a FieldIndex


def etcd_values(milvus, prefix):
    """Key -> bytes, by etcd's own gateway for JSON, which shares nothing with this program."""
    begin, end = prefix.encode(), prefix.encode()[:-1] + bytes([prefix.encode()[-1] + 1])
    body = json.dumps({"key": base64.b64encode(begin).decode(), "range_end": base64.b64encode(end).decode()})
    request = urllib.request.Request(f"http://{milvus.etcd}/v3/kv/range", body.encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        found = json.load(answer).get("kvs", [])
    return {base64.b64decode(kv["key"]).decode(): base64.b64decode(kv["value"]) for kv in found}


def make_collection(milvus, name):
    """Indexes of several types, one that was dropped, and dynamic values."""
    numbers = random.Random(name)
    with milvus.client() as client:
        schema = MilvusClient.create_schema(enable_dynamic_field=True)
        schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=16)
        schema.add_field("age", DataType.INT16)
        schema.add_field("place", DataType.FLOAT_VECTOR, dim=8)
        client.create_collection(name, schema=schema)
        rows = [
            {"key": f"k{i}", "age": i % 90, "place": [numbers.random() for _ in range(8)], "more": {"n": i}}
            for i in range(60)
        ]
        client.insert(name, rows)
        for index_name, field, index_type, params in (
            ("first", "place", "IVF_FLAT", {"nlist": 3}),
            ("second", "place", "HNSW", {"M": 6, "efConstruction": 20}),
            ("ages", "age", "STL_SORT", {}),
            ("keys", "key", "Trie", {}),
        ):
            if index_name == "second":
                client.drop_index(name, "first")
            index = client.prepare_index_params()
            metric = {"metric_type": "IP"} if field == "place" else {}
            index.add_index(field, index_type, index_name, params=params, **metric)
            client.create_index(name, index)


def as_dict(pairs):
    return {pair["key"]: pair["value"] for pair in pairs}


def collection_of(site, name):
    [found] = site.meta(name)["collection_backups"]
    return found


def test_it_is_kept_and_restored(site, program, name):
    make_collection(site.milvus, "extra")
    program.ok("create", "-n", name, "-c", "extra", "--backup_index_extra")
    found = collection_of(site, name)
    kept = etcd_values(site.milvus, f"by-dev/meta/field-index/{found['collection_id']}/")
    dropped = [value for value in kept.values() if value.find(DELETED) >= 0]
    assert len(kept) == 4 and len(dropped) == 1, "etcd does not hold the index that was dropped"

    fields = {field["name"]: field for field in found["schema"]["fields"]}
    assert fields["$meta"]["is_dynamic"] and fields["$meta"]["data_type"] == DataType.JSON
    indexes = {index["index_name"]: index for index in found["index_infos"]}
    assert set(indexes) == {"second", "ages", "keys"}
    for index in indexes.values():
        assert index["field_id"] == fields[index["field_name"]]["fieldID"]
        assert abs((index["create_time"] >> 18) / 1000 - time.time()) < 600
        assert "is_auto_index" not in index
    vector = indexes["second"]
    assert as_dict(vector["type_params"]) == {"dim": "8"}
    assert as_dict(vector["index_params"])["index_type"] == "HNSW"
    assert "20" in str(vector["user_index_params"])
    files = {key.removeprefix("meta/"): site.place.get(f"backup/{name}/{key}") for key in site.backup(name) if key.startswith("meta/")}
    assert check_files(files) == []

    program.ok("restore", "-n", name, "-s", "_back", "--restore_index")
    with site.milvus.client() as client:
        for index_name in indexes:
            told = client.describe_index("extra", index_name), client.describe_index("extra_back", index_name)
            assert told[0].pop("index_name") == told[1].pop("index_name") == index_name
            assert told[0]["index_type"] == told[1]["index_type"]
        for collection in ("extra", "extra_back"):
            client.load_collection(collection)
        assert [f["name"] for f in client.describe_collection("extra_back")["fields"]] == ["key", "age", "place"]
    rows = read_collections(site.milvus, {("default", "extra"), ("default", "extra_back")})
    assert rows["default", "extra"] == rows["default", "extra_back"]


@pytest.mark.parametrize("site", ["local"], indirect=True)
def test_without_it_nothing_is_asked(site, program, name):
    make_collection(site.milvus, "plain")
    program.configure(milvus={"etcd": {"endpoints": "127.0.0.1:1"}})
    program.ok("create", "-n", name, "-c", "plain")
    found = collection_of(site, name)
    assert not EXTRA & {key for index in found["index_infos"] for key in index}
    assert "$meta" not in [field["name"] for field in found["schema"]["fields"]]


@pytest.mark.parametrize("site", ["local"], indirect=True)
def test_the_first_of_several_does_not_answer(site, program, name):
    make_collection(site.milvus, "several")
    program.configure(milvus={"etcd": {"endpoints": f"127.0.0.1:1,http://{site.milvus.etcd}"}})
    program.ok("create", "-n", name, "-c", "several", "--backup_index_extra")
    assert all("field_id" in index for index in collection_of(site, name)["index_infos"])


@pytest.mark.parametrize("site", ["local"], indirect=True)
@pytest.mark.parametrize(
    ("etcd", "code", "said"),
    [
        ({"endpoints": "127.0.0.1:1,127.0.0.1:2"}, UNREACHABLE, "milvus.etcd.endpoints"),
        ({"rootPath": "by-someone"}, 3, "milvus.etcd.rootPath"),
    ],
    ids=["nobody", "root"],
)
def test_what_cannot_be_read_is_told_before_anything_is_written(site, program, name, etcd, code, said):
    make_collection(site.milvus, "unread")
    program.configure(milvus={"etcd": etcd})
    failed = program.fails("create", "-n", name, "-c", "unread", "--backup_index_extra", code=code)
    assert said in failed.err
    assert site.backup(name) == {}
