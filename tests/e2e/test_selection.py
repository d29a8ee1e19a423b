"""Which collections a command works on, and what they are called afterwards. Descriptions only: no data is moved."""

import json

import pytest
from testbed.data import COLLECTIONS
from testbed.program import NOT_FOUND, USAGE, Program

pytestmark = pytest.mark.parametrize("site", ["local"], indirect=True)

ALL = set(COLLECTIONS)
SALES = ("sales", "partitions")


def default(*names):
    return {("default", name) for name in names}


CREATE = {
    "nothing named": ([], ALL),
    "-c": (["-c", "all_types,sales.partitions"], default("all_types") | {SALES}),
    "-d": (["-d", "sales"], {SALES}),
    "-a": (["-a", json.dumps({"default": ["empty", "auto_id"], "sales": []})], default("empty", "auto_id") | {SALES}),
    "--filter": (["--filter", "empty,sales.*"], default("empty") | {SALES}),
    "--filter of a whole database": (["--filter", "default.*"], ALL - {SALES}),
    "--filter wildcard before one of its collections": (["--filter", "sales.*,sales.partitions"], {SALES}),
    "--filter of a database entry only": (["--filter", "sales."], set()),
    "-a beside what counts less": (["-a", '{"sales":[]}', "-c", "empty", "-d", "default"], {SALES}),
    "--filter beside what counts less": (["--filter", "empty", "-a", '{"sales":[]}'], default("empty")),
    "flags that are empty": (["--filter", "", "-a", "", "-d", "", "-c", "empty"], default("empty")),
}

RESTORE = {
    "suffix": (["-s", "_x"], {(database, f"{name}_x") for database, name in ALL}),
    "-c": (["-c", "empty,sales.partitions", "-s", "_x"], default("empty_x") | {("sales", "partitions_x")}),
    "-d": (["-d", "sales", "-s", "_x"], {("sales", "partitions_x")}),
    "-a": (["-a", '{"default":["auto_id"]}', "-s", "_x"], default("auto_id_x")),
    "rename one": (["-c", "empty", "-r", "empty:hollow"], default("hollow")),
    "rename into another database": (
        ["-c", "sales.partitions", "-r", "sales.partitions:default.sold"],
        default("sold"),
    ),
    "rename a database": (["-d", "sales", "-r", "sales.*:archive.*"], {("archive", "partitions")}),
    "exact rename before the database's": (
        ["-d", "sales", "-r", "sales.*:archive.*,sales.partitions:archive.parts"],
        {("archive", "parts")},
    ),
    "filter sees the new names": (["--filter", "hollow", "-r", "empty:hollow"], default("hollow")),
    "filter sees the suffix": (["--filter", "empty_x", "-s", "_x"], default("empty_x")),
}


def described(site, name):
    return {(c.get("db_name", "default"), c["collection_name"]) for c in site.meta(name).get("collection_backups", [])}


@pytest.mark.parametrize("case", CREATE)
def test_create(site, program, name, case):
    arguments, expected = CREATE[case]
    program.ok("create", "-n", name, "--meta_only", *arguments)
    assert described(site, name) == expected


@pytest.fixture(scope="module")
def everything(site, tmp_path_factory):
    Program(tmp_path_factory.mktemp("everything"), site.config).ok("create", "-n", "described", "--meta_only")
    return "described"


@pytest.mark.parametrize("case", RESTORE)
def test_restore(site, program, everything, case):
    arguments, expected = RESTORE[case]
    program.ok("restore", "-n", everything, "--meta_only", *arguments)
    assert site.collections() - ALL == expected


@pytest.mark.parametrize(
    "flag, value, named",
    [
        ("-c", "no_such_collection", "no_such_collection"),
        ("-c", "no_such_database.empty", "no_such_database"),
        ("-d", "no_such_database", "no_such_database"),
        ("-a", "{not json", "database_collections"),
        ("--filter", "with-dash", "with-dash"),
        ("--strategy", "no_such_strategy", "no_such_strategy"),
    ],
)
def test_create_refuses(site, program, name, flag, value, named):
    assert named in program.fails("create", "-n", name, flag, value).err
    assert site.backup(name) == {}
    assert name not in program.listed()


def test_a_filter_does_not_see_the_old_names(site, program, everything):
    arguments = ["--filter", "sales.partitions", "-r", "sales.partitions:sales.sold"]
    result = program.fails("restore", "-n", everything, *arguments, code=NOT_FOUND)
    assert "sales.partitions would have matched before: it becomes sales.sold" in result.err
    assert site.collections() == ALL


@pytest.mark.parametrize("command", ["create", "restore"])
def test_two_selections_that_exclude_each_other(program, name, command):
    """Versions of the Go program disagree about which of the two counts."""
    result = program.fails(command, "-n", name, "-c", "empty", "-d", "sales", code=USAGE)
    assert "--databases" in result.err and "--filter" in result.err


def test_selections_that_do_not_count_are_told(site, program, name):
    created = program.ok("create", "-n", name, "--meta_only", "-a", '{"default":["empty"]}', "-d", "sales")
    assert "--databases ignored" in created.err
    restored = program.ok("restore", "-n", name, "--meta_only", "--filter", "empty_x", "-s", "_x", "-c", "auto_id")
    assert "--collections ignored" in restored.err
    assert site.collections() - ALL == default("empty_x")


def test_a_strategy_counts_before_the_older_flags(site, program, name):
    created = program.ok("create", "-n", name, "-c", "auto_id", "--strategy", "bulk_flush", "--meta_only")
    assert "bulk_flush" in created.err and "--meta_only is ignored" in created.err
    assert site.meta(name)["collection_backups"][0]["size"] > 0


@pytest.mark.parametrize(
    "flag, value, named",
    [
        ("-r", "empty:with-dash", "with-dash"),
        ("-r", "empty", "rename"),
        ("--filter", "with-dash", "with-dash"),
        ("-a", "[]", "database_collections"),
    ],
)
def test_restore_refuses(site, program, everything, flag, value, named):
    assert named in program.fails("restore", "-n", everything, flag, value).err
    assert site.collections() == ALL
