"""restore against a fake Milvus: which imports it asks for, in which order, and what it does when they go wrong."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from pymilvus.grpc_gen import common_pb2, milvus_pb2, schema_pb2
from testbed.crc32c import crc32c
from testbed.program import CORRUPT, EXISTS, FAILURE, USAGE, Program

from wire.fake_milvus import FakeMilvus, Late, status

PENDING, FAILED, STARTED, COMPLETED = 0, 1, 2, 6
CREATE = "/v2/vectordb/jobs/import/create"
DESCRIBE = "/v2/vectordb/jobs/import/describe"


class Server(FakeMilvus):
    """Remembers collections; an import is started at its first look and completed at its second."""

    def __init__(self, version):
        super().__init__(build_tags=f"v{version}")
        self.collections = {}
        self.imports = []
        self.events = []
        self.outcome = lambda task, look: (COMPLETED if look > 1 else STARTED, "")
        self.rows = lambda task: 5
        self.looks = {}
        self.answers |= {
            "HasCollection": lambda r: milvus_pb2.BoolResponse(value=r.collection_name in self.collections),
            "CreateCollection": self._create,
            "AddCollectionField": self._add_field,
            "AlterCollection": self._alter,
            "DropCollection": self._drop,
            "DescribeCollection": self._describe,
            "ShowPartitions": lambda r: milvus_pb2.ShowPartitionsResponse(partition_names=["_default"], partitionIDs=[1]),
            "CreatePartition": self._note("partition", "partition_name"),
            "CreateIndex": self._note("index", "field_name"),
            "Import": self._import,
            "GetImportState": self._state,
            "DescribeDatabase": lambda r: milvus_pb2.DescribeDatabaseResponse(db_name=r.db_name),
        }

    def _note(self, what, field):
        def run(request):
            self.events.append((what, getattr(request, field)))
            return status()

        return run

    def _create(self, request):
        schema = schema_pb2.CollectionSchema.FromString(request.schema)
        for number, field in enumerate(schema.fields):
            field.fieldID = 100 + number
        self.collections[request.collection_name] = schema
        self.events.append(("create", request.collection_name))
        return status()

    def _add_field(self, request):
        schema = self.collections[request.collection_name]
        field = schema_pb2.FieldSchema.FromString(request.schema)
        field.fieldID = 100 + len(schema.fields) + schema.enable_dynamic_field
        schema.fields.append(field)
        self.events.append(("add field", field.name))
        return status()

    def _alter(self, request):
        self.events.append(("alter", {p.key: p.value for p in request.properties}))
        return status()

    def _drop(self, request):
        del self.collections[request.collection_name]
        self.events.append(("drop", request.collection_name))
        return status()

    def _describe(self, request):
        schema = self.collections[request.collection_name]
        return milvus_pb2.DescribeCollectionResponse(schema=schema, collection_name=request.collection_name)

    def _import(self, request):
        self.imports.append(request)
        self.events.append(("import", len(self.imports)))
        return milvus_pb2.ImportResponse(tasks=[len(self.imports)])

    def _state(self, request):
        task = request.task
        self.looks[task] = self.looks.get(task, 0) + 1
        answer = self.outcome(task, self.looks[task])
        if not isinstance(answer, tuple):
            return answer
        state, reason = answer
        if state == COMPLETED:
            self.events.append(("completed", task))
        infos = [
            common_pb2.KeyValuePair(key="failed_reason", value=reason),
            common_pb2.KeyValuePair(key="progress_percent", value="50"),
        ]
        return milvus_pb2.GetImportStateResponse(state=state, row_count=self.rows(task), infos=infos)

    def properties(self):
        request, _ = self.of("CreateCollection")
        return {p.key: p.value for p in request.properties}


class Backup:
    """A backup on local disk; its binlogs hold nothing that anybody reads."""

    def __init__(self, folder, version="v2.6.4"):
        self.folder = folder
        self.collection = {
            "collection_id": 1,
            "db_name": "default",
            "collection_name": "c",
            "schema": {
                "name": "c",
                "fields": [
                    {"fieldID": 100, "name": "id", "is_primary_key": True, "data_type": 5},
                    {"fieldID": 101, "name": "vec", "data_type": 101, "type_params": [{"key": "dim", "value": "4"}]},
                ],
            },
            "shards_num": 1,
            "partition_backups": [],
            "has_index": False,
            "size": 0,
        }
        self.full = {"id": "x", "name": "b", "milvus_version": version, "collection_backups": [self.collection]}

    def partition(self, number, name):
        self.collection["partition_backups"].append(
            {"partition_id": number, "partition_name": name, "collection_id": 1, "segment_backups": [], "size": 0}
        )
        return self

    def _file(self, *parts):
        path = self.folder / "binlogs" / "/".join(map(str, parts))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0123456789")

    def segment(self, number, group=None, deletes=False, l0=False, rows=5, **more):
        """In the partition that was made last; group None: its own; 0: none."""
        partition = self.collection["partition_backups"][-1]
        group = number if group is None else group
        place = [1, partition["partition_id"], *([group] if group else []), number]
        segment = {
            "segment_id": number,
            "collection_id": 1,
            "partition_id": partition["partition_id"],
            "num_of_rows": rows,
            "group_id": group,
            "size": 10,
            "binlogs": [],
            "deltalogs": [],
            **more,
        }
        if l0:
            segment["is_l0"] = True
        else:
            for field in (0, 1, 100, 101):
                self._file("insert_log", *place, field, 7)
                segment["binlogs"].append({"fieldID": field, "binlogs": [{"log_size": 10, "log_id": 7}]})
        if deletes or l0:
            self._file("delta_log", *place, 8)
            segment["deltalogs"].append({"binlogs": [{"log_size": 10, "log_id": 8}]})
        partition["segment_backups"].append(segment)
        return self

    def deletes_over_all(self, number):
        self._file("delta_log", 1, -1, number, 8)
        self.collection.setdefault("l0_segments", []).append(
            {
                "segment_id": number,
                "collection_id": 1,
                "partition_id": -1,
                "num_of_rows": 3,
                "is_l0": True,
                "size": 10,
                "binlogs": [],
                "deltalogs": [{"binlogs": [{"log_size": 10, "log_id": 8}]}],
            }
        )
        return self

    def write(self):
        meta = self.folder / "meta"
        meta.mkdir(parents=True, exist_ok=True)
        levels = {key: value for key, value in self.full.items() if key != "collection_backups"}
        (meta / "full_meta.json").write_text(json.dumps(self.full))
        (meta / "backup_meta.json").write_text(json.dumps(levels))
        for level in ("collection", "partition", "segment"):
            (meta / f"{level}_meta.json").write_text("{}")
        return self


@pytest.fixture
def data(tmp_path):
    """Milvus' own folder."""
    (tmp_path / "data" / "backup").mkdir(parents=True)
    return tmp_path / "data"


@pytest.fixture
def backup(data):
    return Backup(data / "backup" / "b")


def program_for(server, data, folder, backup_root=None, keep=False, mode="auto"):
    config = {
        "configVersion": "v2",
        "milvus": {
            "grpc": {"address": "127.0.0.1", "port": server.port},
            "rest": {"endpoint": server.web},
            "storage": {"provider": "local", "rootPath": str(data)},
        },
        "backup": {"storage": {"rootPath": str(backup_root or data / "backup")}},
        "restore": {"keepTempFiles": keep},
        "transfer": {"mode": mode},
    }
    return Program(folder, config)


@pytest.fixture
def restore(data, tmp_path):
    def run(server, *arguments, ok=True, **options):
        program = program_for(server, data, tmp_path / "program", **options)
        return (program.ok if ok else program.fails)("restore", "-n", "b", *arguments)

    return run


def paths(data, *keys):
    return [f"{data}/backup/b/binlogs/{key}/" for key in keys]


def options(request):
    return {o.key: o.value for o in request.options}


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
        server.collections["c"] = schema_pb2.CollectionSchema(
            fields=[
                schema_pb2.FieldSchema(fieldID=100, name="vec", data_type=101),
                schema_pb2.FieldSchema(fieldID=101, name="id", data_type=5),
            ]
        )
        result = restore(server, "--skip_create_collection", ok=False)
    assert "id" in result.err and server.imports == []


# --- what goes wrong ------------------------------------------------------------------------------------------------


def test_failed_import_names_what_is_left(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        server.outcome = lambda task, look: (FAILED, "bucket does not exist")
        result = restore(server, ok=False)
    assert result.code == FAILURE and "bucket does not exist" in result.err
    assert "incomplete: default.c (made by this restore)" in result.err


def test_import_that_failed_on_damaged_data(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        server.outcome = lambda task, look: (FAILED, "parse magic number failed, expected: 16773868")
        assert restore(server, ok=False).code == CORRUPT


def test_one_look_that_fails_is_no_failure(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    broken = milvus_pb2.GetImportStateResponse(status=status(code=65535, error_code=1, reason="etcd is slow"))
    with Server("2.3.5") as server:
        server.outcome = lambda task, look: broken if look < 4 else (COMPLETED, "")
        restore(server)


def test_a_look_at_an_import_is_not_cut_short(data, backup, tmp_path):
    """Milvus 2.3 falls over when it is."""
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        server.answers["GetImportState"] = Late(1, milvus_pb2.GetImportStateResponse(state=STARTED, id=1))
        program = program_for(server, data, tmp_path / "program")
        process = program.start("restore", "-n", "b")
        while server.count("GetImportState") == 0 and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        result = program.finish(process)
        time.sleep(1)
    assert result.code == 128 + signal.SIGINT
    assert server.count("GetImportState") == 1 and server.cut_short == 0


def test_import_that_the_server_forgot(backup, restore):
    backup.partition(10, "_default").segment(20).write()
    gone = milvus_pb2.GetImportStateResponse(status=status(code=1000, error_code=1, reason="key not found[key=1]"))
    with Server("2.3.5") as server:
        server.outcome = lambda task, look: gone
        result = restore(server, ok=False)
    assert "does not know the import" in result.err


@pytest.mark.parametrize("rows", [0, 4, 6])
def test_rows_that_do_not_add_up(backup, restore, rows):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        server.rows = lambda task: rows
        result = restore(server, ok=False)
    assert f"imported {rows} rows" in result.err and "the backup has 5" in result.err


def test_missing_data_is_found_before_anything_is_dropped(data, backup, restore):
    backup.partition(10, "_default").segment(20).write()
    for path in sorted((data / "backup/b/binlogs").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    with Server("2.3.5") as server:
        server.collections["c"] = schema_pb2.CollectionSchema()
        result = restore(server, "--drop_exist_collection", ok=False)
    assert "damaged" in result.err and server.events == []


@pytest.mark.parametrize("version", ["2.3.5", "2.6.4"])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(
    ("lost", "how_many"),
    [
        ("insert_log/1/10/{group}/21/101/7", "1 of 12 insert logs"),
        ("insert_log/1/10/{group}/21", "4 of 12 insert logs"),
        ("insert_log/1/10", "12 of 12 insert logs"),
        ("delta_log/1/10/{group}/20/8", "1 of 2 delta logs"),
        ("delta_log", "2 of 2 delta logs"),
    ],
)
def test_binlogs_that_are_missing_beside_a_delete(data, backup, restore, version, shared, lost, how_many):
    """Counting rows could not tell: where there are deletes, fewer rows than the backup has are no wonder."""
    group = 1 if shared else None
    backup.partition(10, "_default").segment(20, group, deletes=True).segment(21, group)
    backup.segment(22, group, deletes=True).write()
    lost = data / "backup/b/binlogs" / lost.format(group=1 if shared else 20 if "/20/" in lost else 21)
    gone = sorted(path for path in [lost, *lost.rglob("*")] if path.is_file())
    for path in gone:
        path.unlink()
    with Server(version) as server:
        server.rows = lambda task: 1
        server.collections["c"] = schema_pb2.CollectionSchema()
        result = restore(server, "--drop_exist_collection", ok=False)
    assert result.code == CORRUPT and how_many in result.err and "missing" in result.err
    assert any(str(path.relative_to(data / "backup")) in result.err for path in gone)
    assert server.events == []


def test_a_binlog_in_another_group_is_missing(data, backup, restore):
    backup.partition(10, "_default").segment(20, deletes=True).write()
    folder = data / "backup/b/binlogs/insert_log/1/10"
    (folder / "20").rename(folder / "19")
    with Server("2.6.4") as server:
        result = restore(server, ok=False)
    assert result.code == CORRUPT and "insert_log/1/10/20/20/0/7" in result.err and server.events == []


def test_a_binlog_of_another_size(data, backup, restore):
    backup.partition(10, "_default").segment(20).segment(21, deletes=True).write()
    (data / "backup/b/binlogs/delta_log/1/10/21/21/8").write_bytes(b"012345678")
    with Server("2.6.4") as server:
        result = restore(server, ok=False)
    assert result.code == CORRUPT and "delta_log/1/10/21/21/8" in result.err and "10 bytes" in result.err
    assert server.events == []


def test_what_the_description_does_not_name_or_size(data, backup, restore):
    """More objects than it names are no damage, and neither is a binlog whose size it does not tell."""
    backup.partition(10, "_default").segment(20)
    backup.collection["partition_backups"][0]["segment_backups"][0]["binlogs"][0]["binlogs"][0]["log_size"] = 0
    backup.write()
    backup._file("insert_log", 1, 10, 20, 20, 0, 9)
    backup._file("insert_log", 1, 10, 99, 99, 0, 9)
    (data / "backup/b/binlogs/insert_log/1/10/20/20/notes.txt").write_text("by hand")
    with Server("2.6.4") as server:
        restore(server)
    assert len(server.imports) == 1


@pytest.mark.parametrize(
    ("rows", "imported", "enough"),
    [
        (5, 9, True),  # one segment of 5 rows without deletes, another of 5 with
        (5, 5, True),
        (5, 4, False),
        (5, 0, False),
        (80, 5, True),  # 10 bytes of deltas may delete 80 rows, but no more
        (81, 5, False),
    ],
)
def test_rows_that_deletes_do_not_account_for(backup, restore, rows, imported, enough):
    backup.partition(10, "_default").segment(20).segment(21, deletes=True, rows=rows).write()
    with Server("2.3.5") as server:
        server.rows = lambda task: imported
        result = restore(server, ok=enough)
    assert enough or (result.code == CORRUPT and f"imported {imported} rows" in result.err)


def test_deletes_of_an_older_description_account_for_rows(backup, restore):
    backup.partition(10, "_default").segment(20, deletes=True)
    backup.collection["partition_backups"][0]["segment_backups"][0]["deltalogs"] = [{}]
    backup.write()
    with Server("2.3.5") as server:
        server.rows = lambda task: 4
        restore(server)


def test_no_rows_at_all_are_logged(data, backup, tmp_path):
    backup.partition(10, "_default").segment(20, deletes=True).write()
    with Server("2.3.5") as server:
        server.rows = lambda task: 0
        program = program_for(server, data, tmp_path / "program")
        program.ok("restore", "-n", "b")
    assert "imported no rows" in program.log()


def test_rows_without_binlogs_are_no_success(backup, restore):
    backup.partition(10, "_default").segment(20)
    backup.collection["partition_backups"][0]["segment_backups"][0]["binlogs"] = []
    backup.write()
    with Server("2.6.4") as server:
        result = restore(server, ok=False)
    assert "segment 20" in result.err and server.events == []


@pytest.mark.parametrize(
    ("there", "arguments", "events"),
    [
        (True, [], None),
        (False, ["--skip_create_collection"], None),
        (True, ["--skip_create_collection"], []),
        (True, ["--drop_exist_collection"], ["drop", "create"]),
        (False, ["--drop_exist_collection"], ["create"]),
        (True, ["--drop_exist_collection", "--skip_create_collection"], ["drop", "create"]),
        (False, ["--drop_exist_collection", "--skip_create_collection"], ["create"]),
    ],
)
def test_what_becomes_of_a_target(backup, restore, there, arguments, events):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        if there:
            server._create(
                milvus_pb2.CreateCollectionRequest(
                    collection_name="c",
                    schema=schema_pb2.CollectionSchema(
                        fields=[
                            schema_pb2.FieldSchema(name="id", data_type=5),
                            schema_pb2.FieldSchema(name="vec", data_type=101),
                        ]
                    ).SerializeToString(),
                )
            )
            server.events.clear()
        restore(server, *arguments, ok=events is not None)
        made = [event for event, _ in server.events if event in ("create", "drop")]
    assert made == (events or [])


def test_a_target_that_somebody_made_meanwhile(backup, restore):
    """Milvus takes the making of a collection that is there for done, so both would put their rows into it."""
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as server:
        server.answers["HasCollection"] = [milvus_pb2.BoolResponse(value=there) for there in (False, True)]
        result = restore(server, ok=False)
    assert result.code == EXISTS and "made by somebody else" in result.err
    assert server.events == []


# --- the copy in Milvus' own storage --------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path):
    backup = Backup(tmp_path / "far" / "backup" / "b")
    return backup.partition(10, "_default").segment(20, deletes=True).write()


def left_behind(data):
    return [path for path in data.rglob("*") if "restore-temp" in str(path)]


def test_a_backup_elsewhere_is_copied_for_the_import(data, elsewhere, restore):
    seen = []
    with Server("2.6.4") as server:

        def look(task, look):
            seen.extend(path for file in server.imports[0].files for path in Path(file).rglob("*") if path.is_file())
            return COMPLETED, ""

        server.outcome = look
        restore(server, backup_root=elsewhere.folder.parent)
        files = list(server.imports[0].files)
    assert all(file.startswith(f"{data}/restore-temp-") and "-default-c/binlogs/" in file for file in files)
    assert [file.split("/binlogs/")[1] for file in files] == ["insert_log/1/10/20/", "delta_log/1/10/20/"]
    assert len(seen) == 5 and all(path.name in ("7", "8") for path in seen)
    assert left_behind(data) == []


def test_the_copy_is_removed_after_a_failure(data, elsewhere, restore):
    with Server("2.6.4") as server:
        server.outcome = lambda task, look: (FAILED, "no")
        restore(server, ok=False, backup_root=elsewhere.folder.parent)
    assert server.imports and left_behind(data) == []


def test_the_copy_can_be_kept(data, elsewhere, restore):
    with Server("2.6.4") as server:
        restore(server, backup_root=elsewhere.folder.parent, keep=True)
    assert left_behind(data)


def record_checksums(backup, changed=()):
    """What `create` writes; for the changed objects a checksum of other bytes."""
    lines = []
    for path in sorted((backup.folder / "binlogs").rglob("*")):
        if path.is_file():
            key, data = str(path.relative_to(backup.folder)), path.read_bytes()
            crc = crc32c(data + b"!" if key in changed else data)
            lines.append(json.dumps({"key": key, "size": len(data), "crc32c": f"{crc:08x}"}) + "\n")
    (backup.folder / "meta" / "objects.jsonl").write_text("".join(lines))


DAMAGED = "binlogs/insert_log/1/10/20/20/100/7"


@pytest.mark.parametrize("keep", [False, True])
def test_a_copy_with_other_bytes_than_were_recorded_is_not_imported(data, elsewhere, restore, keep):
    record_checksums(elsewhere, changed=[DAMAGED])
    with Server("2.6.4") as server:
        result = restore(server, ok=False, backup_root=elsewhere.folder.parent, mode="streaming", keep=keep)
    assert result.code == CORRUPT and server.imports == []
    right, wrong = crc32c(b"0123456789"), crc32c(b"0123456789!")
    assert f"b/{DAMAGED}" in result.err and f"{right:08x}" in result.err and f"{wrong:08x}" in result.err
    assert "another copy of the backup" in result.err
    assert keep or left_behind(data) == []


@pytest.mark.parametrize("mode", ["auto", "streaming"])
def test_a_copy_with_the_recorded_bytes_is_imported(data, elsewhere, restore, mode):
    record_checksums(elsewhere)
    with Server("2.6.4") as server:
        restore(server, backup_root=elsewhere.folder.parent, mode=mode)
    assert len(server.imports) == 1


def test_checksums_that_cannot_be_read_do_not_stop_a_restore(data, elsewhere, restore, tmp_path):
    record_checksums(elsewhere, changed=[DAMAGED])
    with (elsewhere.folder / "meta" / "objects.jsonl").open("a") as file:
        file.write("{half a line")
    with Server("2.6.4") as server:
        restore(server, backup_root=elsewhere.folder.parent, mode="streaming")
    assert len(server.imports) == 1
    log = (tmp_path / "program" / "logs" / "backup.log").read_text()
    assert "not compared with checksums: objects.jsonl: line 6" in log


def test_the_copy_is_removed_after_an_interrupt(data, elsewhere, tmp_path):
    with Server("2.6.4") as server:
        server.outcome = lambda task, look: (STARTED, "")
        program = program_for(server, data, tmp_path / "program", elsewhere.folder.parent)
        process = program.start("restore", "-n", "b")
        deadline = time.monotonic() + 60
        while not server.looks and time.monotonic() < deadline:
            time.sleep(0.05)
        assert left_behind(data)
        os.kill(process.pid, signal.SIGINT)
        result = program.finish(process)
    assert result.code == 130
    assert "incomplete: default.c (made by this restore)" in result.err
    assert left_behind(data) == []
