"""restore against a fake Milvus: which imports it asks for, in which order, and which collection it makes."""

import pytest
from pymilvus.grpc_gen import schema_pb2
from testbed.program import USAGE

from wire.restoring import CREATE, DESCRIBE, Server, backup, data, options, paths, program_for, restore

# --- which imports --------------------------------------------------------------------------------------------------


def test_one_import_for_a_partition_before_24(data, backup, restore):
    backup.partition(10, "_default").segment(20).segment(21, deletes=True).partition(11, "empty")
    backup.partition(12, "p").segment(22).write()
    with Server("2.3.5") as server:
        server.rows = lambda task: {1: 9, 2: 5}[task]
        restore(server)
        requests = server.imports
    assert [list(r.files) for r in requests] == [
        paths(data, "insert_log/1/10", "delta_log/1/10"),
        paths(data, "insert_log/1/12", "delta_log/1/12"),
    ]
    assert [r.partition_name for r in requests] == ["_default", "p"]
    assert all(options(r) == {"backup": "true", "skip_disk_quota_check": "true"} for r in requests)
    assert ("partition", "p") in server.events and ("partition", "empty") in server.events


def test_one_import_for_a_segment_from_24(data, backup, restore):
    backup.partition(10, "_default").segment(20).segment(21, deletes=True, storage_version=2).write()
    with Server("2.6.4") as server:
        restore(server)
    assert [list(r.files) for r in server.imports] == [
        paths(data, "insert_log/1/10/20"),
        paths(data, "insert_log/1/10/21", "delta_log/1/10/21"),
    ]
    assert "storage_version" not in options(server.imports[0])
    assert options(server.imports[1])["storage_version"] == "2"


def test_deletes_that_the_description_does_not_list(data, backup, restore):
    backup.partition(10, "_default").segment(20, deletes=True)
    backup.collection["partition_backups"][0]["segment_backups"][0]["deltalogs"] = [{}]
    backup.write()
    with Server("2.6.4") as server:
        restore(server)
    assert list(server.imports[0].files) == paths(data, "insert_log/1/10/20", "delta_log/1/10/20")


def test_a_shared_group_is_imported_once(data, backup, restore):
    backup.partition(10, "_default").segment(20, group=1).segment(21, group=1).segment(22, group=2).write()
    with Server("2.4.15") as server:
        server.rows = lambda task: {1: 10, 2: 5}[task]
        restore(server)
    assert [list(r.files) for r in server.imports] == [
        paths(data, "insert_log/1/10/1"),
        paths(data, "insert_log/1/10/2"),
    ]


def test_deletes_of_their_own_come_after_all_rows(data, backup, restore):
    backup.partition(10, "_default").segment(30, l0=True).segment(20)
    backup.partition(11, "p").segment(21).deletes_over_all(40).write()
    with Server("2.6.4") as server:
        restore(server)
    assert [list(r.files) for r in server.imports] == [
        paths(data, "insert_log/1/10/20"),
        paths(data, "insert_log/1/11/21"),
        paths(data, "delta_log/1/10/30"),
        paths(data, "delta_log/1/-1/40"),
    ]
    assert [options(r).get("l0_import") for r in server.imports] == [None, None, "true", "true"]
    assert server.imports[3].partition_name == ""
    order = [event for event in server.events if event[0] in ("import", "completed")]
    assert order.index(("import", 3)) > max(order.index(("completed", 1)), order.index(("completed", 2)))
    assert order.index(("import", 4)) > order.index(("completed", 3))


def test_deletes_of_their_own_need_24(backup, restore):
    backup.partition(10, "_default").segment(20).deletes_over_all(40).write()
    with Server("2.3.5") as server:
        result = restore(server, ok=False)
    assert "2.4" in result.err and server.events == []


def test_jobs_over_http(data, backup, restore):
    backup.partition(10, "_default").segment(20).segment(21, deletes=True).segment(22)
    backup.deletes_over_all(40).deletes_over_all(41).write()
    with Server("2.6.5") as server:
        server.http = {
            CREATE: (200, {"code": 0, "data": {"jobId": "7"}}),
            DESCRIBE: (200, {"code": 0, "data": {"state": "Completed", "progress": 100}}),
        }
        restore(server, "--use_v2_restore")
        bodies = [body for path, _, _, body in server.http_calls if path == CREATE]
    assert [body["files"] for body in bodies] == [
        [
            paths(data, "insert_log/1/10/20"),
            paths(data, "insert_log/1/10/21", "delta_log/1/10/21"),
            paths(data, "insert_log/1/10/22"),
        ],
        [paths(data, "delta_log/1/-1/40"), paths(data, "delta_log/1/-1/41")],
    ]
    assert "partitionName" not in bodies[1] and bodies[1]["options"]["l0_import"] == "true"
    assert server.imports == []


def test_jobs_need_24(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        assert "--use_v2_restore" in restore(server, "--use_v2_restore", ok=False).err


def test_meta_only(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        restore(server, "--meta_only")
    assert server.imports == [] and ("create", "c") in server.events


@pytest.mark.parametrize(
    ("command", "flag"),
    [
        (["restore", "-n", "b", "-r", "a"], "--rename"),
        (["restore", "-n", "b", "-c", "a", "-d", "b"], "--databases"),
        (["create", "-n", "1x"], "--name"),
    ],
    ids=["rename", "selection", "name"],
)
def test_a_wrong_flag_is_told_before_anything_is_opened(data, tmp_path, command, flag):
    """Nothing answers where Milvus should be."""
    with Server("2.6.4") as server:
        program = program_for(server, data, tmp_path / "program")
    assert flag in program.fails(*command, code=USAGE).err


# --- the collection -------------------------------------------------------------------------------------------------


def test_properties_are_restored(backup, restore):
    backup.collection["properties"] = [
        {"key": "collection.ttl.seconds", "value": "60"},
        {"key": "replicate.id", "value": "other-cluster"},
    ]
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        restore(server)
        assert server.properties() == {"collection.ttl.seconds": "60"}


def test_default_values_and_flags_of_fields(backup, restore):
    fields = backup.collection["schema"]["fields"]
    fields.append({"fieldID": 102, "name": "n", "data_type": 4, "nullable": True, "default_value_base64": "ECo="})
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        restore(server)
        request, _ = server.of("CreateCollection")
    field = schema_pb2.CollectionSchema.FromString(request.schema).fields[2]
    assert field.nullable and field.default_value.int_data == 42


def test_field_added_behind_the_dynamic_one(backup, restore):
    schema = backup.collection["schema"]
    schema["enable_dynamic_field"] = True
    schema["fields"].append({"fieldID": 103, "name": "late", "data_type": 5, "nullable": True})
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        restore(server)
        request, _ = server.of("CreateCollection")
    assert [f.name for f in schema_pb2.CollectionSchema.FromString(request.schema).fields] == ["id", "vec"]
    assert ("add field", "late") in server.events


def test_functions_are_not_checked_while_the_collection_is_made(backup, restore):
    backup.collection["schema"]["functions"] = [{"name": "f", "type": 2, "input_field_names": ["id"]}]
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.8") as server:
        restore(server)
        assert server.properties() == {"disable_func_runtime_check": "true"}
    assert ("alter", {"disable_func_runtime_check": "false"}) in server.events


def test_other_field_ids_stop_the_import(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        server.make("c", [("vec", 101), ("id", 5)])
        result = restore(server, "--skip_create_collection", ok=False)
    assert "id" in result.err and server.imports == []
