"""What the tests of create share: a fake Milvus with databases and collections, all of them empty."""

import threading
import zlib
from collections import Counter

import pytest
from pymilvus.grpc_gen import milvus_pb2, schema_pb2
from testbed.program import Program

from wire.fake_milvus import FakeMilvus, status


def collection_id(name, database="default"):
    """Two databases may have collections of one name, never of one id."""
    return 1 + zlib.crc32(f"{database}.{name}".encode())


class Collections(FakeMilvus):
    """databases: name -> the names of its collections."""

    def __init__(self, databases, version="2.3.5"):
        super().__init__(build_tags=f"v{version}")
        self.databases = databases
        self.within = Counter()  # method -> calls that are being answered
        self.most_within = Counter()
        self._count = threading.Lock()
        self._database = threading.local()
        fields = [schema_pb2.FieldSchema(fieldID=100, name="id", is_primary_key=True, data_type=5)]
        self.answers |= {
            "ListDatabases": milvus_pb2.ListDatabasesResponse(db_names=list(databases)),
            "ShowCollections": lambda _: milvus_pb2.ShowCollectionsResponse(
                collection_names=databases[self._database.name]
            ),
            "DescribeCollection": lambda request: milvus_pb2.DescribeCollectionResponse(
                schema=schema_pb2.CollectionSchema(name=request.collection_name, fields=fields),
                collectionID=collection_id(request.collection_name, self._database.name),
                collection_name=request.collection_name,
                db_name=self._database.name,
                shards_num=1,
            ),
            "ShowPartitions": milvus_pb2.ShowPartitionsResponse(partition_names=["_default"], partitionIDs=[10]),
            "DescribeIndex": milvus_pb2.DescribeIndexResponse(
                status=status(code=700, error_code=25, reason="index not found")
            ),
            "DescribeDatabase": lambda request: milvus_pb2.DescribeDatabaseResponse(db_name=request.db_name),
            "GetLoadingProgress": milvus_pb2.GetLoadingProgressResponse(),
            "GetPersistentSegmentInfo": milvus_pb2.GetPersistentSegmentInfoResponse(),
            "Flush": milvus_pb2.FlushResponse(),
        }

    def _handle(self, method, request, headers, context):
        self._database.name = headers.get("dbname", "default")
        with self._count:
            self.within[method] += 1
            self.most_within[method] = max(self.most_within[method], self.within[method])
        try:
            return super()._handle(method, request, headers, context)
        finally:
            with self._count:
                self.within[method] -= 1


@pytest.fixture
def create(tmp_path):
    """Runs create -n b; keywords of options become parts of the configuration."""
    (tmp_path / "data").mkdir(exist_ok=True)

    def run(server, *arguments, ok=True, start=False, **options):
        config = {
            "configVersion": "v2",
            "milvus": {
                "grpc": {"address": "127.0.0.1", "port": server.port},
                "management": {"endpoint": server.web},
                "storage": {"provider": "local", "rootPath": str(tmp_path / "data")},
            },
            "backup": {"storage": {"rootPath": str(tmp_path / "backup")}},
        }
        program = Program(tmp_path / "program", config)
        if start:
            return program, program.start("create", "-n", "b", *arguments)
        return (program.ok if ok else program.fails)("create", "-n", "b", *arguments, **options)

    return run
