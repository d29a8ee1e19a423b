"""An etcd of our own: the keys and values that a test gives it, told by Range as etcd tells them.

It has no more of etcd than reading: messages are described here by their public numbers, apart from the program's own
description, so that a wrong number there is found.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message_factory import GetMessageClass
from pymilvus.grpc_gen import schema_pb2
from testbed.remembering_milvus.schemas import pairs

TOMBSTONE = b"\xe2\x9b\xbc"
_TYPES = {"bytes": 12, "string": 9, "int64": 3, "int32": 5, "uint64": 4, "bool": 8}
_MESSAGES = {
    "RangeRequest": {"key": (1, "bytes"), "range_end": (2, "bytes"), "limit": (3, "int64")},
    "KeyValue": {"key": (1, "bytes"), "mod_revision": (3, "int64"), "version": (4, "int64"), "value": (5, "bytes")},
    "RangeResponse": {"kvs": (2, ["KeyValue"]), "more": (3, "bool"), "count": (4, "int64")},
    "Pair": {"key": (1, "string"), "value": (2, "string")},
    "IndexInfo": {
        **{"collectionID": (1, "int64"), "fieldID": (2, "int64"), "index_name": (3, "string"), "indexID": (4, "int64")},
        **{"type_params": (5, ["Pair"]), "index_params": (6, ["Pair"]), "total_rows": (8, "int64")},
        **{"is_auto_index": (11, "bool"), "user_index_params": (12, ["Pair"])},
        **{"min_index_version": (14, "int32"), "max_index_version": (15, "int32")},
    },
    "FieldIndex": {"index_info": (1, "IndexInfo"), "deleted": (2, "bool"), "create_time": (3, "uint64")},
}


def _describe():
    file = descriptor_pb2.FileDescriptorProto(name="fake_etcd.proto", package="fake_etcd", syntax="proto3")
    for name, members in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for member, (number, kind) in members.items():
            one = message.field.add(name=member, number=number, label=3 if isinstance(kind, list) else 1)
            kind = kind[0] if isinstance(kind, list) else kind
            if kind in _TYPES:
                one.type = _TYPES[kind]
            else:
                one.type, one.type_name = 11, f".fake_etcd.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"fake_etcd.{name}")) for name in _MESSAGES}


_CLASSES = _describe()
RangeRequest, KeyValue, RangeResponse = (_CLASSES[name] for name in ("RangeRequest", "KeyValue", "RangeResponse"))
IndexInfo, FieldIndex = _CLASSES["IndexInfo"], _CLASSES["FieldIndex"]


class FakeEtcd(grpc.GenericRpcHandler):
    """values: key -> bytes; asked: the ranges, in order; fails: answers this gRPC status while it is set; hangs: never answers."""

    def __init__(self, page=None):
        self.values, self.asked, self.fails, self.hangs = {}, [], None, False
        self.page = page  # fewer keys a page than are asked for
        self._ended = threading.Event()
        self._grpc = grpc.server(ThreadPoolExecutor(8), handlers=[self])
        self.port = self._grpc.add_insecure_port("127.0.0.1:0")
        self.endpoint = f"127.0.0.1:{self.port}"
        self._grpc.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._grpc.stop(None)

    def service(self, details):
        if details.method != "/etcdserverpb.KV/Range":
            return None
        return grpc.unary_unary_rpc_method_handler(
            self._range, RangeRequest.FromString, lambda answer: answer.SerializeToString()
        )

    def _range(self, request, context):
        self.asked.append((request.key, request.range_end, request.limit))
        if self.hangs:
            self._ended.wait(60)
        if self.fails:
            context.abort(self.fails, "as the test wants it")
        found = sorted(key for key in self.values if request.key <= key.encode() < request.range_end)
        limit = min(filter(None, (request.limit, self.page)), default=len(found))
        kvs = [KeyValue(key=key.encode(), value=self.values[key], version=1) for key in found[:limit]]
        return RangeResponse(kvs=kvs, more=len(found) > limit, count=len(found))

    # --- what Milvus would have put there

    def put_index(self, collection, index, root="by-dev", deleted=False, **more):
        """An index of a collection of a RememberingMilvus; more: further members of IndexInfo."""
        field = next(f for f in collection.schema.fields if f.name == index.field_name)
        values = {
            "type_params": [{"key": pair.key, "value": pair.value} for pair in field.type_params],
            "index_params": _pairs(index.params),
            "user_index_params": _pairs(index.params),
            **more,
        }
        info = IndexInfo(
            collectionID=collection.id, fieldID=field.fieldID, index_name=index.name, indexID=index.id, total_rows=5, **values
        )
        kept = FieldIndex(index_info=info, deleted=deleted, create_time=collection.created + 1)
        self.values[f"{root}/meta/field-index/{collection.id}/{index.id}"] = kept.SerializeToString()

    def put_fields(self, collection, root="by-dev"):
        """With those that a client does not see."""
        system = [schema_pb2.FieldSchema(fieldID=0, name="RowID", data_type=5), schema_pb2.FieldSchema(fieldID=1, name="Timestamp", data_type=5)]
        for field in [*system, *collection.schema.fields]:
            key = f"{root}/meta/root-coord/fields/{collection.id}/{field.fieldID}"
            self.values[key] = field.SerializeToString()

    def put_collection(self, collection, root="by-dev"):
        for index in collection.indexes.values():
            self.put_index(collection, index, root)
        self.put_fields(collection, root)


def _pairs(params):
    return [{"key": pair.key, "value": pair.value} for pair in pairs(params)]
