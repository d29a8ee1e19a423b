"""What the tests of the API share: a server over local disk and a fake Milvus with empty collections."""

import contextlib

import pytest
from testbed.backup_server import BackupServer
from testbed.program import Program, merged

from wire.creating import Collections

DATABASES = {"default": ["empty", "partitions"], "sales": ["partitions"]}


def configuration(milvus, folder, /, **changes):
    own = {
        "configVersion": "v2",
        "milvus": {
            "grpc": {"address": "127.0.0.1", "port": milvus.port},
            "management": {"endpoint": milvus.web},
            "storage": {"provider": "local", "rootPath": str(folder / "data")},
        },
        "backup": {"storage": {"rootPath": str(folder / "backup")}, "pauseGC": False},
    }
    return merged(own, changes)


@contextlib.contextmanager
def serving(folder, milvus=None, /, **changes):
    (folder / "data").mkdir(exist_ok=True)
    with milvus or Collections(DATABASES) as fake:
        program = Program(folder / "program", configuration(fake, folder, **changes))
        with BackupServer(program) as server:
            server.milvus, server.backups = fake, folder / "backup"
            yield server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One for the tests of a module, each with backups of names of its own."""
    with serving(tmp_path_factory.mktemp("rest")) as running:
        yield running
