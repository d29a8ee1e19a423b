"""create of a fake Milvus that contradicts itself: no backup is made of what no restore would take."""

import pytest
from pymilvus.grpc_gen import milvus_pb2, schema_pb2
from testbed.program import FAILURE

from wire.creating import Collections, create

COLLECTION, PARTITION = 7, 10
FLUSHED = 4


def describe(server, **changes):
    """Of every collection; what is changed holds for all of them."""
    answer = server.answers["DescribeCollection"]
    known = {}

    def run(request):
        told = answer(request)
        told.collectionID = known.setdefault(request.collection_name, COLLECTION + len(known))
        for member, value in changes.items():
            setattr(told, member, value)
        return told

    server.answers["DescribeCollection"] = run


def partitions(server, *pairs):
    server.answers["ShowPartitions"] = milvus_pb2.ShowPartitionsResponse(
        partition_names=[name for name, _ in pairs], partitionIDs=[number for _, number in pairs]
    )


def segments(server, *several):
    server.answers["GetPersistentSegmentInfo"] = milvus_pb2.GetPersistentSegmentInfoResponse(
        infos=[
            milvus_pb2.PersistentSegmentInfo(
                segmentID=number, collectionID=collection, partitionID=partition, num_rows=5, state=FLUSHED
            )
            for number, collection, partition in several
        ]
    )


def schema(server, *fields):
    """Fields as the bytes that come: (id, name, bytes of its default value)."""

    def message(tag, content):
        return bytes([tag << 3 | 2, len(content)]) + content

    inner = b""
    for number, name, default in fields:
        field = schema_pb2.FieldSchema(fieldID=number, name=name, data_type=5).SerializeToString()
        inner += message(4, field + (message(11, default) if default else b""))
    rest = milvus_pb2.DescribeCollectionResponse(collectionID=COLLECTION, collection_name="a", db_name="default", shards_num=1)
    server.answers["DescribeCollection"] = message(2, inner) + rest.SerializeToString()


BEFORE = {  # what is wrong -> what the server says, and words of the sentence
    "two collections with one id": (lambda s: describe(s, collectionID=7), "collection 7 is there twice (default.a and default.b)"),
    "collections without an id": (lambda s: describe(s, collectionID=0), "collection default.a has no id"),
    "one name twice": (lambda s: describe(s, collection_name="c"), "two collections are called default.c"),
    "a partition twice": (lambda s: partitions(s, ("north", 3), ("_default", 4), ("south", 3)), "partition 3 of default.a is there twice"),
    "two partitions of a name": (lambda s: partitions(s, ("p", 3), ("p", 4)), "two partitions of default.a have the name p"),
    "a partition without an id": (lambda s: partitions(s, ("p", 0)), "partition p of default.a has no id"),
    "a partition without a name": (lambda s: partitions(s, ("", 3)), "partition 3 of default.a has no partition_name"),
    "a field twice": (lambda s: schema(s, (100, "id", b""), (100, "x", b"")), "field x (100) of default.a is there twice"),
    "two fields of a name": (lambda s: schema(s, (100, "id", b""), (101, "id", b"")), "field id (101) of default.a is there twice"),
    "a default value that is cut": (
        lambda s: schema(s, (100, "id", b""), (101, "x", b"\x32\x05ab")),
        "field x (101) of default.a has a default value that cannot be read",
    ),
}
BEHIND = {
    "a segment twice": ([(20, 7, 10), (21, 7, 10), (20, 7, 10)], "segment 20 of default.a is there twice"),
    "a segment of another collection": ([(20, 8, 10)], "segment 20 is listed for default.a, which is collection 7, but is of collection 8"),
    "a segment without an id": ([(0, 7, 10)], "default.a has a segment without an id"),
    "a segment of no collection": ([(20, 0, 10)], "but is of collection 0"),
}


def refused(create, server, tmp_path, words):
    result = create(server, ok=False, code=FAILURE)
    assert "milvus contradicts itself" in result.err and words in result.err, result.err
    assert not list((tmp_path / "backup").rglob("*_meta.json"))


@pytest.mark.parametrize("what", BEFORE)
def test_what_is_wrong_before_anything_is_written(create, tmp_path, what):
    change, words = BEFORE[what]
    with Collections({"default": ["a", "b"]}) as server:
        describe(server)
        change(server)
        refused(create, server, tmp_path, words)
        assert server.count("Flush") == 0
    assert not (tmp_path / "backup" / "b").exists()


@pytest.mark.parametrize("what", BEHIND)
def test_what_is_wrong_with_segments(create, tmp_path, what):
    """Each has its binlogs where it is said to be, so that only what is said is wrong."""
    several, words = BEHIND[what]
    for number, collection, partition in several:
        place = tmp_path / "data" / "insert_log" / str(collection) / str(partition) / str(number) / "100"
        place.mkdir(parents=True, exist_ok=True)
        (place / "1").write_bytes(b"0123456789")
    with Collections({"default": ["a"]}) as server:
        describe(server)
        segments(server, *several)
        refused(create, server, tmp_path, words)


def test_a_value_of_a_kind_that_is_not_known(create, tmp_path):
    """Newer servers may have more: it is kept as it is."""
    with Collections({"default": ["a"]}) as server:
        schema(server, (100, "id", b""), (101, "x", b"\x7a\x02hi"))
        create(server)
    assert "egJoaQ==" in (tmp_path / "backup" / "b" / "meta" / "full_meta.json").read_text()
