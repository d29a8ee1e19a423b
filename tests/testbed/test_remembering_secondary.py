"""A fake as a secondary finds what is wrong with the messages of a replication."""

import base64

import pytest
from pymilvus.grpc_gen import common_pb2, milvus_pb2, msg_pb2, schema_pb2

from testbed.places import FolderPlace
from testbed.remembering_milvus import INT64, RememberingMilvus, Refused, wal
from testbed.remembering_milvus.secondary import Broken

CHANNELS = ["dml_0", "dml_1"]
CONTROL, SHARD = "dml_0_vcchan", "dml_1_7v0"
HOLDS = [{"domain": wal.DATABASE, "key": "default", "shared": True}, {"domain": wal.COLLECTION, "key": "default:c"}]


@pytest.fixture
def milvus(tmp_path):
    (tmp_path / "place").mkdir()
    server = RememberingMilvus("2.6.11", FolderPlace(tmp_path / "place"), root="")
    server.become_secondary("a", "b", CHANNELS)
    yield server
    server.stop()


def encode(message):
    return base64.b64encode(message.SerializeToString()).decode()


def collection(**changes):
    """Header and body of a message that makes one, right but for the changes."""
    fields = [(100, "id"), (0, "RowID"), (1, "Timestamp")]
    schema = schema_pb2.CollectionSchema(
        name="c",
        fields=[schema_pb2.FieldSchema(fieldID=n, name=name, data_type=INT64, is_primary_key=n == 100) for n, name in fields],
        properties=[common_pb2.KeyValuePair(key="consistency_level", value="2")],
    )
    body = msg_pb2.CreateCollectionRequest(
        base={"msg_type": 100},
        db_name="default",
        collectionName="c",
        dbID=1,
        collectionID=7,
        schema=schema.SerializeToString(),
        collection_schema=schema,
        virtualChannelNames=[SHARD],
        physicalChannelNames=["dml_1"],
        partitionIDs=[8],
        partitionNames=["_default"],
    )
    for member, value in changes.items():
        (getattr(body, member).MergeFrom if hasattr(getattr(body, member), "MergeFrom") else lambda v, m=member: setattr(body, m, v))(value)
    return wal.CLASSES["CreateCollectionHeader"](collection_id=7, partition_ids=[8], db_id=1), body


def request(tick, channel, kind, header, body, channels, holds=HOLDS, number=1, source="a", **properties):
    broadcast = wal.CLASSES["Broadcast"](broadcast_id=number, vchannels=channels, keys=holds)
    told = {"_t": str(kind), "_v": str(wal.KINDS[kind][0]), "_h": encode(header), "_bh": encode(broadcast), "_vc": channel}
    told |= {"_tt": wal.base36(tick), "_lc": str(tick)} | properties
    told = {key: value for key, value in told.items() if value is not None}
    message = common_pb2.ImmutableMessage(
        id={"id": wal.base36(tick), "WAL_name": wal.KAFKA}, payload=body.SerializeToString(), properties=told
    )
    sent = milvus_pb2.ReplicateMessage(source_cluster_id=source, message=message)
    return milvus_pb2.ReplicateRequest(replicate_message=sent).SerializeToString()


def tell(milvus, holds=HOLDS, channels=(CONTROL, SHARD), properties=None, header=None, source="a", **changes):
    """Both copies of a message that makes a collection."""
    made, body = collection(**changes)
    for tick, channel in enumerate(channels, 1):
        sent = request(tick, channel, wal.CREATE_COLLECTION, header or made, body, channels, holds, source=source, **properties or {})
        milvus.secondary.take(channel, sent)


def test_what_is_right_is_done(milvus):
    tell(milvus)
    made = milvus.collection("default", "c")
    assert (made.id, made.partitions, made.consistency, made.channels) == (7, {"_default": 8}, 2, ["b-dml_1_7v0"])
    assert [field.name for field in made.schema.fields] == ["id"]


WRONG = {
    "version": {"properties": {"_v": "2"}},
    "last confirmed": {"properties": {"_lc": "10"}},
    "lacks a property": {"properties": {"_h": None}},
    "has another property": {"properties": {"_rh": "x"}},
    "tick": {"properties": {"_tt": "01"}},
    "type": {"properties": {"_t": "99"}},
    "holds nothing": {"holds": []},
    "holds another one": {"holds": [HOLDS[0], {"domain": wal.COLLECTION, "key": "default:x"}]},
    "not on the control channel": {"channels": (SHARD,)},
    "a channel of nobody": {"channels": (CONTROL, "dml_9_7v0")},
    "a channel twice": {"channels": (CONTROL, SHARD, SHARD)},
    "source": {"source": "x"},
    "database": {"db_name": "x"},
    "id": {"collectionID": 9},
    "message type": {"base": common_pb2.MsgBase(msg_type=1)},
    "schema": {"schema": b""},
    "name": {"collectionName": "x"},
    "header": {"header": wal.CLASSES["CreateCollectionHeader"](collection_id=7, partition_ids=[9], db_id=1)},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_found(milvus, wrong):
    with pytest.raises(Refused):
        tell(milvus, **WRONG[wrong])


def test_copies_that_differ(milvus):
    header, body = collection()
    channels = (CONTROL, SHARD)
    milvus.secondary.take(1, request(1, CONTROL, wal.CREATE_COLLECTION, header, body, channels))
    body.db_name = "other"
    with pytest.raises(Refused, match="differ"):
        milvus.secondary.take(2, request(2, SHARD, wal.CREATE_COLLECTION, header, body, channels))


def test_a_stream_is_of_one_channel(milvus):
    header, body = collection()
    milvus.secondary.take(1, request(1, CONTROL, wal.CREATE_COLLECTION, header, body, (CONTROL, SHARD)))
    with pytest.raises(Refused, match="and of another channel"):
        milvus.secondary.take(1, request(2, SHARD, wal.CREATE_COLLECTION, header, body, (CONTROL, SHARD)))
    with pytest.raises(Refused, match="two streams"):
        milvus.secondary.take(2, request(3, CONTROL, wal.CREATE_COLLECTION, header, body, (CONTROL, SHARD)))


def test_what_comes_again_is_the_same(milvus):
    header, body = collection()
    sent = request(1, CONTROL, wal.CREATE_COLLECTION, header, body, (CONTROL, SHARD))
    assert (milvus.secondary.take(1, sent), milvus.secondary.take(1, sent)) == (1, 1)
    assert len(milvus.secondary.taken) == 1
    body.dbID = 2
    with pytest.raises(Refused, match="comes again"):
        milvus.secondary.take(1, request(1, CONTROL, wal.CREATE_COLLECTION, header, body, (CONTROL, SHARD)))


def test_a_hole_is_found(milvus):
    tell(milvus)
    assert not milvus.secondary.is_whole(), "nothing was flushed"
    for channel, stream in zip(CHANNELS, (CONTROL, SHARD), strict=True):
        sent = {"source_cluster_id": "a", "message": wal.flush_all(channel, CHANNELS, 10**9, 5)}
        milvus.secondary.take(stream, milvus_pb2.ReplicateRequest(replicate_message=sent).SerializeToString())
    assert milvus.secondary.is_whole()
    milvus.secondary.taken.pop(0)
    assert not milvus.secondary.is_whole()


def test_an_import_is_committed_once_it_waits(milvus):
    tell(milvus)
    header = wal.CLASSES["CommitImportHeader"](collection_id=7, job_id=1 << 40)
    with pytest.raises(Refused, match="which there is not"):
        milvus.secondary.take(SHARD, request(3, SHARD, wal.COMMIT_IMPORT, header, wal.CLASSES["Empty"](), [SHARD], number=3))


def test_a_fault_comes_once(milvus):
    header, body = collection()
    sent = request(1, CONTROL, wal.CREATE_COLLECTION, header, body, (CONTROL, SHARD))
    milvus.secondary.at = {1: ("taken", 14, "gone")}
    with pytest.raises(Broken):
        milvus.secondary.take(1, sent)
    assert len(milvus.secondary.taken) == 1 and milvus.secondary.take(1, sent) == 1
