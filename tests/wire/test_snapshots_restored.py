"""Restoring backups of snapshots, with a fake of Milvus 3.0: what comes back, what was asked, what is refused."""

import json

import pytest
from testbed import grpc_stub
from testbed.backup_server import BackupServer
from testbed.places import BucketPlace
from testbed.ports import free_port
from testbed.program import CORRUPT, EXISTS, FAILURE, Program, merged
from testbed.server import wait_until
from testbed.stores import VersityGw

from wire.test_schedule import was_due
from wire.worlds import IVF, content, fill, indexes, key, milvus_of, names, program_over, service, some_rows, starting, text, vector

VERSION = "3.0.6"
CHANGING = {"CreateCollection", "CreateIndex", "CreatePartition", "Import", "RestoreExternalSnapshot", "DropCollection"}


@pytest.fixture(scope="module")
def world(request, tmp_path_factory):
    """A Milvus with collections of every kind, a backup b of all of them, and what lay in it."""
    folder = tmp_path_factory.mktemp("world")
    with starting(folder, request) as milvus_of:
        milvus = fill(milvus_of(VERSION, in_bucket=True))
        originals = names(milvus)
        program = program_over(milvus, folder)
        program.ok("create", "-n", "b")
        milvus.forget_calls()
        yield milvus, originals, program


def full_meta(milvus, name="b"):
    return json.loads(milvus.place.get(f"backup/{name}/meta/full_meta.json"))


def drop_copies(milvus, originals):
    for database, name in set(names(milvus)) - set(originals):
        for alias in milvus.aliases_of(milvus.collection(database, name)):
            milvus.drop_alias(database, alias)
        milvus.drop_collection(database, name)
    milvus.forget_calls()


def test_everything_comes_back(world):
    milvus, originals, program = world
    told = program.ok("--json", "restore", "-n", "b", "-s", "_copy", "--load").json()
    assert names(milvus) == sorted(originals + [(database, f"{name}_copy") for database, name in originals])
    for database, name in originals:
        copy = f"{name}_copy"
        assert content(milvus, database, copy) == content(milvus, database, name)
        assert indexes(milvus, database, copy) == indexes(milvus, database, name)
        assert service(milvus, database, copy) == service(milvus, database, name)
    assert not (CHANGING - {"RestoreExternalSnapshot"}) & set(milvus.asked)
    places = {
        f"s3://{milvus.place.bucket}/backup/b/{c['snapshot_backup']['metadata_path']}": (c["db_name"], f"{c['collection_name']}_copy")
        for c in full_meta(milvus)["collection_backups"]
    }
    asked = {
        request.snapshot_metadata_uri: (headers["dbname"], request.target_collection_name)
        for method, request, headers in milvus.calls
        if method == "RestoreExternalSnapshot"
    }
    assert asked == places and {request.external_spec for request in milvus.all_of("RestoreExternalSnapshot")} == {""}
    assert told["warnings"] == [] or all("alias" in warning for warning in told["warnings"])
    rows = {(c["database"], c["collection"]): c["rows"] for c in told["collections"]}
    for database, name in originals:
        held = milvus.collection(database, name).live(l0=False)
        assert rows[database, f"{name}_copy"] == sum(len(segment.rows) for segment in held)
    drop_copies(milvus, originals)


def test_other_names_and_another_database(world):
    milvus, originals, program = world
    program.ok("restore", "-n", "b", "-c", "dynamic,sales.plain", "-r", "default.dynamic:archive.old,sales.plain:archive.plain")
    assert {found for found in names(milvus) if found[0] == "archive"} == {("archive", "old"), ("archive", "plain")}
    assert milvus.rows("old", "archive") == milvus.rows("dynamic")
    assert milvus.rows("plain", "archive") == milvus.rows("plain", "sales")
    drop_copies(milvus, originals)


# --- one collection ------------------------------------------------------------------------------------------------


@pytest.fixture
def milvus(milvus_of):
    milvus = milvus_of(VERSION, in_bucket=True)
    milvus.make(
        "c",
        [key(), text(), vector()],
        shards=2,
        indexes={"vec": IVF},
        aliases=["now"],
        properties={"mmap.enabled": "true", "collection.ttl.seconds": "0"},
        replicas=1,
    )
    milvus.insert("c", some_rows(0, 40))
    return milvus


@pytest.fixture
def program(milvus, tmp_path):
    program = program_over(milvus, tmp_path)
    program.ok("create", "-n", "b")
    milvus.forget_calls()
    return program


@pytest.mark.parametrize(
    "arguments",
    [["--skip_create_collection"], ["--meta_only"], ["--until", "2026-01-01T00:00:00Z"]],
    ids=lambda arguments: arguments[0],
)
def test_options_that_a_snapshot_has_not(milvus, program, arguments):
    assert arguments[0] in program.fails("restore", "-n", "b", *arguments, code=FAILURE).err
    assert not CHANGING & set(milvus.asked)


def test_options_that_have_no_effect_are_told(milvus, program):
    given = ["--restore_index", "--use_auto_index", "--drop_exist_index", "--use_v2_restore"]
    told = program.ok("--json", "restore", "-n", "b", "-s", "_copy", *given).json()
    for flag in given:
        assert any(flag in warning for warning in told["warnings"]), (flag, told["warnings"])
    assert indexes(milvus, "default", "c_copy") == indexes(milvus, "default", "c")


@pytest.mark.parametrize("how", [[], ["--drop_first"]], ids=["beside", "first"])
def test_in_the_place_of_one_that_is_there(milvus, program, how):
    milvus.insert("c", some_rows(100, 5))
    old = milvus.collection("default", "c").id
    assert "already exist" in program.fails("restore", "-n", "b", code=EXISTS).err
    program.ok("restore", "-n", "b", "--drop_exist_collection", "--load", *how)
    made = milvus.collection("default", "c")
    assert made.id != old and milvus.count("c") == 40 and names(milvus) == [("default", "c")]
    assert milvus.aliases_of(made) == ["now"] and made.loaded
    targets = [request.target_collection_name for request in milvus.all_of("RestoreExternalSnapshot")]
    assert (targets == ["c"]) == bool(how) and len(targets) == 1


@pytest.mark.parametrize("how", [[], ["--drop_exist_collection"]], ids=["new", "beside"])
def test_a_restore_that_fails_in_milvus(milvus, program, how):
    milvus.fails = "a disk is full"
    rename = [] if how else ["-s", "_copy"]
    message = program.fails("restore", "-n", "b", *how, *rename, code=FAILURE).err
    assert "a disk is full" in message
    assert ("as before: default.c" if how else "incomplete: default.c_copy (made by this restore)") in message
    assert milvus.count("c") == 40 and ("default", "c") in names(milvus)


def test_a_killed_restore_is_made_anew(milvus, program):
    """Milvus goes on with it; the next restore makes its own."""
    milvus.insert("c", some_rows(100, 5))
    running = []
    milvus.before["GetRestoreSnapshotState"] = lambda: running[0].kill()
    running.append(program.start("restore", "-n", "b", "--drop_exist_collection"))
    running[0].wait()
    milvus.before.clear()
    assert milvus.count("c") == 45 and len(names(milvus)) == 2
    program.ok("restore", "-n", "b", "--drop_exist_collection")
    assert milvus.count("c") == 40 and names(milvus) == [("default", "c")]


def test_users_and_roles_come_along(milvus, tmp_path, milvus_of):
    milvus.rbac.roles.add(name="reader")
    program_over(milvus, tmp_path).ok("create", "-n", "b", "--rbac")
    other = milvus_of(VERSION, in_bucket=True)
    told = program_over(other, tmp_path, backups_of=milvus).ok("--json", "restore", "-n", "b", "--rbac").json()
    assert [role.name for role in other.rbac.roles] == ["reader"] and told["warnings"] == []
    assert other.rows("c") == milvus.rows("c") and other.aliases_of(other.collection("default", "c")) == ["now"]


def test_a_restore_without_rows_is_an_error(milvus, program):
    milvus.loses = lambda rows: []
    assert "has no rows, and had 40" in program.fails("restore", "-n", "b", "-s", "_copy", code=CORRUPT).err


def test_rows_that_have_outlived_their_time(milvus, tmp_path):
    milvus.alter_collection("default", "c", {"collection.ttl.seconds": "5"})
    program = program_over(milvus, tmp_path)
    program.ok("create", "-n", "b")
    milvus.loses = lambda rows: []
    [warning] = [w for w in program.ok("--json", "restore", "-n", "b", "-s", "_copy").json()["warnings"] if "rows" in w]
    assert "default.c_copy has 0 rows, 40 fewer" in warning


def test_fewer_rows_are_told(milvus, program):
    milvus.loses = lambda rows: rows[1:]
    [warning] = [w for w in program.ok("--json", "restore", "-n", "b", "-s", "_copy").json()["warnings"] if "rows" in w]
    assert "default.c_copy has 38 rows, 2 fewer" in warning


def test_an_older_milvus(milvus, program, milvus_of, tmp_path):
    older = milvus_of("2.6.11", in_bucket=True)
    message = program_over(older, tmp_path, backups_of=milvus).fails("restore", "-n", "b", code=FAILURE).err
    assert "one of snapshots: they need Milvus 3.0 or later, this is v2.6.11" in message
    assert not CHANGING & set(older.asked)


# --- damage --------------------------------------------------------------------------------------------------------


def change_meta(change):
    def spoil(place):
        for name in ("full", "collection"):
            path = f"backup/b/meta/{name}_meta.json"
            content = json.loads(place.get(path))
            change((content.get("collection_backups") or content["infos"])[0])
            place.put(path, json.dumps(content, separators=(",", ":")).encode())

    return spoil


def bundle_keys(place, metadata=False):
    return [key for key in place.keys("backup/b/bundle/") if ("/metadata/" in key) == metadata]


def cut(place):
    found = bundle_keys(place)[0]
    place.put(found, place.get(found)[:-1])


def set_path(path):
    return change_meta(lambda collection: collection["snapshot_backup"].update(metadata_path=path))


def unrecorded(spoil):
    def both(place):
        place.remove("backup/b/meta/objects.jsonl")
        spoil(place)

    return both


DAMAGES = {
    "missing": (lambda place: place.remove(bundle_keys(place)[0]), "missing"),
    "cut": (cut, "another size"),
    "no metadata": (lambda place: place.remove(bundle_keys(place, True)[0]), "describes the snapshot, is missing"),
    "empty metadata": (lambda place: place.put(bundle_keys(place, True)[0], b""), "describes the snapshot, is empty"),
    "cut path": (set_path("bundle/1"), "missing"),
    "path of a folder": (set_path("bundle/"), "no file of the backup"),
    "path to elsewhere": (set_path("bundle/../../x"), "no file of the backup"),
    "no path": (set_path(""), "no file of the backup"),
    "no snapshot": (change_meta(lambda collection: collection.pop("snapshot_backup")), "no snapshot_backup"),
    "missing, unrecorded": (unrecorded(lambda place: place.remove(bundle_keys(place)[0])), "but milvus wrote"),
    "more files": (
        change_meta(lambda collection: collection["snapshot_backup"].update(total_files=10**6)),
        "but milvus wrote 1000000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_bundle_is_refused_before_anything_is_made(milvus, program, damage):
    spoil, named = DAMAGES[damage]
    spoil(milvus.place)
    assert named in program.fails("restore", "-n", "b", "-s", "_copy", code=CORRUPT).err
    assert not CHANGING & set(milvus.asked)


def test_a_backup_without_a_record_of_its_objects(milvus, program):
    """As the Go program writes it: no objects.jsonl, no number of rows."""
    milvus.place.remove("backup/b/meta/objects.jsonl")
    change_meta(lambda collection: collection.pop("row_count"))(milvus.place)
    told = program.ok("--json", "restore", "-n", "b", "-s", "_copy").json()
    assert milvus.count("c_copy") == 40 and [c["rows"] for c in told["collections"]] == [40]


def test_another_format_is_refused(milvus, program):
    for name in ("full", "backup"):
        path = f"backup/b/meta/{name}_meta.json"
        milvus.place.put(path, milvus.place.get(path).replace(b'"format":"snapshot"', b'"format":"parquet"'))
    assert "parquet" in program.fails("restore", "-n", "b", "-s", "_copy", code=FAILURE).err


# --- two storages --------------------------------------------------------------------------------------------------


def with_storage(milvus, folder, **storage):
    return Program(folder / "elsewhere", merged(milvus.config(), {"minio": storage}))


def there_and_back(milvus, program, place):
    """create and restore; the requests that named the storage."""
    program.ok("create", "-n", "b")
    assert place.keys("backup/b/bundle/") and place.keys("backup/b/meta/")
    program.ok("restore", "-n", "b", "-s", "_copy")
    assert milvus.rows("c_copy") == milvus.rows("c")
    assert program.ok("--json", "verify", "-n", "b").json()["faults"] == []
    [export], [restore] = milvus.all_of("ExportSnapshot"), milvus.all_of("RestoreExternalSnapshot")
    assert restore.external_spec == export.external_spec
    assert restore.snapshot_metadata_uri.startswith(export.target_s3_path + "/")
    return export


def test_another_bucket_of_the_same_service(milvus, tmp_path, request):
    store = request.getfixturevalue("store")
    bucket = f"{milvus.place.bucket}-backups"
    program = with_storage(milvus, tmp_path, backupBucketName=bucket)
    export = there_and_back(milvus, program, BucketPlace(store, bucket))
    assert export.target_s3_path.startswith(f"s3://{bucket}/backup/b/bundle/") and export.external_spec == ""


def test_another_address_for_milvus(milvus, tmp_path, request):
    store = request.getfixturevalue("store")
    auth = {"type": "static", "accessKeyID": store.access_key, "secretAccessKey": store.secret_key}
    service = {"provider": "minio", "address": "localhost", "port": store.port, "auth": auth, "bucketName": milvus.place.bucket}
    config = {
        "configVersion": "v2",
        "milvus": {
            "grpc": {"address": "127.0.0.1", "port": milvus.port},
            "rest": {"endpoint": milvus.web},
            "management": {"endpoint": milvus.web},
            "storage": {**service, "rootPath": "files"},
        },
        "backup": {"storage": {"rootPath": "backup", "milvusAddress": "127.0.0.1"}},
    }
    program = Program(tmp_path / "elsewhere", config)
    export = there_and_back(milvus, program, milvus.place)
    assert export.target_s3_path.startswith(f"minio://127.0.0.1:{store.port}/{milvus.place.bucket}/backup/b/")


@pytest.fixture
def other_service():
    with VersityGw(access_key="otheraccess", secret_key='other"secret\\key') as store:
        store.make_bucket("vault")
        yield store


def test_another_service(milvus, tmp_path, other_service):
    program = with_storage(milvus, tmp_path, **other_service.storage("vault", "backup", backup=True))
    export = there_and_back(milvus, program, BucketPlace(other_service, "vault"))
    assert export.target_s3_path.startswith(f"minio://127.0.0.1:{other_service.port}/vault/backup/b/bundle/")
    assert json.loads(export.external_spec) == {
        "extfs": {
            "cloud_provider": "minio",
            "use_ssl": "false",
            "access_key_id": "otheraccess",
            "access_key_value": 'other"secret\\key',
        }
    }
    assert not [name for name in milvus.place.keys() if "restore-temp" in name]


def test_a_backup_that_was_moved_to_another_service(milvus, program, tmp_path, other_service):
    moved = with_storage(milvus, tmp_path, **other_service.storage("vault", "backup", backup=True))
    program.ok("transfer", "-n", "b", "--to", moved.folder / "configs" / "backup.yaml")
    for found in milvus.place.keys("backup/"):
        milvus.place.remove(found)
    moved.ok("restore", "-n", "b", "-s", "_copy")
    assert milvus.rows("c_copy") == milvus.rows("c")
    [restore] = milvus.all_of("RestoreExternalSnapshot")
    assert restore.snapshot_metadata_uri.startswith(f"minio://127.0.0.1:{other_service.port}/vault/backup/b/bundle/")


def test_a_backup_that_was_moved_to_local_disk(milvus, program, tmp_path):
    (tmp_path / "kept").mkdir()
    local = {"backupStorageType": "local", "backupRootPath": str(tmp_path / "kept")}
    moved = with_storage(milvus, tmp_path, **local)
    program.ok("transfer", "-n", "b", "--to", moved.folder / "configs" / "backup.yaml")
    message = moved.fails("restore", "-n", "b", "-s", "_copy", code=FAILURE).err
    assert "minio.backupStorageType is local disk" in message and "transfer it to a storage" in message
    assert not CHANGING & set(milvus.asked)


# --- through the server --------------------------------------------------------------------------------------------


@pytest.fixture
def rest(program):
    with BackupServer(program) as server:
        yield server


def plan(**override):
    collection = {"source": "c", "target": "other", **({"override": override} if override else {})}
    return {"mapping": [{"source": "default", "target": "default", "colls": [collection]}]}


def restored(rest, **members):
    """The end of a restore, whatever it was."""
    answer = rest.post("restore", {"backup_name": "b", **members}).json()
    return answer.get("code", 0), answer["msg"]


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"skipCreateCollection": True}, "skipCreateCollection"),
        ({"metaOnly": True}, "metaOnly"),
        ({"truncateBinlogByTs": True}, "truncateBinlogByTs"),
        ({"ezkMapping": {"a": "b"}}, "ezkMapping"),
        ({"maxShardNum": 1}, "maxShardNum"),
        ({"restorePlan": plan(shardNum=2)}, "restorePlan"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_members_that_a_snapshot_has_not(milvus, rest, members, named):
    suffix = {} if "restorePlan" in members else {"collection_suffix": "_copy"}
    code, message = restored(rest, **members, **suffix)
    assert code != 0 and named in message, message
    assert not CHANGING & set(milvus.asked)


def test_what_is_to_be_otherwise(milvus, rest):
    """Shards that do not bind, a description, and keys that are taken away again: no more than there are."""
    milvus.insert("c", some_rows(100, 1))
    skips = {
        "collectionProperties": ["collection.ttl.seconds", "nothing"],
        "fieldTypeParams": ["max_length"],
        "indexParams": ["params", "nothing"],
    }
    code, message = restored(rest, restorePlan=plan(description="a second one"), maxShardNum=2, skipParams=skips)
    assert (code, message) == (0, "success")
    made = milvus.collection("default", "other")
    assert made.schema.description == "a second one" and made.properties == {"mmap.enabled": "true"}
    assert [pair.key for f in made.schema.fields for pair in f.type_params] == ["dim"]
    assert indexes(milvus, "default", "other") == [("vec", [("index_type", "IVF_FLAT"), ("metric_type", "L2")])]
    assert [list(request.delete_keys) for request in milvus.all_of("AlterCollectionField")] == [["max_length"]]
    assert milvus.count("other") == 40


def test_one_snapshot_several_times(milvus, rest):
    targets = [{"source": "c", "target": name} for name in ("one", "two")]
    code, message = restored(rest, restorePlan={"mapping": [{"source": "default", "target": "default", "colls": targets}]})
    assert (code, message) == (0, "success")
    assert milvus.rows("one") == milvus.rows("two") == milvus.rows("c")


def test_a_backup_by_rest(milvus, rest):
    for name, members, found in (("r1", {}, "snapshot"), ("r2", {"format": "binlog"}, ""), ("r3", {"format": "snapshot"}, "snapshot")):
        assert rest.post("create", {"backup_name": name, **members}).json()["msg"] == "success"
        assert full_meta(milvus, name).get("format", "") == found
        assert rest.get("get_backup", backup_name=name).data.get("format", "") == found
    answer = rest.post("create", {"backup_name": "r4", "format": "SNAPSHOT"})
    assert answer.code == 3 and "format" in answer.json()["msg"]


@pytest.mark.parametrize(("members", "found"), [({}, "snapshot"), ({"format": "binlog"}, "")], ids=["auto", "binlog"])
def test_a_backup_by_a_schedule(milvus, program, tmp_path, members, found):
    schedule = {"name": "n", "cron": "0 3 * * *", "backupName": "n_%Y%m%d", **members}
    was_due(tmp_path, schedule)
    changes = {"server": {"stateDir": str(tmp_path / "state")}, "schedules": [schedule]}
    described = lambda: [key for key in milvus.place.keys("backup/n_") if key.endswith("/backup_meta.json")]
    with BackupServer(Program(program.folder, merged(program.config, changes))):
        wait_until(described, 60, "a backup of the schedule")
    assert json.loads(milvus.place.get(described()[0])).get("format", "") == found


def test_a_backup_by_grpc(milvus, program):
    with BackupServer(Program(program.folder, merged(program.config, {"server": {"grpcPort": free_port()}}))) as server:
        with grpc_stub.open_channel(server) as channel:
            stub, m = grpc_stub.backups(channel), grpc_stub.messages()
            for name, members, found in (("g1", {}, "snapshot"), ("g2", {"format": "binlog"}, "")):
                assert stub.CreateBackup(m.CreateBackupRequest(backup_name=name, **members)).msg == "success"
                assert full_meta(milvus, name).get("format", "") == found
                assert stub.GetBackup(m.GetBackupRequest(backup_name=name)).data.format == found
            assert "format" in stub.CreateBackup(m.CreateBackupRequest(backup_name="g3", format="odd")).msg


# --- secrets -------------------------------------------------------------------------------------------------------


def test_what_milvus_repeats_of_the_secret_is_not_told(milvus, tmp_path, other_service):
    """It cannot get there, and says with what it tried."""
    storage = other_service.storage("nowhere", "backup", backup=True)
    program = with_storage(milvus, tmp_path, **storage)
    other_service.make_bucket("nowhere")
    milvus.before["ExportSnapshot"] = lambda: other_service.client().delete_bucket(Bucket="nowhere")
    milvus.before["CreateSnapshot"] = lambda: [
        other_service.client().delete_object(Bucket="nowhere", Key=key) for key in other_service.keys("nowhere")
    ]
    result = program.fails("create", "-n", "b")
    assert "cannot be reached" in result.err
    for text in (result.err, program.log()):
        assert 'other"secret' not in text and "other\\\"secret" not in text and "secret\\\\key" not in text
