"""Real servers for the tests, the benchmarks and the demo: each class starts one process on 127.0.0.1."""

from testbed.milvus import Milvus
from testbed.server import Server, ServerError
from testbed.stores import Azurite, FakeGcs, RcloneS3, SeaweedS3, VersityGw
from testbed.toxiproxy import Toxiproxy

__all__ = [
    "Azurite",
    "FakeGcs",
    "Milvus",
    "RcloneS3",
    "SeaweedS3",
    "Server",
    "ServerError",
    "Toxiproxy",
    "VersityGw",
]
