"""What create does when what was chosen is not there, or is empty: no success without a word."""

import json

import pytest
from pymilvus.grpc_gen import milvus_pb2
from testbed.program import FAILURE, NOT_FOUND

from wire.creating import Collections, create

DATABASES = {"default": ["a", "b"], "sales": ["orders"], "hollow": []}


def described(tmp_path):
    full = json.loads((tmp_path / "backup" / "b" / "meta" / "full_meta.json").read_text())
    return {c["collection_name"] for c in full.get("collection_backups") or []}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["-c", "c"], "default.c"),
        (["-c", "a,sales.a"], "sales.a"),
        (["-d", "nowhere"], "nowhere"),
        (["-a", '{"sales": ["a"]}'], "sales.a"),
        (["-a", '{"nowhere": []}'], "nowhere"),
        (["--filter", "orders"], "default.orders"),
        (["--filter", "a,nowhere.*"], "nowhere"),
        (["--filter", "nowhere."], "nowhere"),
        (["--filter", "c", "--quiet"], "default.c"),
    ],
)
def test_what_is_not_there_is_no_backup(create, tmp_path, arguments, named):
    with Collections(DATABASES) as server:
        result = create(server, *arguments, ok=False, code=NOT_FOUND)
    assert f"{named} not found in milvus" in result.err
    assert not (tmp_path / "backup" / "b").exists()


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["-d", "hollow"], set()),
        (["-d", "sales,hollow"], {"orders"}),
        (["-a", '{"hollow": [], "default": ["a"]}'], {"a"}),
        (["--filter", "hollow.*,b"], {"b"}),
    ],
)
def test_an_empty_database_is_told(create, tmp_path, arguments, names):
    with Collections(DATABASES) as server:
        result = create(server, *arguments, "--json")
    assert described(tmp_path) == names
    [warning] = result.json()["warnings"]
    assert "database hollow holds no collections" in warning and f"warning: {warning}" in result.err


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("sales.*,sales.orders", {"orders"}),
        ("sales.orders,sales.*", {"orders"}),
        ("default.*,b", {"a", "b"}),
        ("b,default.*", {"a", "b"}),
        ("default.,default.b", {"b"}),
        ("default.b,default.", {"b"}),
        ("sales.,sales.*,b,b", {"orders", "b"}),
    ],
)
def test_a_database_and_its_collections_in_any_order(create, tmp_path, chosen, names):
    with Collections(DATABASES) as server:
        create(server, "--filter", chosen)
    assert described(tmp_path) == names


def test_the_database_alone_is_meant_so(create, tmp_path):
    with Collections(DATABASES) as server:
        result = create(server, "--filter", "hollow.,sales.", "--json")
    assert described(tmp_path) == set() and result.json()["warnings"] == []


@pytest.mark.parametrize("databases", [{"default": []}, {"default": [], "hollow": []}], ids=len)
def test_an_empty_milvus_is_told(create, tmp_path, databases):
    with Collections(databases) as server:
        result = create(server, "--json")
    assert described(tmp_path) == set()
    assert result.json()["warnings"] == ["milvus holds no collections: none is backed up"]


def outside(server):
    """Makes the data of collection "a" lie outside Milvus."""
    describe = server.answers["DescribeCollection"]

    def answer(request):
        told = describe(request)
        if request.collection_name == "a":
            told.schema.MergeFromString(bytes([11 << 3 | 2, 4]) + b"s3:/")  # external_source; this pymilvus lacks it
        return told

    server.answers["DescribeCollection"] = answer


def test_collections_outside_milvus(create, tmp_path):
    with Collections(DATABASES) as server:
        outside(server)
        result = create(server, "-c", "a", ok=False, code=FAILURE)
        assert "default.a" in result.err and "outside milvus" in result.err
        assert not (tmp_path / "backup" / "b").exists()
        result = create(server, "-c", "a,b", "--json")
    assert described(tmp_path) == {"b"}
    assert "default.a keeps its data outside milvus" in result.json()["warnings"][0]


def test_a_collection_without_partitions_is_told(create, tmp_path):
    """All its segments would be taken for those of dropped partitions."""
    with Collections(DATABASES) as server:
        server.answers["ShowPartitions"] = milvus_pb2.ShowPartitionsResponse()
        result = create(server, "-c", "a", ok=False)
    assert "no partitions of collection default.a" in result.err
    assert not (tmp_path / "backup" / "b").exists()
