"""Several tasks of the library in one process, against a fake Milvus; many_tasks.c is the program."""

import json
import os
import subprocess

import pytest
import yaml
from pymilvus.grpc_gen import common_pb2, milvus_pb2
from testbed.program import SANITIZER_OPTIONS, find_binary

from wire.fake_milvus import Held, status
from wire.restoring import FLUSHED, Backup, Server

MIB = 1 << 20
MEMORY_MIB = 16
FIELDS = (0, 1, 100, 101)


class Busy(Server):
    """Has two collections with one segment each; the flush of the second is held."""

    def __init__(self):
        super().__init__("2.3.5")
        self.held = Held(milvus_pb2.FlushResponse())
        self.sources = {name: self.make(name, rows=9) for name in ("first", "second")}
        self.answers |= {
            "ShowCollections": milvus_pb2.ShowCollectionsResponse(collection_names=list(self.sources)),
            "DescribeIndex": milvus_pb2.DescribeIndexResponse(
                status=status(code=700, error_code=25, reason="index not found")
            ),
            "GetLoadingProgress": milvus_pb2.GetLoadingProgressResponse(),
            "Flush": lambda r: self.held if "second" in r.collection_names else milvus_pb2.FlushResponse(),
        }

    def _segments(self, request):
        source = self.sources.get(request.collectionName)
        if source is None:
            return super()._segments(request)
        segment = milvus_pb2.PersistentSegmentInfo(
            segmentID=20 + source.id, collectionID=source.id, partitionID=1, num_rows=9, state=FLUSHED
        )
        return milvus_pb2.GetPersistentSegmentInfoResponse(infos=[segment])

    def write(self, folder, size):
        for source in self.sources.values():
            for field in FIELDS:
                for log in range(2):
                    path = folder / f"insert_log/{source.id}/1/{20 + source.id}/{field}/{100 * log + field}"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(os.urandom(size))


@pytest.fixture
def config(tmp_path):
    def write(server):
        path = tmp_path / "many.yaml"
        path.write_text(
            yaml.safe_dump(
                {
                    "configVersion": "v2",
                    "log": {"file": {"path": str(tmp_path / "many.log")}},
                    "milvus": {
                        "grpc": {"address": "127.0.0.1", "port": server.port},
                        "rest": {"endpoint": server.web},
                        "management": {"endpoint": ""},
                        "storage": {"provider": "local", "rootPath": str(tmp_path / "data")},
                    },
                    "backup": {"storage": {"rootPath": str(tmp_path / "backup")}},
                    "transfer": {"mode": "streaming", "memoryMiB": MEMORY_MIB, "patienceSeconds": 0},
                }
            )
        )
        return path

    return write


def test_each_has_its_own_progress_cancel_and_log_within_one_memory(config, tmp_path):
    (tmp_path / "data").mkdir()
    Backup(tmp_path / "backup" / "old").partition(10, "_default").segment(20).write()
    binary = find_binary()
    with Busy() as server:
        server.write(tmp_path / "data", 3 * MIB)
        ran = subprocess.run(
            [binary.parent.parent / "tests" / "many_tasks", config(server), binary.parent.parent / "lib/milvus-backup/drivers"],
            env=SANITIZER_OPTIONS | {"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
        )
        server.held.released.set()
    assert ran.returncode == 0, ran.stderr
    now, phases, *lines, memory = [line.split() for line in ran.stdout.splitlines()]
    told = {line[0]: line[1:] for line in lines}
    everything = 8 * 3 * MIB
    assert now == ["now", "default.second", "1", "flush"]
    assert [phase.split(":")[0] for phase in phases[1:]] == ["check", "describe", "copy", "verify", "commit"]
    assert f"copy:{everything}" in phases
    assert told["one"][:4] == ["succeeded", "100", str(everything), "9"]
    assert told["old"][:2] == ["succeeded", "100"]
    assert told["old"][3] == "5"
    assert told["two"][0] == "cancelled"
    assert told["two"][2] == "0"
    assert told["three"][:4] == ["succeeded", "100", str(everything), "9"]
    assert all(int(line[4]) > 0 for line in told.values()), "each has lines of its own in the log"
    assert 3 * MIB <= int(memory[1]) <= MEMORY_MIB * MIB
    assert int(memory[2]) == MEMORY_MIB * MIB
    assert "c_again" in server.collections
    assert {path.name for path in (tmp_path / "backup").iterdir() if (path / "meta/backup_meta.json").exists()} == {
        "one",
        "old",
        "three",
    }
    assert json.loads((tmp_path / "backup/three/meta/backup_meta.json").read_text())["id"] == "the third"
    log = (tmp_path / "many.log").read_text()
    assert "create of backup two was cancelled" in log
