"""Snapshots of the fake Milvus: what it checks is done wrongly here once, and what it promises is looked at."""

import json

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from testbed.places import BucketPlace
from testbed.remembering_milvus import FLOAT_VECTOR, INT64, RememberingMilvus, field
from testbed.remembering_milvus.server import SERVICE
from testbed.remembering_milvus.snapshot_messages import METHODS
from testbed.stores import VersityGw

COMPLETED, FAILED = 3, 4


@pytest.fixture(scope="module")
def stores():
    with VersityGw() as own, VersityGw(access_key="other", secret_key="othersecret") as other:
        own.make_bucket("data")
        other.make_bucket("vault")
        yield own, other


class Bed:
    """A fake with a collection of rows and deletes, and a client that says what it is told to."""

    def __init__(self, stores, version="3.0.6"):
        self.own, self.other = stores
        for store, bucket in ((self.own, "data"), (self.other, "vault")):
            for key in store.keys(bucket):
                store.client().delete_object(Bucket=bucket, Key=key)
        self.milvus = RememberingMilvus(version, BucketPlace(self.own, "data"))
        self.collection = self.milvus.make("c", [field("id", INT64, key=True), field("vec", FLOAT_VECTOR)])
        self.milvus.insert("c", [{"id": n, "vec": [n, 0, 0, 1]} for n in range(10)])
        self.milvus.delete("c", [3])
        self.milvus.flush("c")
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.milvus.port}")
        self.target = f"s3://data/b/bundle/{self.collection.id}"

    def call(self, method, database="default", **members):
        headers = {"identifier": str(self.milvus.identifier), "dbname": database}
        call = self.channel.unary_unary(
            f"/{SERVICE.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(METHODS[method].output_type).FromString,
        )
        request = GetMessageClass(METHODS[method].input_type)(**members)
        return call(request, metadata=[pair for pair in headers.items() if pair[1]])

    def take(self, **members):
        return self.call("CreateSnapshot", **{"name": "s", "collection_name": "c", **members})

    def export(self, **members):
        return self.call("ExportSnapshot", **{"name": "s", "collection_name": "c", "target_s3_path": self.target, **members})

    def restore(self, uri, **members):
        return self.call("RestoreExternalSnapshot", **{"target_collection_name": "new", "snapshot_metadata_uri": uri, **members})

    def wait(self, method, job):
        while (info := self.call(method, "", job_id=job).info).state not in (COMPLETED, FAILED):
            pass
        return info

    def exported(self, **members):
        assert self.take().code == 0
        return self.wait("GetExportSnapshotState", self.export(**members).job_id)


@pytest.fixture
def bed(stores):
    bed = Bed(stores)
    yield bed
    bed.milvus.stop()


def spec(**members):
    given = {"cloud_provider": "minio", "use_ssl": "false", "access_key_id": "other", "access_key_value": "othersecret"}
    return json.dumps({"extfs": {key: value for key, value in {**given, **members}.items() if value is not None}})


def refused(bed, answer, words):
    status = getattr(answer, "status", answer)
    [violation] = bed.milvus.violations
    assert status.code != 0 and words in violation


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"name": "a b"}, "with the name"),
        ({"name": ""}, "with the name"),
        ({"compaction_protection_seconds": 5}, "more than its name"),
        ({"db_name": "default"}, "names its database in the request"),
    ],
)
def test_a_snapshot_that_is_taken_wrongly(bed, members, words):
    refused(bed, bed.take(**members), words)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"target_s3_path": "s3://data/b/bundle/1"}, "no place for a bundle of collection"),
        ({"target_s3_path": "data/b"}, "no address of an object"),
        ({"target_s3_path": "s3://data/b//bundle/1"}, "no clean path"),
        ({"external_spec": spec()}, "own service, but keys for another one"),
        ({"external_spec": "{"}, "no JSON"),
        ({"external_spec": '{"extfs": 1}'}, "no object of texts"),
        ({"external_spec": spec(use_ssl=None)}, "an external_spec with"),
        ({"external_spec": spec(session_token="t")}, "an external_spec with"),
        ({"external_spec": spec(access_key_id=None)}, "proves nothing"),
        ({"external_spec": spec(use_iam="true")}, "in several ways"),
    ],
)
def test_an_export_that_is_asked_for_wrongly(bed, members, words):
    assert bed.take().code == 0
    refused(bed, bed.export(**members), words)


def test_what_lies_at_the_target_already(bed):
    bed.exported()
    refused(bed, bed.export(), "something lies already")


def test_its_own_keys_are_not_to_be_told(bed):
    assert bed.take().code == 0
    own = spec(access_key_id=bed.own.access_key, access_key_value=bed.own.secret_key)
    target = f"minio://127.0.0.1:{bed.own.port}/data/b/bundle/{bed.collection.id}"
    refused(bed, bed.export(target_s3_path=target, external_spec=own), "its own keys are sent")


def test_names_that_are_taken_or_missing(bed):
    assert bed.take().code == 0 and "already exists" in bed.take().reason
    assert bed.call("DescribeSnapshot", name="t", collection_name="c").status.code != 0
    assert bed.call("GetExportSnapshotState", "", job_id=7).status.code != 0
    assert bed.call("DropSnapshot", name="t", collection_name="c").code == 0
    assert bed.milvus.violations == []


def test_only_another_services_keys_open_it(bed):
    target = f"minio://127.0.0.1:{bed.other.port}/vault/b/bundle/{bed.collection.id}"
    assert bed.take().code == 0
    assert "cannot be reached" in bed.export(target_s3_path=target).status.reason
    wrong = bed.export(target_s3_path=target, external_spec=spec(access_key_value="wrong"))
    assert "cannot be reached" in wrong.status.reason
    job = bed.export(target_s3_path=target, external_spec=spec()).job_id
    assert bed.wait("GetExportSnapshotState", job).state == COMPLETED
    assert bed.other.keys("vault", "b/bundle/") and not bed.own.keys("data", "b/")


def test_there_and_back(bed):
    """Rows that are not flushed are not in it, and what was dropped since is."""
    bed.milvus.insert("c", [{"id": 100, "vec": [0, 0, 0, 1]}])
    told = bed.exported()
    data = [key for key in bed.own.keys("data", "b/bundle/") if "/metadata/" not in key]
    assert (told.total_files, told.copied_files) == (len(data), len(data)) and told.state == COMPLETED
    bed.milvus.compact("c")
    bed.milvus.collect_garbage()
    assert bed.wait("GetRestoreSnapshotState", bed.restore(told.snapshot_metadata_uri).job_id).state == COMPLETED
    assert [row["id"] for row in bed.milvus.rows("new")] == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert bed.milvus.violations == []


def test_garbage_that_a_snapshot_needs_stays(bed):
    assert bed.take().code == 0
    bed.milvus.compact("c")
    assert bed.milvus.collect_garbage() == 0
    bed.call("DropSnapshot", name="s", collection_name="c")
    bed.milvus.insert("c", [{"id": 200, "vec": [0, 0, 0, 1]}])
    bed.milvus.flush("c")
    bed.milvus.compact("c")
    assert bed.milvus.collect_garbage() > 0


def test_a_collection_that_is_there(bed):
    told = bed.exported()
    refused(bed, bed.restore(told.snapshot_metadata_uri, target_collection_name="c"), "whose name is taken")


def test_a_bundle_that_is_not_whole(bed):
    told = bed.exported()
    assert "no snapshot can be read" in bed.restore(told.snapshot_metadata_uri + "x").status.reason
    lost = next(key for key in bed.own.keys("data", "b/bundle/") if "/insert_log/" in key)
    bed.own.client().delete_object(Bucket="data", Key=lost)
    info = bed.wait("GetRestoreSnapshotState", bed.restore(told.snapshot_metadata_uri).job_id)
    assert info.state == FAILED and info.reason


def test_versions_without_them(stores):
    bed = Bed(stores, "2.6.11")
    with pytest.raises(grpc.RpcError) as raised:
        bed.take()
    assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED and "CreateSnapshot" in bed.milvus.violations[0]
    bed.milvus.stop()
