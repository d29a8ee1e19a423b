"""L0 segments from a fake Milvus into a backup, to another storage, and back: none is lost, and they come last."""

import json

import pytest
from pymilvus.grpc_gen import common_pb2, milvus_pb2
from testbed.program import NOT_FOUND, Program

from wire.creating import Collections, collection_id, create
from wire.restoring import Server, options, program_for
from wire.transferring import folder_config, keys_below, to

COLLECTION = collection_id("c")
PARTITIONS = {"_default": 10, "p": 11}
ROWS = {20: 10, 21: 11}  # segment -> partition
DELETES = {30: 10, 31: 11, 40: -1, 41: -1}
ORPHANS = {39: 10, 49: -1}  # of segments that Milvus has no more


def segment(number, partition, level=2):
    info = milvus_pb2.PersistentSegmentInfo(
        segmentID=number, collectionID=COLLECTION, partitionID=partition, num_rows=5, state=common_pb2.Flushed
    )
    info.MergeFromString(bytes([6 << 3, level]))  # which this pymilvus may lack
    return info


@pytest.fixture
def milvus(tmp_path):
    """Holds segments of rows, one with a delete of its own, and of deletes; the log of a segment is its number + 900."""
    folder = tmp_path / "data"
    for number, partition in ROWS.items():
        for field in (0, 1, 100):
            put(folder / "insert_log" / f"{COLLECTION}/{partition}/{number}/{field}/{number + 900 + field}", "rows")
    for number, partition in [*DELETES.items(), *ORPHANS.items(), (20, 10)]:
        put(folder / "delta_log" / f"{COLLECTION}/{partition}/{number}/{number + 900}", f"deletes of {number}")
    infos = [segment(*pair) for pair in ROWS.items()] + [segment(*pair, level=1) for pair in DELETES.items()]
    with Collections({"default": ["c"]}, version="2.4.15") as running:
        running.answers |= {
            "ShowPartitions": milvus_pb2.ShowPartitionsResponse(
                partition_names=list(PARTITIONS), partitionIDs=list(PARTITIONS.values())
            ),
            "GetPersistentSegmentInfo": milvus_pb2.GetPersistentSegmentInfoResponse(infos=infos),
        }
        yield running


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def deltas(folder):
    """Key -> content of every delta log that lies there."""
    place = folder / "binlogs" / "delta_log" / str(COLLECTION)
    return {name: (place / name).read_text() for name in keys_below(place)}


KEPT = {
    "10/20/20/920": "deletes of 20",
    "10/30/30/930": "deletes of 30",
    "11/31/31/931": "deletes of 31",
    "-1/40/940": "deletes of 40",
    "-1/41/941": "deletes of 41",
}


def test_a_backup_holds_them_all(milvus, create, tmp_path):
    create(milvus)
    made = tmp_path / "backup" / "b"
    assert deltas(made) == KEPT
    [collection] = json.loads((made / "meta" / "full_meta.json").read_text())["collection_backups"]
    everywhere = {it["segment_id"]: it for it in collection["l0_segments"]}
    assert everywhere.keys() == {40, 41} and all(it["is_l0"] and it["partition_id"] == -1 for it in everywhere.values())
    assert all("group_id" not in it for it in everywhere.values())
    of_partitions = {
        it["segment_id"]: it for partition in collection["partition_backups"] for it in partition["segment_backups"]
    }
    assert {number for number, it in of_partitions.items() if it.get("is_l0")} == {30, 31}
    for number, it in {**everywhere, **of_partitions}.items():
        logs = [log["log_id"] for field in it["deltalogs"] for log in field.get("binlogs") or []]
        assert logs == ([] if number == 21 else [number + 900])
    assert collection["size"] == 2 * 3 * len("rows") + sum(map(len, KEPT.values()))


@pytest.mark.parametrize("number", [30, 40])
def test_deletes_that_are_not_there_are_no_backup(milvus, create, tmp_path, number):
    (tmp_path / "data" / "delta_log" / f"{COLLECTION}/{DELETES[number]}/{number}/{number + 900}").unlink()
    result = create(milvus, ok=False, code=NOT_FOUND)
    assert f"segment {number} of collection default.c has 5 deletes in milvus but no delta logs" in result.err
    assert not (tmp_path / "backup" / "b" / "meta" / "backup_meta.json").exists()


def test_a_transfer_takes_them_along(milvus, create, tmp_path):
    create(milvus)
    program = Program(tmp_path / "mover", folder_config(tmp_path / "backup"))
    program.ok("transfer", "-n", "b", "--to", to(program, folder_config(tmp_path / "there")))
    assert deltas(tmp_path / "there" / "b") == KEPT
    assert keys_below(tmp_path / "there" / "b") == keys_below(tmp_path / "backup" / "b")


def directories(data, *keys):
    return [f"{data}/backup/b/binlogs/{key}/" for key in keys]


def test_they_are_imported_last(milvus, create, tmp_path):
    create(milvus)
    data = tmp_path / "elsewhere"
    data.mkdir()
    (tmp_path / "backup").rename(data / "backup")
    with Server("2.6.4") as server:
        program_for(server, data, tmp_path / "restorer").ok("restore", "-n", "b")
    files = [list(request.files) for request in server.imports]
    base = f"_log/{COLLECTION}"
    assert files[0] == directories(data, f"insert{base}/10/20", f"delta{base}/10/20")
    assert files[1][0] == directories(data, f"insert{base}/11/21")[0]
    deletes = [f"delta{base}/10/30", f"delta{base}/11/31", f"delta{base}/-1/40", f"delta{base}/-1/41"]
    assert files[2:] == [directories(data, key) for key in deletes]
    assert ["l0_import" in options(request) for request in server.imports] == [False] * 2 + [True] * 4
    assert [request.partition_name for request in server.imports[2:]] == ["_default", "p", "", ""]
    order = [event for event in server.events if event[0] in ("import", "completed")]
    for later, earlier in ((3, (1, 2)), (4, (1, 2)), (5, (3, 4)), (6, (3, 4))):
        assert order.index(("import", later)) > max(order.index(("completed", task)) for task in earlier)
