"""restore against a fake Milvus: what it does when imports, data or targets are not as they should be."""

import signal
import threading
import time

import pytest
from pymilvus.grpc_gen import milvus_pb2
from testbed.program import CORRUPT, EXISTS, FAILURE

from wire.fake_milvus import Late, status
from wire.restoring import COMPLETED, FAILED, STARTED, Server, backup, data, program_for, restore


def test_failed_import_names_what_is_left(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        server.outcome = lambda task, look: (FAILED, "bucket does not exist")
        result = restore(server, ok=False)
    assert result.code == FAILURE and "bucket does not exist" in result.err
    assert "incomplete: default.c (made by this restore)" in result.err


def test_import_that_failed_on_damaged_data(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        server.outcome = lambda task, look: (FAILED, "parse magic number failed, expected: 16773868")
        assert restore(server, ok=False).code == CORRUPT


def test_one_look_that_fails_is_no_failure(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    broken = milvus_pb2.GetImportStateResponse(status=status(code=65535, error_code=1, reason="etcd is slow"))
    with Server("2.3.5") as server:
        server.outcome = lambda task, look: broken if look < 4 else (COMPLETED, "")
        restore(server)


def test_a_look_at_an_import_is_not_cut_short(data, backup, tmp_path):
    """Milvus 2.3 falls over when it is."""
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        server.answers["GetImportState"] = Late(1, milvus_pb2.GetImportStateResponse(state=STARTED, id=1))
        program = program_for(server, data, tmp_path / "program")
        process = program.start("restore", "-n", "b")
        while server.count("GetImportState") == 0 and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        result = program.finish(process)
        time.sleep(1)
    assert result.code == 128 + signal.SIGINT
    assert server.count("GetImportState") == 1 and server.cut_short == 0


def test_import_that_the_server_forgot(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    gone = milvus_pb2.GetImportStateResponse(status=status(code=1000, error_code=1, reason="key not found[key=1]"))
    with Server("2.3.5") as server:
        server.outcome = lambda task, look: gone
        result = restore(server, ok=False)
    assert "does not know the import" in result.err


@pytest.mark.parametrize("rows", [0, 4, 6])
def test_rows_that_do_not_add_up(backup, restore, rows):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        server.rows = lambda task: rows
        result = restore(server, ok=False)
    assert f"imported {rows} rows" in result.err and "the backup has 5" in result.err


def test_missing_data_is_found_before_anything_is_dropped(data, backup, restore):
    backup.partition(10, "_default").segment(20).write()
    for path in sorted((data / "backup/b/binlogs").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    with Server("2.3.5") as server:
        server.make("c")
        result = restore(server, "--drop_exist_collection", ok=False)
    assert "damaged" in result.err and server.events == []


@pytest.mark.parametrize(
    ("version", "shared", "lost", "how_many"),
    [
        ("2.3.5", False, "insert_log/1/10/{group}/21/101/7", "1 of 12 insert logs"),
        ("2.6.4", True, "insert_log/1/10/{group}/21", "4 of 12 insert logs"),
        ("2.6.4", False, "insert_log/1/10", "12 of 12 insert logs"),
        ("2.3.5", True, "delta_log/1/10/{group}/20/8", "1 of 2 delta logs"),
        ("2.6.4", False, "delta_log", "2 of 2 delta logs"),
    ],
)
def test_binlogs_that_are_missing_beside_a_delete(data, backup, restore, version, shared, lost, how_many):
    """Counting rows could not tell: where there are deletes, fewer rows than the backup has are no wonder."""
    group = 1 if shared else None
    backup.partition(10, "_default").segment(20, group, deletes=True).segment(21, group)
    backup.segment(22, group, deletes=True).write()
    lost = data / "backup/b/binlogs" / lost.format(group=1 if shared else 20 if "/20/" in lost else 21)
    gone = sorted(path for path in [lost, *lost.rglob("*")] if path.is_file())
    for path in gone:
        path.unlink()
    with Server(version) as server:
        server.rows = lambda task: 1
        server.make("c")
        result = restore(server, "--drop_exist_collection", ok=False)
    assert result.code == CORRUPT and how_many in result.err and "missing" in result.err
    assert any(str(path.relative_to(data / "backup")) in result.err for path in gone)
    assert server.events == []


def test_a_binlog_that_the_listing_shows_late(data, backup, restore):
    """It is looked for once more before the backup is called damaged."""
    backup.partition(10, "_default").segment(20, deletes=True).write()
    hidden, there = data / "hidden", data / "backup/b/binlogs/insert_log/1/10/20/20/101/7"
    there.rename(hidden)
    with Server("2.6.4") as server:

        def has(request):
            if hidden.exists():
                threading.Timer(0.7, lambda: hidden.exists() and hidden.rename(there)).start()
            return milvus_pb2.BoolResponse(value=request.collection_name in server.collections)

        server.answers["HasCollection"] = has
        restore(server, patience=10)
    assert len(server.imports) == 1


def test_a_binlog_in_another_group_is_missing(data, backup, restore):
    backup.partition(10, "_default").segment(20, deletes=True).write()
    folder = data / "backup/b/binlogs/insert_log/1/10"
    (folder / "20").rename(folder / "19")
    with Server("2.6.4") as server:
        result = restore(server, ok=False)
    assert result.code == CORRUPT and "insert_log/1/10/20/20/0/7" in result.err and server.events == []


def test_a_binlog_of_another_size(data, backup, restore):
    backup.partition(10, "_default").segment(20).segment(21, deletes=True).write()
    (data / "backup/b/binlogs/delta_log/1/10/21/21/8").write_bytes(b"012345678")
    with Server("2.6.4") as server:
        result = restore(server, ok=False)
    assert result.code == CORRUPT and "delta_log/1/10/21/21/8" in result.err and "10 bytes" in result.err
    assert server.events == []


def test_what_the_description_does_not_name_or_size(data, backup, restore):
    """More objects than it names are no damage, and neither is a binlog whose size it does not tell."""
    backup.partition(10, "_default").segment(20)
    backup.collection["partition_backups"][0]["segment_backups"][0]["binlogs"][0]["binlogs"][0]["log_size"] = 0
    backup.write()
    backup._file("insert_log", 1, 10, 20, 20, 0, 9)
    backup._file("insert_log", 1, 10, 99, 99, 0, 9)
    (data / "backup/b/binlogs/insert_log/1/10/20/20/notes.txt").write_text("by hand")
    with Server("2.6.4") as server:
        restore(server)
    assert len(server.imports) == 1


@pytest.mark.parametrize(
    ("rows", "imported", "enough"),
    [
        (5, 9, True),  # one segment of 5 rows without deletes, another of 5 with
        (5, 5, True),
        (5, 4, False),
        (5, 0, False),
        (80, 5, True),  # 10 bytes of deltas may delete 80 rows, but no more
        (81, 5, False),
    ],
)
def test_rows_that_deletes_do_not_account_for(backup, restore, rows, imported, enough):
    """Where every row has a key of its own, which is so where the server gave them out."""
    backup.collection["schema"]["fields"][0]["autoID"] = True
    backup.partition(10, "_default").segment(20).segment(21, deletes=True, rows=rows).write()
    with Server("2.3.5") as server:
        server.rows = lambda task: imported
        result = restore(server, ok=enough)
    assert enough or (result.code == CORRUPT and f"imported {imported} rows" in result.err)


def test_one_delete_is_about_all_rows_with_its_key(backup, restore):
    backup.partition(10, "_default").segment(20, deletes=True, rows=1000).write()
    with Server("2.3.5") as server:
        server.rows = lambda task: 0
        restore(server)


@pytest.mark.parametrize(("told", "there"), [(0, False), (4, True), (6, False)])
def test_rows_that_cannot_be_on_24(backup, restore, told, there):
    """Neither by what the import says nor by the segments."""
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        server.rows = lambda task: told
        if there:
            server.make("c", rows=7)
        result = restore(server, *(["--skip_create_collection"] if there else []), ok=False)
    assert result.code == CORRUPT and f"milvus has {told} rows of default.c, the backup has 5" in result.err


def test_an_import_on_24_that_counts_in_another_way(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        server.rows = lambda task: 0
        server.counted = lambda rows: 5
        restore(server)


@pytest.mark.parametrize(("version", "shown"), [("2.6.4", 0), ("2.6.4", 4), ("2.6.4", 6), ("2.3.5", 4)])
def test_segments_that_say_other_than_the_imports(backup, restore, version, shown):
    """Whatever the imports say, the rows must be there."""
    backup.partition(10, "_default").segment(20).write()
    with Server(version) as server:
        server.counted = lambda rows: shown
        result = restore(server, ok=False)
    assert result.code == CORRUPT and f"milvus has {shown} rows" in result.err


def test_segments_that_appear_late(backup, restore):
    """One every four seconds: that it goes on counts, not how long it takes."""
    backup.partition(10, "_default").segment(20).write()
    shown = [*[0] * 16, *[3] * 16, 5]
    with Server("2.6.4") as server:
        server.counted = lambda rows: shown.pop(0) if len(shown) > 1 else shown[0]
        restore(server)
    assert shown == [5]


def test_a_24_whose_segments_cannot_be_listed(backup, restore):
    """The import's own number decides."""
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        del server.answers["GetPersistentSegmentInfo"]
        restore(server)
        del server.collections["c"]
        server.rows = lambda task: 0
        assert restore(server, ok=False).code == CORRUPT


@pytest.mark.parametrize("why", ["deletes", "deletes of their own", "time to live"])
def test_rows_that_the_backup_says_may_be_gone_on_24(backup, restore, why):
    backup.partition(10, "_default").segment(20, deletes=why == "deletes")
    if why == "time to live":
        backup.collection["properties"] = [{"key": "collection.ttl.seconds", "value": "60"}]
    if why == "deletes of their own":
        backup.deletes_over_all(40)
    backup.write()
    with Server("2.6.4") as server:
        server.rows = lambda task: 0
        server.counted = lambda rows: 0
        restore(server)


def test_deletes_of_an_older_description_account_for_rows(backup, restore):
    backup.partition(10, "_default").segment(20, deletes=True)
    backup.collection["partition_backups"][0]["segment_backups"][0]["deltalogs"] = [{}]
    backup.write()
    with Server("2.3.5") as server:
        server.rows = lambda task: 4
        restore(server)


def test_no_rows_at_all_are_logged(data, backup, tmp_path):
    backup.partition(10, "_default").segment(20, deletes=True).write()
    with Server("2.3.5") as server:
        server.rows = lambda task: 0
        program = program_for(server, data, tmp_path / "program")
        program.ok("restore", "-n", "b")
    assert "imported no rows" in program.log()


def test_rows_without_binlogs_are_no_success(backup, restore):
    backup.partition(10, "_default").segment(20)
    backup.collection["partition_backups"][0]["segment_backups"][0]["binlogs"] = []
    backup.write()
    with Server("2.6.4") as server:
        result = restore(server, ok=False)
    assert "segment 20" in result.err and server.events == []


def test_a_target_that_somebody_made_meanwhile(backup, restore):
    """Milvus takes the making of a collection that is there for done, so both would put their rows into it."""
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        there = iter([False, False, True])  # that of a restore that was killed, at the beginning, before it is made
        server.answers["HasCollection"] = lambda request: milvus_pb2.BoolResponse(value=next(there))
        result = restore(server, ok=False)
    assert result.code == EXISTS and "made by somebody else" in result.err
    assert server.events == []
