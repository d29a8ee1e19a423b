"""What the tests of restore work with: a fake Milvus that imports, a backup that it can restore, and the program."""

import json

import pytest
from pymilvus.grpc_gen import common_pb2, milvus_pb2, schema_pb2
from testbed.layouts import FULL, level_files
from testbed.program import Program

from wire.fake_milvus import FakeMilvus, status

PENDING, FAILED, STARTED, COMPLETED = 0, 1, 2, 6
NOT_LOADED, LOADED = 1, 3
FLUSHED = 4  # SegmentState
CREATE = "/v2/vectordb/jobs/import/create"
DESCRIBE = "/v2/vectordb/jobs/import/describe"


class Collection:
    """What the fake knows of one; it keeps all of that under another name."""

    def __init__(self, number, schema):
        self.id = number
        self.schema = schema
        self.properties = {}
        self.partitions = ["_default"]
        self.loaded = set()
        self.rows = 0


class Server(FakeMilvus):
    """Remembers collections; an import is started at its first look and completed at its second.

    rows: task -> how many rows Milvus says that it imported; counted: whether it lists segments with as many.
    """

    def __init__(self, version):
        super().__init__(build_tags=f"v{version}")
        self.collections = {}
        self.aliases = {}
        self.imports = []
        self.events = []
        self.outcome = lambda task, look: (COMPLETED if look > 1 else STARTED, "")
        self.rows = lambda task: 5
        self.counted = lambda rows: rows
        self.looks = {}
        self.made = 0
        self.answers |= {
            "HasCollection": lambda r: milvus_pb2.BoolResponse(value=self._find(r.collection_name) is not None),
            "CreateCollection": self._create,
            "AddCollectionField": self._add_field,
            "AlterCollection": self._alter,
            "DropCollection": self._drop,
            "RenameCollection": self._rename,
            "CreateAlias": self._create_alias,
            "AlterAlias": self._alter_alias,
            "DescribeCollection": self._describe,
            "ShowPartitions": self._show_partitions,
            "CreatePartition": self._create_partition,
            "CreateIndex": self._note("index", "field_name"),
            "GetLoadState": self._load_state,
            "LoadCollection": self._load,
            "LoadPartitions": self._load_partitions,
            "GetPersistentSegmentInfo": self._segments,
            "Import": self._import,
            "GetImportState": self._state,
            "DescribeDatabase": lambda r: milvus_pb2.DescribeDatabaseResponse(db_name=r.db_name),
        }

    def make(self, name, fields=(("id", 5), ("vec", 101)), rows=0, loaded=(), aliases=()):
        """A collection that is there before the program runs."""
        schema = schema_pb2.CollectionSchema()
        for number, (field, data_type) in enumerate(fields):
            schema.fields.add(fieldID=100 + number, name=field, data_type=data_type)
        self.made += 1
        collection = self.collections[name] = Collection(self.made, schema)
        collection.rows, collection.loaded = rows, set(loaded)
        self.aliases |= dict.fromkeys(aliases, name)
        return collection

    def _find(self, name):
        return self.collections.get(self.aliases.get(name, name))

    def _note(self, what, field):
        def run(request):
            self.events.append((what, getattr(request, field)))
            return status()

        return run

    def _create(self, request):
        schema = schema_pb2.CollectionSchema.FromString(request.schema)
        for number, field in enumerate(schema.fields):
            field.fieldID = 100 + number
        self.made += 1
        self.collections[request.collection_name] = Collection(self.made, schema)
        self.events.append(("create", request.collection_name))
        return status()

    def _add_field(self, request):
        schema = self.collections[request.collection_name].schema
        field = schema_pb2.FieldSchema.FromString(request.schema)
        field.fieldID = 100 + len(schema.fields) + schema.enable_dynamic_field
        schema.fields.append(field)
        self.events.append(("add field", field.name))
        return status()

    def _alter(self, request):
        properties = {p.key: p.value for p in request.properties}
        self.collections[request.collection_name].properties |= properties
        self.events.append(("alter", properties))
        return status()

    def _drop(self, request):
        dropped = self.collections.pop(request.collection_name, None)
        self.aliases = {alias: name for alias, name in self.aliases.items() if name != request.collection_name}
        if dropped:
            self.events.append(("drop", request.collection_name))
        return status()

    def _rename(self, request):
        old, new = request.oldName, request.newName
        if old not in self.collections or self._find(new):
            return status(code=65535, error_code=1, reason=f"duplicated new collection name {new}, or no {old}")
        self.collections[new] = self.collections.pop(old)
        self.aliases = {alias: new if name == old else name for alias, name in self.aliases.items()}
        self.events.append(("rename", old, new))
        return status()

    def _create_alias(self, request):
        if self._find(request.alias) is not None:
            return status(code=65535, error_code=1, reason=f"{request.alias} exists")
        self.aliases[request.alias] = request.collection_name
        self.events.append(("new alias", request.alias, request.collection_name))
        return status()

    def _alter_alias(self, request):
        if request.alias not in self.aliases or request.collection_name not in self.collections:
            return status(code=1600, error_code=1, reason="alias not found")
        self.aliases[request.alias] = request.collection_name
        self.events.append(("alias", request.alias, request.collection_name))
        return status()

    def _describe(self, request):
        collection = self._find(request.collection_name)
        if collection is None:
            return milvus_pb2.DescribeCollectionResponse(status=status(code=100, error_code=4, reason="not found"))
        return milvus_pb2.DescribeCollectionResponse(
            schema=collection.schema,
            collectionID=collection.id,
            collection_name=request.collection_name,
            aliases=[alias for alias, name in self.aliases.items() if self.collections.get(name) is collection],
            properties=[common_pb2.KeyValuePair(key=k, value=v) for k, v in collection.properties.items()],
        )

    def _show_partitions(self, request):
        names = self._find(request.collection_name).partitions
        return milvus_pb2.ShowPartitionsResponse(partition_names=names, partitionIDs=range(1, len(names) + 1))

    def _create_partition(self, request):
        self.collections[request.collection_name].partitions.append(request.partition_name)
        self.events.append(("partition", request.partition_name))
        return status()

    def _load_state(self, request):
        collection = self._find(request.collection_name)
        asked = set(request.partition_names) or set(collection.partitions)
        return milvus_pb2.GetLoadStateResponse(state=LOADED if asked & collection.loaded else NOT_LOADED)

    def _load(self, request):
        collection = self._find(request.collection_name)
        collection.loaded = set(collection.partitions)
        self.events.append(("load", request.collection_name))
        return status()

    def _load_partitions(self, request):
        self._find(request.collection_name).loaded |= set(request.partition_names)
        self.events.append(("load", request.collection_name, *request.partition_names))
        return status()

    def _segments(self, request):
        rows = self.counted(self._find(request.collectionName).rows)
        infos = [milvus_pb2.PersistentSegmentInfo(segmentID=1, num_rows=rows, state=FLUSHED)] if rows else []
        return milvus_pb2.GetPersistentSegmentInfoResponse(infos=infos)

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
            asked = self.imports[task - 1]
            if not any(option.key == "l0_import" for option in asked.options):
                self.collections[asked.collection_name].rows += self.rows(task)
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
        (self.folder / "meta").mkdir(parents=True, exist_ok=True)
        (self.folder / FULL).write_text(json.dumps(self.full))
        for name, content in level_files(self.full).items():
            (self.folder / name).write_bytes(content)
        return self


@pytest.fixture
def data(tmp_path):
    """Milvus' own folder."""
    (tmp_path / "data" / "backup").mkdir(parents=True)
    return tmp_path / "data"


@pytest.fixture
def backup(data):
    return Backup(data / "backup" / "b")


def program_for(server, data, folder, backup_root=None, keep=False, mode="auto", patience=0):
    config = {
        "configVersion": "v2",
        "milvus": {
            "grpc": {"address": "127.0.0.1", "port": server.port},
            "rest": {"endpoint": server.web},
            "storage": {"provider": "local", "rootPath": str(data)},
        },
        "backup": {"storage": {"rootPath": str(backup_root or data / "backup")}},
        "restore": {"keepTempFiles": keep},
        "transfer": {"mode": mode, "patienceSeconds": patience},
    }
    return Program(folder, config)


@pytest.fixture
def restore(data, tmp_path):
    def run(server, *arguments, ok=True, code=None, **options):
        program = program_for(server, data, tmp_path / "program", **options)
        if ok:
            return program.ok("restore", "-n", "b", *arguments)
        return program.fails("restore", "-n", "b", *arguments, code=code)

    return run


def paths(data, *keys):
    return [f"{data}/backup/b/binlogs/{key}/" for key in keys]


def options(request):
    return {o.key: o.value for o in request.options}
