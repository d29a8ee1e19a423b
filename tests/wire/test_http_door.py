"""The server's door for HTTP, over raw sockets where a client's library would be too polite."""

import pytest
from testbed.backup_server import BackupServer
from testbed.program import Program


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    return {"minio": {"storageType": "local", "rootPath": str(folder), "backupRootPath": str(folder / "backup")}}


@pytest.fixture(scope="module")
def server(config, tmp_path_factory):
    with BackupServer(Program(tmp_path_factory.mktemp("server"), config)) as server:
        yield server


def test_it_says_that_it_is_there(server):
    answer = server.get("hello")
    assert (answer.status, answer.text) == (200, "Hello, This is backup service")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
