"""restore over a collection that exists, against a fake Milvus: what is done in which order, and what is left when."""

import grpc
import pytest
from pymilvus.grpc_gen import milvus_pb2
from testbed.crc32c import crc32c
from testbed.program import CORRUPT, EXISTS, FAILURE, USAGE

from wire.fake_milvus import Abort, status
from wire.restoring import COMPLETED, FAILED, Backup, Server, backup, data, program_for, restore

REPLACE = "--drop_exist_collection"


def beside(name, word):
    most = 255 - len(f"_mb_{word}_") - 8
    return f"{name[:most]}_mb_{word}_{crc32c(name.encode()):08x}"


NEW, OLD = beside("c", "restoring"), beside("c", "replaced")


@pytest.fixture
def rows(backup):
    return backup.partition(10, "_default").segment(20).write()


def steps(server, *kinds):
    return [event for event in server.events if event[0] in kinds]


def changes(server):
    return steps(server, "create", "drop", "rename", "alias", "load")


SWAP = [("rename", "c", OLD), ("rename", NEW, "c"), ("drop", OLD)]


@pytest.mark.parametrize(
    ("there", "arguments", "events"),
    [
        (True, [], None),
        (False, ["--skip_create_collection"], None),
        (True, ["--skip_create_collection"], []),
        (True, [REPLACE], [("create", NEW), *SWAP]),
        (False, [REPLACE], [("create", "c")]),
        (True, [REPLACE, "--skip_create_collection"], [("create", NEW), *SWAP]),
        (False, [REPLACE, "--skip_create_collection"], [("create", "c")]),
        (True, [REPLACE, "--meta_only"], [("create", NEW), *SWAP]),
        (True, [REPLACE, "--drop_first"], [("drop", "c"), ("create", "c")]),
    ],
)
@pytest.mark.parametrize("version", ["2.2.16", "2.3.5", "2.6.4"])
def test_what_becomes_of_a_target(rows, restore, version, there, arguments, events):
    with Server(version) as server:
        if there:
            server.make("c")
        restore(server, *arguments, ok=events is not None)
    assert changes(server) == (events or [])
    assert set(server.collections) <= {"c"}


def test_nothing_is_renamed_before_all_rows_are_in(rows, restore):
    with Server("2.6.4") as server:
        old = server.make("c", rows=7)
        restore(server, REPLACE)
    assert [event[0] for event in steps(server, "create", "completed", "rename", "drop")] == [
        "create",
        "completed",
        "rename",
        "rename",
        "drop",
    ]
    assert server.imports[0].collection_name == NEW
    assert server.collections["c"].rows == 5 and server.collections["c"] is not old


def test_a_server_that_cannot_rename_drops_last(rows, restore):
    with Server("2.2.8") as server:
        server.make("c")
        restore(server, REPLACE)
    assert changes(server) == [("drop", "c"), ("create", "c")]


@pytest.mark.parametrize("version", ["2.2.8", "2.6.4"])
def test_all_is_staged_before_the_target_is_dropped(data, tmp_path, restore, version):
    far = Backup(tmp_path / "far" / "backup" / "b")
    far.partition(10, "_default").segment(20).partition(11, "p").segment(21, deletes=True).write()
    with Server(version) as server:
        server.make("c")
        seen = []

        def drop(request):
            seen.extend(path for path in data.glob("restore-temp-*/**/*") if path.is_file() and "owner" not in path.name)
            return server._drop(request)

        server.answers["DropCollection"] = drop
        restore(server, REPLACE, "--drop_first", backup_root=far.folder.parent)
    assert len(seen) == 9


# --- what fails leaves the old one as it was -------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["CreateCollection", "CreatePartition", "Import", "GetLoadState", "RenameCollection"])
def test_a_failure_leaves_what_was_there(backup, restore, method):
    backup.partition(10, "_default").segment(20).partition(11, "p").segment(21).write()
    with Server("2.3.5") as server:
        old = server.make("c", rows=7, aliases=["al"])
        server.answers[method] = Abort(grpc.StatusCode.INVALID_ARGUMENT, "no")
        result = restore(server, REPLACE, ok=False)
    assert server.collections == {"c": old} and server.aliases == {"al": "c"}
    assert "as before: default.c" in result.err


@pytest.mark.parametrize("how", ["failed", "rows"])
def test_an_import_that_fails_leaves_what_was_there(rows, restore, how):
    with Server("2.3.5") as server:
        old = server.make("c", rows=7)
        if how == "failed":
            server.outcome = lambda task, look: (FAILED, "no")
        else:
            server.rows = lambda task: 4
        result = restore(server, REPLACE, ok=False)
    assert result.code == (FAILURE if how == "failed" else CORRUPT)
    assert server.collections == {"c": old} and ("drop", NEW) in server.events


def test_a_second_rename_that_fails_is_taken_back(rows, restore):
    with Server("2.6.4") as server:
        old = server.make("c", rows=7)

        def rename(request):
            return status(code=65535, error_code=1, reason="no") if request.oldName == NEW else server._rename(request)

        server.answers["RenameCollection"] = rename
        result = restore(server, REPLACE, ok=False)
    assert server.collections == {"c": old} and "as before: default.c" in result.err


def test_a_rename_whose_answer_was_lost(rows, restore):
    """The second attempt finds nothing of the old name: the ids say that all is well."""
    with Server("2.6.4") as server:
        server.make("c", rows=7)

        def rename(request):
            server._rename(request)
            return server._rename(request)

        server.answers["RenameCollection"] = rename
        restore(server, REPLACE)
    assert list(server.collections) == ["c"] and server.collections["c"].rows == 5


def test_another_restore_to_the_same_target(rows, restore):
    """It has dropped what this one had made, and makes its own: the rows of both would go into that."""
    with Server("2.6.4") as server:
        old = server.make("c", rows=7)

        def outcome(task, look):
            server.make(NEW)
            return COMPLETED, ""

        server.outcome = outcome
        result = restore(server, REPLACE, ok=False)
    assert result.code == EXISTS and "another restore" in result.err
    assert server.collections["c"] is old


# --- aliases and loading ---------------------------------------------------------------------------------------------


def test_aliases_move_before_the_old_one_is_dropped(rows, restore):
    with Server("2.6.4") as server:
        server.make("c", aliases=["al", "other"])
        restore(server, REPLACE)
    assert server.aliases == {"al": "c", "other": "c"}
    assert [event[0] for event in changes(server)] == ["create", "rename", "rename", "alias", "alias", "drop"]


def test_a_target_that_is_an_alias_is_not_replaced(rows, restore):
    with Server("2.6.4") as server:
        server.make("real", rows=7, aliases=["c"])
        result = restore(server, REPLACE, ok=False)
    assert result.code == EXISTS and "alias" in result.err and changes(server) == []


def index_of_vec(backup):
    params = {"index_type": "FLAT", "metric_type": "L2"}
    backup.collection["has_index"] = True
    backup.collection["index_infos"] = [{"field_name": "vec", "index_name": "vec", "params": params}]
    return backup


@pytest.mark.parametrize(
    ("loaded", "arguments", "expected"),
    [
        ([], ["--restore_index"], []),
        (["_default", "p"], ["--restore_index"], [("load", NEW)]),
        (["p"], ["--restore_index"], [("load", NEW, "p")]),
        (["_default", "p"], [], []),
    ],
)
def test_what_served_goes_on_serving(backup, restore, loaded, arguments, expected):
    index_of_vec(backup.partition(10, "_default").segment(20).partition(11, "p").segment(21)).write()
    with Server("2.6.4") as server:
        server.make("c", loaded=loaded).partitions.append("p")
        result = restore(server, REPLACE, *arguments)
    assert steps(server, "load") == expected
    if expected:
        assert server.events.index(expected[0]) < server.events.index(("rename", "c", OLD))
    assert ("restore its indexes" in result.err) == bool(loaded and not arguments)


def test_a_load_that_fails_leaves_what_was_there(backup, restore):
    index_of_vec(backup.partition(10, "_default").segment(20)).write()
    with Server("2.6.4") as server:
        old = server.make("c", loaded=["_default"])
        server.answers["LoadCollection"] = status(code=65535, error_code=1, reason="not enough memory")
        result = restore(server, REPLACE, "--restore_index", ok=False)
    assert server.collections == {"c": old} and "not enough memory" in result.err and "--drop_first" in result.err


# --- what a killed restore leaves ------------------------------------------------------------------------------------


def left_by_a_killed_restore(server, at):
    """The fake as a restore that was killed leaves it, and the collection of the rows from before, if it is there."""
    old = server.make("c", rows=7, aliases=["al"])
    if at != "swapped":
        server.make(NEW, rows=5)
    if at in ("between", "swapped"):
        server._rename(milvus_pb2.RenameCollectionRequest(oldName="c", newName=OLD))
    if at == "swapped":
        new = server.make("c", rows=5)
        old.properties["milvus_backup.replaced_by"] = str(new.id)
    server.events.clear()
    return old


@pytest.mark.parametrize("at", ["filling", "between", "swapped"])
def test_the_next_restore_mends(rows, restore, at):
    with Server("2.3.5") as server:
        left_by_a_killed_restore(server, at)
        restore(server, REPLACE)
    assert list(server.collections) == ["c"] and server.collections["c"].rows == 5
    assert server.aliases == {"al": "c"}


@pytest.mark.parametrize("at", ["between", "swapped"])
def test_a_restore_without_the_flag_mends_too(rows, restore, at):
    with Server("2.3.5") as server:
        old = left_by_a_killed_restore(server, at)
        result = restore(server, ok=False)
    assert result.code == EXISTS and server.imports == []
    assert (server.collections["c"] is old) == (at == "between")
    assert OLD not in server.collections and server.aliases == {"al": "c"}


def test_a_target_that_somebody_made_where_one_was_renamed_away(rows, restore):
    with Server("2.3.5") as server:
        old = left_by_a_killed_restore(server, "between")
        old.properties["milvus_backup.replaced_by"] = "4711"
        other = server.make("c")
        result = restore(server, REPLACE, ok=False)
    assert result.code == EXISTS and OLD in result.err
    assert server.collections["c"] is other and server.collections[OLD] is old


def test_long_names_stay_within_what_milvus_allows(backup, data, tmp_path):
    backup.partition(10, "_default").segment(20).write()
    name = "n" * 250
    with Server("2.3.5") as server:
        server.make(name)
        program_for(server, data, tmp_path / "program").ok("restore", "-n", "b", "-r", f"c:{name}", REPLACE)
    made = [event[1] for event in steps(server, "create")] + [event[2] for event in steps(server, "rename")]
    assert made == [beside(name, "restoring"), beside(name, "replaced"), name]
    assert all(len(one) <= 255 for one in made)


def test_drop_first_goes_with_the_other_flag(data, tmp_path):
    with Server("2.6.4") as server:
        program = program_for(server, data, tmp_path / "program")
    assert REPLACE in program.fails("restore", "-n", "b", "--drop_first", code=USAGE).err


def test_the_mark_is_not_restored(backup, restore):
    backup.collection["properties"] = [{"key": "milvus_backup.replaced_by", "value": "7"}]
    backup.partition(10, "_default").segment(20).write()
    with Server("2.6.4") as server:
        restore(server)
        assert server.properties() == {}


# --- strays and archived objects -------------------------------------------------------------------------------------

STRAYS = ["insert_log/1/10/20/.DS_Store", "insert_log/1/10/20/20/101/Thumbs.db", "insert_log/1/10/20/20/100/9"]


@pytest.mark.parametrize("version", ["2.3.5", "2.6.4"])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_strays_are_left_out_and_told(data, tmp_path, restore, version, elsewhere):
    backup = Backup((tmp_path / "far" if elsewhere else data) / "backup" / "b")
    backup.partition(10, "_default").segment(20).partition(11, "p").segment(21, deletes=True).write()
    for stray in [*STRAYS, "delta_log/1/desktop.ini"]:
        path = backup.folder / "binlogs" / stray
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"?")
    seen = set()
    with Server(version) as server:

        def outcome(task, look):
            for folder in server.imports[task - 1].files:
                if "restore-temp-" in folder:
                    seen.update(str(path)[len(folder) :] for path in data.glob(f"{folder[len(str(data)) + 1:]}**/*"))
            return COMPLETED, ""

        server.outcome = outcome
        result = restore(server, backup_root=backup.folder.parent)
        staged = ["restore-temp-" in request.files[0] for request in server.imports]
    assert staged == [True, elsewhere]
    assert "4 objects" in result.err and STRAYS[0] in result.err
    assert seen and not any(stray.endswith(name) for name in seen for stray in (".DS_Store", "Thumbs.db", "100/9"))
    assert not list(data.glob("restore-temp-*"))


def test_deletes_beside_strays_are_staged(data, backup, restore):
    backup.partition(10, "_default").segment(20, deletes=True)
    backup.collection["partition_backups"][0]["segment_backups"][0]["deltalogs"] = [{}]
    backup.write()
    (backup.folder / "binlogs/delta_log/1/10/20/.nfs0001").write_bytes(b"?")
    with Server("2.6.4") as server:
        restore(server)
        [insert, delta] = server.imports[0].files
    assert "restore-temp-" in insert and "restore-temp-" in delta


@pytest.mark.parametrize("flags", [[], [REPLACE], [REPLACE, "--drop_first"]])
def test_objects_that_are_not_given_out_are_found_before_anything_is_changed(backup, data, tmp_path, flags):
    backup.partition(10, "_default").segment(20).partition(11, "p").segment(21, deletes=True).write()
    with Server("2.6.4") as server:
        server.make("c" if flags else "other", rows=7)
        program = program_for(server, data, tmp_path / "program")
        options = {"over": "local", "fault.rules": "get:key=delta_log:error=FORBIDDEN"}
        program.configure(backup={"storage": {"provider": "fault", "options": options}})
        result = program.fails("restore", "-n", "b", *flags)
    assert server.events == [] and "delta_log/1/11/21/21/8" in result.err, result
