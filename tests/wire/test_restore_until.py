"""restore --until and truncateBinlogByTs: which end each import is told, and what is refused before anything is made."""

import base64
import json

import pytest
from pymilvus.grpc_gen import msg_pb2
from testbed.program import USAGE

from wire.rest import serving
from wire.restoring import CREATE, DESCRIBE, Backup, Server, backup, data, options, restore  # noqa: F401

TIME, MS = "2026-11-28T23:30:00.250+01:00", 1795905000250
LAST_OF_MS = (MS << 18) + (1 << 18) - 1  # an inclusive end


def test_milvus_before_24_takes_milliseconds(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        restore(server, "--until", TIME)
    assert options(server.imports[0])["end_ts"] == str(MS)


def test_later_ones_take_timestamps_for_rows_and_deletes_alike(backup, restore):
    backup.partition(10, "_default").segment(20).segment(30, l0=True).deletes_over_all(40).write()
    with Server("2.4.0") as server:
        restore(server, "--until", TIME)
    assert [options(r)["end_ts"] for r in server.imports] == [str(LAST_OF_MS)] * 3


def test_jobs_too(backup, restore):
    backup.partition(10, "_default").segment(20).segment(21).write()
    with Server("2.6.4") as server:
        server.http = {
            CREATE: (200, {"code": 0, "data": {"jobId": "7"}}),
            DESCRIBE: (200, {"code": 0, "data": {"state": "Completed", "progress": 100}}),
        }
        server.counted = lambda rows: 3
        restore(server, "--until", TIME, "--use_v2_restore")
        [body] = [body for path, _, _, body in server.http_calls if path == CREATE]
    assert body["options"]["end_ts"] == str(LAST_OF_MS)


@pytest.mark.parametrize("version", ["2.3.5", "2.6.4"])
def test_rows_that_stay_out_are_no_loss(backup, restore, version):
    backup.partition(10, "_default").segment(20, rows=900).write()
    with Server(version) as server:
        server.rows = lambda task: 7
        result = restore(server, "--until", TIME, "--json").json()
    assert result["collections"][0]["rows"] == 7 and result["warnings"] == []


def test_more_rows_than_the_backup_has_are_too_many_all_the_same(backup, restore):
    backup.partition(10, "_default").segment(20, rows=6).write()
    with Server("2.3.5") as server:
        server.rows = lambda task: 7
        assert "7 rows" in restore(server, "--until", TIME, ok=False).err


def test_none_left_is_a_warning(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        server.rows = lambda task: 0
        [warning] = restore(server, "--until", TIME, "--json").json()["warnings"]
    assert "default.c is empty" in warning


@pytest.mark.parametrize("time", ["", "yesterday", "2026-11-28", "1795905000", "2026-11-28T22:30:00 Europe/Berlin"])
def test_what_is_no_time_is_refused(backup, restore, time):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        result = restore(server, f"--until={time}", ok=False)
    assert result.code == USAGE and "--until" in result.err and "2026-11-28T22:30:00Z" in result.err
    assert server.events == []


def test_without_data_there_is_nothing_to_leave_out(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        result = restore(server, "--until", TIME, "--meta_only", ok=False)
    assert result.code == USAGE and "--until" in result.err and server.events == []


# --- checkpoints, which REST alone asks for -------------------------------------------------------------------------

SEGMENTS = {20: "ch_v0", 21: "ch_v1"}


def checkpoint(timestamp):
    position = msg_pb2.MsgPosition(channel_name="ch", msgID=b"\1", timestamp=timestamp)
    return base64.b64encode(position.SerializeToString()).decode()


def asked(folder, checkpoints, channels=SEGMENTS, version="2.6.4", **body):
    """The answer, and the end that the import of each segment was told."""
    backup = Backup(folder / "backup" / "b").partition(10, "_default")
    for number, channel in channels.items():
        backup.segment(number, **({"v_channel": channel} if channel else {}))
    backup.collection["channel_checkpoints"] = checkpoints
    backup.write()
    milvus = Server(version)
    with serving(folder, milvus) as server:
        answer = server.post("restore", {"backup_name": "b", "truncateBinlogByTs": True, **body})
    return answer, {r.files[0].rstrip("/").split("/")[-1]: options(r).get("end_ts") for r in milvus.imports}


@pytest.mark.parametrize("version", ["2.5.8", "2.6.4", "3.0.0"])
def test_each_channel_ends_at_its_checkpoint(tmp_path, version):
    checkpoints = {"ch_v0": checkpoint(1234567890123456789), "ch_v1": checkpoint(987654321)}
    answer, ends = asked(tmp_path, checkpoints, version=version)
    assert answer.json()["msg"] == "success"
    assert ends == {"20": "1234567890123456789", "21": "987654321"}


def test_the_earlier_of_checkpoint_and_time_counts(tmp_path):
    checkpoints = {"ch_v0": checkpoint(LAST_OF_MS + 1), "ch_v1": checkpoint(LAST_OF_MS - 1)}
    answer, ends = asked(tmp_path, checkpoints, until=TIME)
    assert answer.json()["msg"] == "success"
    assert ends == {"20": str(LAST_OF_MS), "21": str(LAST_OF_MS - 1)}


@pytest.mark.parametrize(
    ("checkpoints", "channels", "named"),
    [
        ({"ch_v0": checkpoint(5)}, SEGMENTS, "ch_v1"),
        ({"ch_v0": checkpoint(5), "ch_v1": checkpoint(0)}, SEGMENTS, "ch_v1"),
        ({"ch_v0": checkpoint(5), "ch_v1": "//8="}, SEGMENTS, "ch_v1"),
        ({"ch_v0": checkpoint(5)}, {20: "ch_v0", 21: None}, "segment 21"),
        ({}, SEGMENTS, "ch_v0"),
    ],
    ids=["one lacks", "no timestamp", "damaged", "no channel", "all lack"],
)
def test_a_checkpoint_that_is_not_there_ends_it_before_it_begins(tmp_path, checkpoints, channels, named):
    answer, ends = asked(tmp_path, checkpoints, channels)
    assert answer.code not in (None, 0) and named in json.dumps(answer.json())
    assert ends == {}
