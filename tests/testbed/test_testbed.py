"""The test bed itself: every server starts, answers, stops, leaves nothing, and dies with who started it."""

import os
import signal
import subprocess
import sys

import pytest
import testbed
from testbed import components, data, rows
from testbed.server import wait_until

SERVERS = [testbed.VersityGw, testbed.RcloneS3, testbed.SeaweedS3, testbed.FakeGcs, testbed.Azurite, testbed.Toxiproxy]


@pytest.mark.parametrize("make", [*SERVERS, testbed.Milvus], ids=lambda make: make.__name__)
def test_start_and_stop(make):
    server = make().start()
    pid, folder = server.pid, server.folder
    assert server.is_ready() and server.snippet()
    server.stop()
    assert not os.path.exists(f"/proc/{pid}") and not folder.exists()


@pytest.mark.parametrize("make", [testbed.VersityGw, testbed.RcloneS3], ids=lambda make: make.__name__)
def test_s3_keeps_objects_over_a_restart(make):
    with make() as server:
        server.make_bucket("bucket")
        server.client().put_object(Bucket="bucket", Key="a b/ü+%.txt", Body=b"content")
        server.halt()
        server.start()
        assert server.keys("bucket") == {"a b/ü+%.txt": 7}


def test_a_failed_start_shows_the_log():
    class Failing(testbed.Server):
        component = "python"

        def command(self):
            return ["sh", "-c", "echo the reason; exit 3"]

        def is_ready(self):
            return False

    with pytest.raises(testbed.ServerError, match="ended with 3(.|\n)*the reason"):
        Failing().start()


def test_a_server_dies_with_the_process_that_started_it():
    program = "import testbed, time; print(testbed.VersityGw().start().pid, flush=True); time.sleep(600)"
    starter = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(testbed.components.ROOT / "tests")},
    )
    pid = int(starter.stdout.readline())
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 10, "end of the server")


def test_two_milvus_side_by_side_keep_their_collections_apart():
    with testbed.VersityGw() as store, testbed.Milvus() as local, testbed.Milvus(storage=store) as remote:
        for milvus, count in ((local, 10), (remote, 20)):
            with milvus.client() as client:
                data.make_simple(client, "coll", count)
        assert [rows.count_rows(milvus, "coll") for milvus in (local, remote)] == [10, 20]
        assert any(key.startswith("files/insert_log/") for key in store.keys("a-bucket"))


def test_reading_changes_neither_index_nor_load_state():
    with testbed.Milvus() as milvus:
        with milvus.client() as client:
            data.make_simple(client, "released", 10, load=False)
            client.create_collection(
                "bare",
                schema=client.create_schema()
                .add_field("id", data.DataType.INT64, is_primary=True)
                .add_field("vec", data.DataType.BINARY_VECTOR, dim=8),
            )
        for name, count in (("released", 10), ("bare", 0)):
            before = rows.describe_indexes(milvus, name), rows.is_loaded(milvus, name)
            assert len(rows.read_rows(milvus, name)) == count
            assert (rows.describe_indexes(milvus, name), rows.is_loaded(milvus, name)) == before


def test_differences_between_rows_are_told():
    before, after = [{"id": 1, "s": "a"}, {"id": 2, "s": "b"}], [{"id": 2, "s": "c"}, {"id": 3, "s": "d"}]
    with pytest.raises(AssertionError) as told:
        rows.assert_same_rows(before, after, "coll")
    for words in ("1 missing, for example [1]", "1 new, for example [3]", "row 2: expected"):
        assert words in str(told.value)
    rows.assert_same_rows(before, list(before))


@pytest.mark.parametrize("name", ["python", "schemathesis"])
def test_an_environments_scripts_start(name):
    """They are installed in one folder and used in another."""
    scripts = [path for path in (components.folder(name) / "bin").iterdir() if path.is_file() and path.read_bytes()[:2] == b"#!"]
    assert len(scripts) > 5
    for script in scripts:
        python = script.read_text().splitlines()[0].removeprefix("#!").split()[0]
        assert os.access(python, os.X_OK), f"{script} wants {python}"
