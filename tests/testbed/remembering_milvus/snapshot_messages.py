"""The messages of snapshots, which the client that the tests use does not have yet: made from a table.

Names and numbers are those of Milvus' own service definition; only the package is ours.
"""

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message_factory import GetMessageClass
from pymilvus.grpc_gen import common_pb2

PACKAGE = "remembering.snapshots"
KINDS = {"text": 9, "int64": 3, "int32": 5, "status": 11, "info": 11}  # FieldDescriptorProto.Type
STATUS = ("status", 1, "status")
MESSAGES = {
    "CreateSnapshotRequest": [
        ("name", 2, "text"), ("description", 3, "text"), ("db_name", 4, "text"), ("collection_name", 5, "text"),
        ("compaction_protection_seconds", 6, "int64"),
    ],
    "DropSnapshotRequest": [("name", 2, "text"), ("db_name", 3, "text"), ("collection_name", 4, "text")],
    "DescribeSnapshotRequest": [("name", 2, "text"), ("db_name", 3, "text"), ("collection_name", 4, "text")],
    "DescribeSnapshotResponse": [STATUS, ("name", 2, "text"), ("create_ts", 6, "int64"), ("s3_location", 7, "text")],
    "ExportSnapshotRequest": [
        ("name", 2, "text"), ("db_name", 3, "text"), ("collection_name", 4, "text"), ("target_s3_path", 5, "text"),
        ("external_spec", 6, "text"),
    ],
    "ExportSnapshotResponse": [STATUS, ("job_id", 3, "int64")],
    "GetExportSnapshotStateRequest": [("job_id", 2, "int64")],
    "ExportSnapshotInfo": [
        ("job_id", 1, "int64"), ("state", 5, "int32"), ("progress", 6, "int32"), ("reason", 7, "text"),
        ("total_files", 10, "int64"), ("copied_files", 11, "int64"), ("snapshot_metadata_uri", 12, "text"),
        ("total_bytes", 13, "int64"),
    ],
    "GetExportSnapshotStateResponse": [STATUS, ("info", 2, "info", "ExportSnapshotInfo")],
    "RestoreExternalSnapshotRequest": [
        ("db_name", 2, "text"), ("target_collection_name", 3, "text"), ("snapshot_metadata_uri", 4, "text"),
        ("external_spec", 5, "text"),
    ],
    "RestoreExternalSnapshotResponse": [STATUS, ("job_id", 2, "int64")],
    "GetRestoreSnapshotStateRequest": [("job_id", 2, "int64")],
    "RestoreSnapshotInfo": [
        ("job_id", 1, "int64"), ("state", 5, "int32"), ("progress", 6, "int32"), ("reason", 7, "text"),
    ],
    "GetRestoreSnapshotStateResponse": [STATUS, ("info", 2, "info", "RestoreSnapshotInfo")],
}  # fmt: skip
ANSWERS = {"CreateSnapshot": None, "DropSnapshot": None}  # a bare status
CALLS = [name.removesuffix("Request") for name in MESSAGES if name.endswith("Request")]


def _type_name(kind, rest):
    if kind == "status":
        return f".{common_pb2.Status.DESCRIPTOR.full_name}"
    return f".{PACKAGE}.{rest[0]}" if rest else None


def _file():
    made = descriptor_pb2.FileDescriptorProto(
        name="remembering_snapshots.proto", package=PACKAGE, syntax="proto3", dependency=["common.proto"]
    )
    for name, fields in MESSAGES.items():
        message = made.message_type.add(name=name)
        for field, number, kind, *rest in fields:
            message.field.add(name=field, number=number, type=KINDS[kind], label=1, type_name=_type_name(kind, rest))
    service = made.service.add(name="Snapshots")
    for call in CALLS:
        answer = f".{PACKAGE}.{call}Response" if call not in ANSWERS else _type_name("status", ())
        service.method.add(name=call, input_type=f".{PACKAGE}.{call}Request", output_type=answer)
    return made


_pool = descriptor_pool.Default()
_pool.Add(_file())
_service = _pool.FindServiceByName(f"{PACKAGE}.Snapshots")
METHODS = dict(_service.methods_by_name)


def message(name):
    """The class of a message."""
    return GetMessageClass(_pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
