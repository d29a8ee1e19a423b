"""create against a fake Milvus whose segments are written to while they are backed up."""

import json
import signal
import threading
import time

import pytest
from pymilvus.grpc_gen import common_pb2, milvus_pb2, schema_pb2
from testbed.program import CORRUPT, UNREACHABLE, Program

from wire.fake_milvus import FakeMilvus, status

COLLECTION, PARTITION, SEGMENT = 1, 10, 20
PAUSE = "/management/datacoord/garbage_collection/pause"
RESUME = "/management/datacoord/garbage_collection/resume"
FIELDS = (0, 1, 100, 101)  # row id, timestamp and those of the schema


class Server(FakeMilvus):
    """One collection with one segment that is growing."""

    def __init__(self, version="2.3.5"):
        super().__init__(build_tags=f"v{version}")
        fields = [
            schema_pb2.FieldSchema(fieldID=100, name="id", is_primary_key=True, data_type=5),
            schema_pb2.FieldSchema(fieldID=101, name="value", data_type=5),
        ]
        segment = milvus_pb2.PersistentSegmentInfo(
            segmentID=SEGMENT,
            collectionID=COLLECTION,
            partitionID=PARTITION,
            num_rows=9,
            state=common_pb2.SegmentState.Growing,
        )
        self.answers |= {
            "HasCollection": milvus_pb2.BoolResponse(value=True),
            "ShowCollections": milvus_pb2.ShowCollectionsResponse(
                collection_names=["c"], collection_ids=[COLLECTION]
            ),
            "DescribeCollection": milvus_pb2.DescribeCollectionResponse(
                schema=schema_pb2.CollectionSchema(name="c", fields=fields),
                collectionID=COLLECTION,
                collection_name="c",
                shards_num=1,
            ),
            "ShowPartitions": milvus_pb2.ShowPartitionsResponse(
                partition_names=["_default"], partitionIDs=[PARTITION]
            ),
            "DescribeIndex": milvus_pb2.DescribeIndexResponse(
                status=status(code=700, error_code=25, reason="index not found")
            ),
            "DescribeDatabase": lambda request: milvus_pb2.DescribeDatabaseResponse(db_name=request.db_name),
            "GetLoadingProgress": milvus_pb2.GetLoadingProgressResponse(),
            "GetPersistentSegmentInfo": milvus_pb2.GetPersistentSegmentInfoResponse(infos=[segment]),
        }


class Data:
    """Milvus' folder; batch n of a field is a binlog of its own."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, field, batch, data=b"0123456789"):
        path = self.folder / "insert_log" / f"{COLLECTION}/{PARTITION}/{SEGMENT}/{field}/{1000 * batch + field}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def write_batch(self, batch, fields=FIELDS):
        for field in fields:
            self.write(field, batch)


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    return Data(tmp_path / "data")


@pytest.fixture
def create(data, tmp_path):
    def run(server, ok=True, gc_pause="", start=False, verify=False, json=False, **options):
        config = {
            "configVersion": "v2",
            "milvus": {
                "grpc": {"address": "127.0.0.1", "port": server.port},
                "management": {"endpoint": gc_pause},
                "storage": {"provider": "local", "rootPath": str(data.folder)},
            },
            "backup": {"storage": {"rootPath": str(tmp_path / "backup")}},
        }
        program = Program(tmp_path / "program", config)
        if start:
            return program, program.start("create", "-n", "b", "--force")
        if json:
            return program.ok("create", "-n", "b", "--force", "--json").json()
        result = (program.ok if ok else program.fails)("create", "-n", "b", "--force", **options)
        return program.ok("verify", "-n", "b", "--read-data", "--json").json() if verify else result

    return run


def binlogs(folder):
    """field -> the logs that the backup's description names; each lies in it."""
    full = json.loads((folder / "backup" / "b" / "meta" / "full_meta.json").read_text())
    [segment] = full["collection_backups"][0]["partition_backups"][0]["segment_backups"]
    named = {
        field.get("fieldID", 0): {log["log_id"]: log["log_size"] for log in field["binlogs"]}
        for field in segment["binlogs"]
    }
    place = folder / "backup" / "b" / "binlogs" / "insert_log"
    lies = {int(path.name): path.stat().st_size for path in place.rglob("*") if path.is_file()}
    assert lies == {log: size for logs in named.values() for log, size in logs.items()}
    return {field: set(logs) for field, logs in named.items()}


def batches(*numbers):
    return {field: {1000 * batch + field for batch in numbers} for field in FIELDS}


def after_the_first_look(server, act, seconds=0.6):
    """Runs act a moment after the segments were asked for."""
    answer = server.answers["GetPersistentSegmentInfo"]
    timers = []

    def script(_):
        timers.append(threading.Timer(seconds, act))
        timers[-1].start()
        return answer

    server.answers["GetPersistentSegmentInfo"] = script
    return timers


@pytest.mark.parametrize("there", [(100,), (0, 1), (0, 1, 100)], ids=str)
def test_a_batch_that_is_being_written_is_waited_for(data, create, tmp_path, there):
    data.write_batch(1)
    data.write_batch(2, there)
    with Server() as server:
        timers = after_the_first_look(server, lambda: data.write_batch(2))
        create(server)
        timers[0].join()
    assert binlogs(tmp_path) == batches(1, 2)


def test_the_first_batch_is_waited_for(data, create, tmp_path):
    """All fields that are there have one binlog: only the schema tells that some lack theirs."""
    data.write_batch(1, FIELDS[:2])
    with Server() as server:
        timers = after_the_first_look(server, lambda: data.write_batch(1))
        report = create(server, verify=True)
        timers[0].join()
    assert binlogs(tmp_path) == batches(1)
    assert report["whole"] and report["faults"] == [] and report["objects_read"] == len(FIELDS)


def test_a_level_file_that_is_not_as_it_was_written(data, create, tmp_path):
    """Nothing reads what is changed, but it shows that the storage does not keep what it was given."""
    data.write_batch(1)
    with Server() as server:
        program, process = create(server, start=True)
        program.finish(process)
    path = tmp_path / "backup" / "b" / "meta" / "partition_meta.json"
    path.write_text(path.read_text() + " ")
    assert program.fails("verify", "-n", "b", code=CORRUPT).out.startswith("description: meta/partition_meta.json: ")


def test_a_binlog_that_grows_is_waited_for(data, create, tmp_path):
    data.write_batch(1, FIELDS[:3])
    data.write(FIELDS[3], 1, b"01234")
    with Server() as server:
        timers = after_the_first_look(server, lambda: data.write(FIELDS[3], 1), seconds=0.1)
        create(server)
        timers[0].join()
    assert binlogs(tmp_path) == batches(1)


def test_a_segment_without_binlogs_is_left_out(create, tmp_path):
    with Server() as server:
        create(server)
    full = json.loads((tmp_path / "backup" / "b" / "meta" / "full_meta.json").read_text())
    assert not full["collection_backups"][0]["partition_backups"][0].get("segment_backups")


def test_a_write_that_broke_off_is_told(data, create, tmp_path):
    data.write_batch(1)
    data.write_batch(2, FIELDS[:1])
    with Server() as server:
        result = create(server, ok=False, code=CORRUPT)
    assert f"segment {SEGMENT}" in result.err and "flush" in result.err
    assert not (tmp_path / "backup" / "b").exists()


def test_a_collection_that_is_never_quiet_is_told(data, create, tmp_path):
    """Whenever one looks a batch lacks fields, but another one each time: that is no write that broke off."""
    stop = threading.Event()

    def keep_writing():
        batch = 1
        while not stop.wait(0.05):
            data.write_batch(batch + 1, FIELDS[:1])
            data.write_batch(batch)
            batch += 1

    data.write_batch(1, FIELDS[:1])
    writer = threading.Thread(target=keep_writing)
    with Server() as server:
        writer.start()
        try:
            result = create(server, ok=False, code=UNREACHABLE)
        finally:
            stop.set()
            writer.join()
    assert "without a pause" in result.err


@pytest.mark.parametrize(("version", "told"), [("2.3.5", False), ("2.4.6", True)])
def test_garbage_collection_that_goes_on_is_told(create, data, version, told):
    """Before 2.4 there is no call that could pause it."""
    data.write_batch(1)
    with Server(version) as server:
        server.http[PAUSE] = (500, {"msg": "out of order"})
        result = create(server, gc_pause=server.web)
    assert ("garbage collection went on" in result.err) == told
    assert not told or "out of order" in result.err


def test_paused_garbage_collection_is_not_told(create, data):
    data.write_batch(1)
    with Server("2.4.6") as server:
        server.http |= {PAUSE: (200, {"msg": "OK"}), RESUME: (200, {"msg": "OK"})}
        result = create(server, gc_pause=server.web)
        assert {PAUSE, RESUME} == {path for path, *_ in server.http_calls}
    assert "garbage collection" not in result.err


def test_a_pause_that_works_at_the_second_attempt_is_a_pause(create, data):
    data.write_batch(1)
    with Server("2.4.6") as server:
        server.http |= {PAUSE: [(500, {"msg": "starting up"}), (200, {"msg": "OK"})], RESUME: (200, {"msg": "OK"})}
        result = create(server, gc_pause=server.web)
        assert [path for path, *_ in server.http_calls] == [PAUSE, PAUSE, RESUME]
    assert "garbage collection" not in result.err


def test_a_pause_that_stays_is_told(create, data):
    data.write_batch(1)
    with Server("2.4.6") as server:
        server.http |= {PAUSE: (200, {"msg": "OK"}), RESUME: (500, {"msg": "out of order"})}
        result = create(server, gc_pause=server.web)
    assert "stays paused" in result.err and "out of order" in result.err
    assert "warning: garbage collection" in result.err


def test_a_pause_that_is_cancelled_under_way_is_resumed(create, data):
    """The server has paused; its answer is what did not come before Ctrl-C."""
    data.write_batch(1)
    with Server("2.4.6") as server:
        server.http |= {PAUSE: lambda: time.sleep(3) or (200, {"msg": "OK"}), RESUME: (200, {"msg": "OK"})}
        program, process = create(server, gc_pause=server.web, start=True)
        while not server.http_calls:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert program.finish(process).code == 130
        assert [path for path, *_ in server.http_calls] == [PAUSE, RESUME]


@pytest.mark.parametrize(("version", "rows", "warned"), [("2.2.16", 9, True), ("2.2.16", 0, False), ("2.3.0", 9, False)])
def test_a_milvus_that_keeps_deletes_to_itself(data, create, version, rows, warned):
    data.write_batch(1)
    with Server(version) as server:
        server.answers["GetPersistentSegmentInfo"].infos[0].num_rows = rows
        warnings = create(server, json=True)["warnings"]
    assert any("deleted lately" in warning and version in warning for warning in warnings) == warned, warnings
