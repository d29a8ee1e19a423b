"""What create and restore do by their flags, against fakes of Milvus 2.4 and later with a memory: one collection each."""

import json
from datetime import UTC, datetime

import pytest
from pymilvus.grpc_gen import milvus_pb2
from testbed.program import CORRUPT

from wire.worlds import IVF, content, indexes, key, milvus_of, names, program_over, some_rows, text, vector

VERSIONS = ["2.4.15", "2.5.8", "2.6.11", "3.0.0"]
FIELDS = [key(), text(), vector()]


@pytest.fixture(params=VERSIONS)
def milvus(request, milvus_of):
    """Thirty rows that are written out."""
    milvus = milvus_of(request.param)
    milvus.make("c", FIELDS, indexes={"vec": IVF}, aliases=["now"], properties={"mmap.enabled": "true"})
    milvus.insert("c", some_rows(0, 30))
    milvus.flush("c")
    milvus.forget_calls()
    return milvus


@pytest.fixture
def program(milvus, tmp_path):
    return program_over(milvus, tmp_path)


@pytest.fixture
def kept(program):
    """A backup b of it."""
    program.ok("create", "-n", "b")
    return program


def ids(milvus, name):
    return sorted(row["id"] for row in milvus.rows(name))


# --- create --------------------------------------------------------------------------------------------------------


def test_without_a_flush_it_is_what_was_written_out(milvus, program):
    milvus.insert("c", some_rows(100, 10))
    program.ok("create", "-n", "b", "--strategy", "skip_flush")
    assert not {"Flush", "FlushAll"} & set(milvus.asked)
    program.ok("restore", "-n", "b", "-s", "_copy")
    assert ids(milvus, "c_copy") == list(range(30))


def test_one_by_one_where_that_is_asked_for(milvus, program):
    milvus.insert("c", some_rows(100, 10))
    program.ok("create", "-n", "b", "--strategy", "serial_flush")
    assert "Flush" in milvus.asked and "FlushAll" not in milvus.asked
    program.ok("restore", "-n", "b", "-s", "_copy")
    assert ids(milvus, "c_copy") == [*range(30), *range(100, 110)]


@pytest.mark.parametrize("side", ["create", "restore"])
def test_without_data(milvus, program, side):
    program.ok("create", "-n", "b", *(["--strategy", "meta_only"] if side == "create" else []))
    program.ok("restore", "-n", "b", "-s", "_copy", "--restore_index", *(["--meta_only"] if side == "restore" else []))
    assert "Import" not in milvus.asked and milvus.count("c_copy") == 0
    empty = content(milvus, "default", "c") | {"rows": {"_default": []}}
    assert content(milvus, "default", "c_copy") == empty
    assert indexes(milvus, "default", "c_copy") == indexes(milvus, "default", "c")


def test_users_of_one_server_for_another(milvus, milvus_of, tmp_path, program):
    everybody = milvus_pb2.BackupRBACMetaResponse().RBAC_meta
    everybody.roles.add(name="readers")
    everybody.users.add(user="eve", password="hash").roles.add(name="readers")
    milvus.add_rbac(everybody)
    program.ok("create", "-n", "b", "--rbac")
    target = milvus_of(milvus.version.number)
    program_over(target, tmp_path, backups_of=milvus).ok("restore", "-n", "b", "--rbac")
    assert target.rbac == everybody and ids(target, "c") == list(range(30))


@pytest.mark.parametrize(
    "flags", [["-c", "c"], ["-d", "default"], ["-a", '{"default":["c"]}'], ["--filter", "default.*"]], ids=lambda flags: flags[0]
)
def test_a_part_of_what_is_there(milvus, program, flags):
    milvus.make("d", FIELDS, database="other")
    program.ok("create", "-n", "b", "--meta_only", *flags)
    held = json.loads(milvus.place.get("backup/b/meta/full_meta.json"))["collection_backups"]
    assert [c["collection_name"] for c in held] == ["c"]


# --- restore -------------------------------------------------------------------------------------------------------


def test_rows_are_added_to_what_is_there(milvus, kept):
    milvus.make("d", FIELDS)
    milvus.insert("d", some_rows(500, 5))
    milvus.flush("d")
    kept.ok("restore", "-n", "b", "-r", "c:d", "--skip_create_collection")
    assert ids(milvus, "d") == [*range(30), *range(500, 505)]


@pytest.mark.parametrize("flags", [[], ["--drop_first"]], ids=["beside", "drop_first"])
def test_what_is_there_is_replaced(milvus, kept, flags):
    before, old = content(milvus, "default", "c"), milvus.collection("default", "c").id
    milvus.delete("c", range(20))
    milvus.flush("c")
    milvus.create_alias("default", "later", "c")  # the backup has it not
    kept.ok("restore", "-n", "b", "--drop_exist_collection", *flags)
    assert content(milvus, "default", "c") == before and milvus.collection("default", "c").id != old
    kept_aliases = ["now"] if flags else ["later", "now"]
    assert names(milvus) == [("default", "c")] and milvus.aliases_of(milvus.collection("default", "c")) == kept_aliases


def test_what_came_later_stays_out(milvus, program):
    moment = datetime.fromtimestamp((milvus.clock.tick() >> 18) / 1000, UTC)
    milvus.clock.go_on(5)
    milvus.insert("c", some_rows(100, 10))
    milvus.delete("c", [3])
    milvus.flush("c")
    program.ok("create", "-n", "b")
    program.ok("restore", "-n", "b", "-s", "_then", "--until", moment.isoformat(timespec="milliseconds"))
    assert len(ids(milvus, "c")) == 39 and set(ids(milvus, "c_then")) >= set(range(30)) - {3}
    assert not set(ids(milvus, "c_then")) & set(range(100, 110))


def test_rows_that_get_lost_are_an_error(milvus, kept):
    milvus.loses = lambda rows: rows[:29]
    assert "29 rows" in kept.fails("restore", "-n", "b", "-s", "_copy", code=CORRUPT).err


def test_indexes_of_milvus_own_choice(milvus, kept):
    kept.ok("restore", "-n", "b", "-s", "_copy", "--restore_index", "--use_auto_index")
    [(_, params)] = indexes(milvus, "default", "c_copy")
    assert dict(params) == {"index_type": "AUTOINDEX", "metric_type": "L2"}


def test_indexes_that_are_there_are_dropped(milvus, kept):
    milvus.make("d", FIELDS, indexes={"vec": IVF})
    kept.ok("restore", "-n", "b", "-r", "c:d", "--skip_create_collection", "--drop_exist_index")
    assert indexes(milvus, "default", "d") == [] and ids(milvus, "d") == list(range(30))


def test_other_names_and_databases(milvus, kept):
    kept.ok("restore", "-n", "b", "-r", "default.*:other.*", "-s", "_x", "--filter", "other.*")
    assert names(milvus) == [("default", "c"), ("other", "c_x")]
    assert content(milvus, "other", "c_x")["rows"] == content(milvus, "default", "c")["rows"]
