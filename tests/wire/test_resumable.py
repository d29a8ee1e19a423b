"""What failed is called resumable exactly when another run can go on with it, whatever else its error asks for."""

import json

import pytest
from pymilvus.grpc_gen import milvus_pb2
from testbed.backup_server import BackupServer
from testbed.program import DENIED, Program
from testbed.server import wait_until

from wire.creating import Collections
from wire.fake_milvus import status
from wire.rest import configuration
from wire.transferring import backup_in, folder_config, to

NO_FLUSH = milvus_pb2.FlushResponse(status=status(code=1401, error_code=3, reason="no privilege to flush"))
COLLECTION, PARTITION, SEGMENT = 7, 10, 20


class HalfFlushed(Collections):
    """Flushes books, which has rows, and refuses films once rows of books lie in the backup; or all of it, or nothing."""

    def __init__(self, backups):
        super().__init__({"default": ["books", "films"]})
        self.backups = backups
        self.refused = {"films"}
        describe = self.answers["DescribeCollection"]
        self.ids = {"books": COLLECTION, "films": COLLECTION + 1}

        def described(request):
            answer = describe(request)
            answer.collectionID = self.ids[request.collection_name]
            return answer

        segment = milvus_pb2.PersistentSegmentInfo(
            segmentID=SEGMENT, collectionID=COLLECTION, partitionID=PARTITION, num_rows=5, state=4
        )
        self.answers["DescribeCollection"] = described
        self.answers["Flush"] = self._flush
        self.answers["GetPersistentSegmentInfo"] = lambda request: milvus_pb2.GetPersistentSegmentInfoResponse(
            infos=[segment] if request.collectionName == "books" else []
        )

    def _flush(self, request):
        [name] = request.collection_names
        if name not in self.refused:
            return milvus_pb2.FlushResponse()
        if name == "films" and "books" not in self.refused:
            wait_until(lambda: any(path.is_file() for path in self.backups.rglob("binlogs/**/*")), 20, "a copied binlog")
        return NO_FLUSH


@pytest.fixture
def milvus(tmp_path):
    place = tmp_path / "data" / "insert_log" / str(COLLECTION) / str(PARTITION) / str(SEGMENT) / "100"
    place.mkdir(parents=True)
    (place / "1").write_bytes(b"0123456789")
    with HalfFlushed(tmp_path / "backup") as fake:
        yield fake


@pytest.fixture
def program(tmp_path, milvus):
    return Program(tmp_path / "program", configuration(milvus, tmp_path, server={"stateDir": str(tmp_path / "state")}))


def test_the_command_says_both(program, milvus):
    told = program.fails("create", "-n", "b", "--json", code=DENIED)
    error = json.loads(told.out)["error"]
    assert error["hint"] == "skip_flush" and error["resumable"] is True
    assert "--strategy skip_flush" in told.err and told.err.rstrip().endswith("; continue it with --resume")
    assert program.listed() == {}
    again = program.fails("create", "-n", "b", "--resume", code=DENIED)
    assert again.err.rstrip().endswith("; continue it with --resume")
    milvus.refused.clear()
    program.ok("create", "-n", "b", "--resume")
    assert program.listed() == {"b": True}


def test_what_left_nothing_is_not_resumable(program, milvus):
    milvus.refused = {"books", "films"}
    told = program.fails("create", "-n", "b", "--json", code=DENIED)
    assert "resumable" not in json.loads(told.out)["error"] and "--resume" not in told.err
    milvus.refused.clear()
    program.ok("create", "-n", "b")


def test_the_server_says_both(program, milvus):
    with BackupServer(program) as server:
        task = server.post("create", {"backup_name": "b", "async": True}).json()["data"]["id"]
        failed = server.wait_for_task(task)
        assert (failed["state"], failed["resumable"]) == ("failed", True)
        assert '"skip_flush" backs up' in failed["hint"] and 'go on with it by "resume": true' in failed["hint"]
        told = server.post("create", {"backup_name": "b", "resume": True}).json()
        assert "skip_flush" in told["msg"] and 'go on with it by "resume": true' in told["msg"]
        assert server.get("get_backup", backup_id=task).data["state_code"] == 3
    milvus.refused.clear()
    with BackupServer(program) as server:
        assert 'go on with it by "resume": true' in server.task(task)["hint"]
        assert server.post("create", {"backup_name": "b", "resume": True}).code == 0
        assert not any(task["resumable"] for task in server.get("tasks").data)


def test_a_milvus_that_is_away_takes_nothing_away(program, milvus):
    """A run that goes on and gets nowhere leaves what there was."""
    program.fails("create", "-n", "b", code=DENIED)
    gone = program.with_changes(program.folder / "gone", milvus={"grpc": {"port": 1}})
    told = gone.fails("create", "-n", "b", "--resume", "--json")
    assert json.loads(told.out)["error"]["resumable"] is True
    fresh = gone.fails("create", "-n", "c", "--json")
    assert "resumable" not in json.loads(fresh.out)["error"]
    of_else = program.fails("create", "-n", "b", "--resume", "--colls", "books", "--json")
    assert "of something else" in of_else.err and "resumable" not in json.loads(of_else.out)["error"]


def test_a_transfer_goes_on_and_nobody_is_advised_to_delete_its_source(tmp_path):
    backup_in(tmp_path / "from" / "b")
    there = folder_config(tmp_path / "there")
    program = Program(tmp_path / "program", folder_config(tmp_path / "from") | {"transfer": {"patienceSeconds": 0}})
    [lost, *_] = (tmp_path / "from" / "b").glob("binlogs/insert_log/**/101/7")
    content = lost.read_bytes()
    lost.unlink()
    told = program.fails("transfer", "-n", "b", "--to", to(program, there), "--json")
    error = json.loads(told.out)["error"]
    assert (error["hint"], error["resumable"]) == ("go_on", True)
    assert told.err.rstrip().endswith("start it again to go on with what is there") and "delete" not in told.err
    lost.write_bytes(content)
    program.ok("transfer", "-n", "b", "--to", to(program, there))
