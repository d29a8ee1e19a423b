"""The fake Milvus with a memory can find what is wrong: each thing that it checks is done wrongly here once."""

import json
import urllib.error
import urllib.request

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from testbed.places import FolderPlace
from testbed.remembering_milvus import FLOAT_VECTOR, INT64, RememberingMilvus, field, schema
from testbed.remembering_milvus.server import SERVICE

ROWS = "backup"
DELETES = "l0_import"
FLAT = {"index_type": "FLAT", "metric_type": "L2"}


class Client:
    """Calls by name; headers may be changed to wrong ones."""

    def __init__(self, milvus):
        self.milvus = milvus
        self.channel = grpc.insecure_channel(f"127.0.0.1:{milvus.port}")
        self.headers = {"dbname": "default", "identifier": str(milvus.identifier)}

    def call(self, method, **members):
        known = SERVICE.methods_by_name[method]
        request = GetMessageClass(known.input_type)(**members)
        call = self.channel.unary_unary(
            f"/{SERVICE.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(known.output_type).FromString,
        )
        return call(request, metadata=[pair for pair in self.headers.items() if pair[1]])

    def page(self, path, body=None, **headers):
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json", "Request-Timeout": "600", **headers}
        request = urllib.request.Request(f"{self.milvus.web}{path}", data, headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return {"http": error.code}

    def make(self, name="new", fields=(("id", INT64), ("vec", FLOAT_VECTOR)), sent_as=None, **more):
        described = schema(sent_as or name, [field(n, t, key=n == "id") for n, t in fields], **more)
        return self.call("CreateCollection", collection_name=name, schema=described.SerializeToString())

    def import_(self, files, kind=ROWS, name="c", partition="_default", **options):
        options = {kind: "true", "skip_disk_quota_check": "true", **options}
        pairs = [{"key": key, "value": value} for key, value in options.items() if value]
        return self.call("Import", collection_name=name, partition_name=partition, files=files, options=pairs)

    def job(self, files, kind=ROWS, **options):
        body = {
            "collectionName": "c",
            "partitionName": "_default",
            "files": files,
            "options": {kind: "true", "skip_disk_quota_check": "true", **options},
        }
        return self.page("/v2/vectordb/jobs/import/create", body)


class Bed:
    """A fake with one collection of two flushed segments, of rows and of deletes."""

    def __init__(self, folder, version="2.6.4"):
        self.milvus = RememberingMilvus(version, FolderPlace(folder), root="")
        fields = [field("id", INT64, key=True), field("vec", FLOAT_VECTOR)]
        self.collection = self.milvus.make("c", fields, partitions=["p"])
        self.milvus.insert("c", [{"id": n, "vec": [n, 0, 0, 1]} for n in range(10)])
        self.milvus.delete("c", [3])
        self.rows, self.deletes = self.milvus.flush("c")
        self.client = Client(self.milvus)

    def path(self, segment, kind="insert", parts=3):
        return f"{self.milvus.place.root}/{kind}_log/" + "".join(f"{p}/" for p in segment.path.split("/")[:parts])

    def inserts(self):
        """The directory above the segment, as a backup has it."""
        return self.path(self.rows, parts=2)

    def look_until_ended(self, task):
        while (answer := self.client.call("GetImportState", task=task)).state not in (1, 6):
            pass
        return answer


@pytest.fixture
def bed(tmp_path):
    bed = Bed(tmp_path / "data")
    yield bed
    bed.milvus.stop()


def refused(bed, answer, words):
    """The answer is an error, and the violation that says why was kept."""
    status = getattr(answer, "status", answer)
    assert status.code != 0 and status.reason
    [violation] = bed.milvus.violations
    assert words in violation


@pytest.mark.parametrize(
    ("headers", "members", "words"),
    [
        ({"dbname": ""}, {}, "without the header dbname"),
        ({"identifier": ""}, {}, "without the identifier"),
        ({"identifier": "1"}, {}, "without the identifier"),
        ({}, {"db_name": "default"}, "names its database in the request"),
    ],
    ids=["no-database", "no-identifier", "wrong-identifier", "database-in-request"],
)
def test_headers(bed, headers, members, words):
    bed.client.headers |= headers
    refused(bed, bed.client.call("DescribeCollection", collection_name="c", **members), words)


def test_the_user(tmp_path):
    with RememberingMilvus("2.6.4", FolderPlace(tmp_path), root="", user="root", password="Milvus") as milvus:
        client = Client(milvus)
        assert client.call("ListDatabases").status.code != 0
        client.headers["authorization"] = "cm9vdDpNaWx2dXM="
        assert client.call("ListDatabases").db_names == ["default"]
        assert len(milvus.violations) == 1
        milvus.violations.clear()


@pytest.mark.parametrize(
    ("version", "method"),
    [
        ("2.4.2", "DescribeDatabase"),
        ("2.5.9", "AddCollectionField"),
        ("2.6.10", "FlushAll"),
        ("2.6.0", "ReplicateMessage"),
        ("2.4.15", "ReplicateMessage"),
    ],
)
def test_calls_that_a_version_has_not(tmp_path, version, method):
    milvus = RememberingMilvus(version, FolderPlace(tmp_path), root="")
    with pytest.raises(grpc.RpcError) as told:
        Client(milvus).call(method)
    assert told.value.code() == grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(AssertionError, match=method), milvus:
        pass


def test_collections(bed):
    for make, words in [
        (lambda: bed.client.make(name="c"), "name is taken"),
        (lambda: bed.client.make(sent_as="other"), "schema of 'other'"),
        (lambda: bed.client.make(fields=[("vec", FLOAT_VECTOR)]), "not one primary key"),
        (lambda: bed.client.make(fields=[("id", INT64), ("id", INT64)]), "sent twice"),
        (lambda: bed.client.make(fields=[("id", INT64), ("$meta", INT64)]), "must not be sent"),
    ]:
        refused(bed, make(), words)
        bed.milvus.violations.clear()
    assert bed.client.make().code == 0
    assert [f.fieldID for f in bed.milvus.collection("default", "new").schema.fields] == [100, 101]


def test_the_hidden_field_takes_the_id_behind_those_that_were_sent(bed):
    assert bed.client.make(dynamic=True).code == 0
    late = field("late", INT64, nullable=True).SerializeToString()
    assert bed.client.call("AddCollectionField", collection_name="new", schema=late).code == 0
    shown = bed.client.call("DescribeCollection", collection_name="new").schema.fields
    assert [(f.name, f.fieldID) for f in shown] == [("id", 100), ("vec", 101), ("late", 103)]
    must = field("must", INT64).SerializeToString()
    refused(bed, bed.client.call("AddCollectionField", collection_name="new", schema=must), "not nullable")


def test_load_wants_an_index_first(bed):
    refused(bed, bed.client.call("LoadCollection", collection_name="c"), "no index")
    bed.milvus.create_index("default", "c", "vec", "", FLAT)
    assert bed.client.call("LoadCollection", collection_name="c").code == 0
    assert bed.client.call("GetLoadingProgress", collection_name="c").progress == 100


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"files": lambda path: [path.rstrip("/")]}, "does not end"),
        ({"files": lambda path: [path.replace("insert_log", "index_files")]}, "no directory of insert_logs"),
        ({"files": lambda path: [path.replace("_log/", "_log/9")]}, "nothing lies"),
        ({"files": lambda path: [path, path]}, "no directory of delta_logs"),
        ({"files": lambda path: [path, path, path]}, "3 directories"),
        ({"files": lambda path: [path.removeprefix("/")]}, "not below"),
        ({"partition": ""}, "not into a partition"),
        ({"partition": "late"}, "has not (yet)"),
        ({"kind": "restore"}, "has to be one of"),
        ({"l0_import": "true"}, "has to be one of"),
        ({"skip_disk_quota_check": ""}, "skip_disk_quota_check"),
        ({"end_ts": "now"}, "no number"),
        ({"storage_version": "3"}, "cannot read"),
        ({"timeout": "1"}, "does not know"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_imports_that_are_asked_for_wrongly(bed, change, words):
    files = change.pop("files", lambda path: [path])(bed.inserts())
    refused(bed, bed.client.import_(files, **{"storage_version": "2", **change}), words)


def test_an_import_goes_one_state_on_with_each_look(bed):
    bed.client.make("copy")
    [task] = bed.client.import_([bed.inserts()], name="copy", storage_version="2").tasks
    states = [bed.client.call("GetImportState", task=task) for _ in range(4)]
    assert [state.state for state in states] == [0, 2, 6, 6]
    assert states[-1].row_count == 10 == bed.milvus.count("copy")
    [told] = bed.client.call("GetPersistentSegmentInfo", collectionName="copy").infos
    assert told.num_rows == 10 and told.segmentID != bed.rows.id
    assert bed.milvus.violations == []


def test_deletes_are_imported_behind_the_rows_that_they_are_about(bed):
    bed.client.make("copy")
    deletes = [bed.path(bed.deletes, "delta")]
    everywhere = {"kind": DELETES, "name": "copy", "partition": ""}
    [rows] = bed.client.import_([bed.inserts()], name="copy", storage_version="2").tasks
    bed.look_until_ended(rows)
    [late] = bed.client.import_(deletes, **everywhere).tasks
    bed.look_until_ended(late)
    assert bed.milvus.rows("copy") == bed.milvus.rows("c") and bed.milvus.count("c") == 9
    refused(bed, bed.client.import_([bed.inserts()], name="copy", storage_version="2"), "after deletes")


def test_deletes_that_come_too_early_are_about_nothing(bed):
    bed.client.make("copy")
    [rows] = bed.client.import_([bed.inserts()], name="copy", storage_version="2").tasks
    [deletes] = bed.client.import_([bed.path(bed.deletes, "delta")], DELETES, "copy", "").tasks
    bed.look_until_ended(deletes)
    bed.look_until_ended(rows)
    assert bed.milvus.count("copy") == 10


@pytest.mark.parametrize("damage", ["cut", "lost", "version"])
def test_what_cannot_be_read_fails_the_import(bed, damage):
    bed.client.make("copy")
    keys = sorted(bed.milvus.place.keys(f"insert_log/{bed.rows.path}/"))
    if damage == "cut":
        bed.milvus.place.put(keys[0], b"{")
    if damage == "lost":
        bed.milvus.place.remove(keys[-1])
    version = None if damage == "version" else "2"
    [task] = bed.client.import_([bed.inserts()], name="copy", storage_version=version).tasks
    ended = bed.look_until_ended(task)
    assert ended.state == 1 and "failed_reason" in [info.key for info in ended.infos]
    assert bed.milvus.count("copy") == 0


def test_jobs(bed):
    files = [[bed.inserts()]]
    wrong = bed.client.page("/v2/vectordb/jobs/import/create", {"collectionName": "c"}, **{"Request-Timeout": "1"})
    assert wrong["code"] != 0 and "Request-Timeout" in bed.milvus.violations.pop()
    assert bed.client.job(files, storage_version=2)["code"] != 0 and "texts" in bed.milvus.violations.pop()
    deletes = [[bed.path(bed.deletes, "delta")]]
    assert bed.client.job(deletes * 2, DELETES)["code"] != 0 and "2 directories" in bed.milvus.violations.pop()
    assert bed.client.job(files, storage_version="2")["data"]["jobId"].isdecimal()
    assert bed.client.page("/v2/vectordb/jobs/import/describe", {"jobId": "1"})["code"] == 100


def test_segments_are_described_as_they_lie_in_the_store(bed):
    body = {"dbName": "default", "collectionId": bed.collection.id, "segmentIds": [bed.rows.id]}
    [told] = bed.client.page("/v2/vectordb/segments/describe", body)["data"]["segmentInfos"]
    named = {f"{entry['fieldID']}/{log}" for entry in told["insertLogs"] for log in entry["logIDs"]}
    prefix = f"insert_log/{bed.rows.path}/"
    assert named == {key.removeprefix(prefix) for key in bed.milvus.place.keys(prefix)}
    assert {name.split("/")[0] for name in named} == {"0", "101"} and told["vChannel"]
    bed.client.page("/v2/vectordb/segments/describe", {**body, "collectionId": str(bed.collection.id)})
    assert "collectionId" in bed.milvus.violations[0]


@pytest.mark.parametrize("version", ["2.4.15", "2.6.4"])
def test_the_shape_of_segments(tmp_path, version):
    bed = Bed(tmp_path, version)
    groups = {key.split("/")[4] for key in bed.milvus.place.keys(f"insert_log/{bed.rows.path}/")}
    assert groups == ({"0", "101"} if version == "2.6.4" else {"0", "1", "100", "101"})
    assert bed.milvus.place.keys("stats_log/") and bed.deletes.partition_id == -1
    bed.milvus.stop()


def test_who_does_not_wait_for_a_flush_finds_no_objects(bed):
    bed.milvus.insert("c", [{"id": 50, "vec": [1, 0, 0, 1]}], "p")
    flushed = bed.client.call("Flush", collection_names=["c"])
    [new] = flushed.coll_segIDs["c"].data
    path = f"insert_log/{bed.milvus.segment(new).path}/"
    assert bed.milvus.place.keys(path) == {}
    asked = {"collection_name": "c", "flush_ts": flushed.coll_flush_ts["c"]}
    assert [bed.client.call("GetFlushState", segmentIDs=[new], **asked).flushed for _ in range(2)] == [False, True]
    assert len(bed.milvus.place.keys(path)) == 2
    refused(bed, bed.client.call("GetFlushState", segmentIDs=[bed.rows.id], **asked), "other segments")


def test_a_flush_of_everything(tmp_path):
    bed = Bed(tmp_path, "2.6.11")
    bed.milvus.insert("c", [{"id": 50, "vec": [1, 0, 0, 1]}])
    messages = bed.client.call("FlushAll").flush_all_msgs
    timestamps = {channel: int(message.properties["_tt"], 36) for channel, message in messages.items()}
    states = [bed.client.call("GetFlushAllState", flush_all_tss=timestamps).flushed for _ in range(2)]
    assert states == [False, True] and len(bed.milvus.collection("default", "c").segments) == 3
    refused(bed, bed.client.call("GetFlushAllState", flush_all_tss={"other": 1}), "other timestamps")
    bed.milvus.stop()


@pytest.mark.parametrize("version", ["2.6.4", "2.6.8"])
def test_garbage_is_collected_unless_that_is_paused(tmp_path, version):
    bed = Bed(tmp_path, version)
    bed.milvus.compact("c")
    pause = "/management/datacoord/garbage_collection/pause?pause_seconds=60&collection_id=0"
    ticket = bed.client.page(pause).get("ticket", "")
    assert bool(ticket) == (version == "2.6.8")
    assert bed.milvus.collect_garbage() == 0
    bed.milvus.let_time_pass(61)
    assert bed.milvus.collect_garbage() > 0 and bed.milvus.count("c") == 9
    resume = "/management/datacoord/garbage_collection/resume"
    assert bed.client.page(f"{resume}?ticket={ticket}" if ticket else resume) == {"msg": "OK"}
    assert bed.client.page(f"{resume}?ticket=other")["http"] == 400
    assert "other" in bed.milvus.violations[0]
    bed.milvus.stop()


def test_models_of_functions_are_called_unless_that_is_turned_off(tmp_path):
    with RememberingMilvus("2.6.8", FolderPlace(tmp_path), root="") as milvus:
        model = {"name": "f", "type": 2, "input_field_names": ["id"], "output_field_names": ["vec"]}
        fields = [field("id", INT64, key=True), field("vec", FLOAT_VECTOR, is_function_output=True)]
        described = schema("f", fields, functions=[model]).SerializeToString()
        client = Client(milvus)
        assert client.call("CreateCollection", collection_name="f", schema=described).code != 0
        off = [{"key": "disable_func_runtime_check", "value": "true"}]
        assert client.call("CreateCollection", collection_name="f", schema=described, properties=off).code == 0


@pytest.fixture
def vault(bed):
    """An encrypted database beside the one that is not, and a collection in it with a segment."""
    database = bed.milvus.make_encrypted("vault")
    bed.milvus.make("c", [field("id", INT64, key=True), field("vec", FLOAT_VECTOR)], database="vault")
    bed.milvus.insert("c", [{"id": n, "vec": [n, 0, 0, 1]} for n in range(5)], database="vault")
    [segment] = bed.milvus.flush("c", "vault")
    return database, bed.path(segment, parts=2)


def test_what_is_encrypted_is_imported_with_its_key(bed, vault):
    database, inserts = vault
    bed.client.make("copy")
    keys = {database.ezk: 6, "another": 1, None: 1, f"new {database.ezk}": 1}
    for key, state in keys.items():
        [task] = bed.client.import_([inserts], name="copy", storage_version="2", ezk=key).tasks
        assert bed.look_until_ended(task).state == state
    bed.milvus.key_service = {"new": database.ezk}
    for key, state in {"new": 6, database.ezk: 1}.items():
        [task] = bed.client.import_([inserts], name="copy", storage_version="2", ezk=key).tasks
        assert bed.look_until_ended(task).state == state
    assert bed.milvus.count("copy") == 10
    [task] = bed.client.import_([bed.inserts()], name="copy", storage_version="2", ezk="new").tasks
    assert bed.look_until_ended(task).state == 1  # these are not encrypted
    assert bed.milvus.violations == []


def test_keys_are_handed_out_by_database(bed, vault):
    page = "/management/rootcoord/ez/backup"
    assert bed.client.page(f"{page}?db_name=vault") == {"msg": "OK", "ezk": vault[0].ezk}
    assert bed.client.page(f"{page}?db_name=default")["http"] == 400 and "which has none" in bed.milvus.violations.pop()
    assert bed.client.page(f"{page}?database=vault")["http"] == 400 and "asked for with" in bed.milvus.violations.pop()


def test_zones_are_the_server_s_to_give(bed, vault):
    made = {"key": "cipher.ezID", "value": "5"}
    refused(bed, bed.client.call("CreateDatabase", db_name="new", properties=[made]), "business of its owner")
    bed.milvus.violations.clear()
    described = schema("new", [field("id", INT64, key=True), field("vec", FLOAT_VECTOR)]).SerializeToString()
    answer = bed.client.call("CreateCollection", collection_name="new", schema=described, properties=[made])
    refused(bed, answer, "the server's own to say")
    shown = bed.client.call("DescribeDatabase", db_name="vault").properties
    assert {pair.key for pair in shown} == {"cipher.enabled", "cipher.ezID", "cipher.key"}


def test_a_version_without_encryption_takes_no_keys(tmp_path):
    bed = Bed(tmp_path, "2.5.8")
    refused(bed, bed.client.import_([bed.inserts()], ezk="key"), "encrypts nothing")
    assert bed.client.page("/management/rootcoord/ez/backup?db_name=default")["http"] == 404
    bed.milvus.stop()
