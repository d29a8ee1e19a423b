"""The JSON files of a backup, key by key: the check itself on what the Go program wrote and on what is wrong with
intent, then the backups of our program, of every shape of collection."""

import json
import re
import tarfile
from collections import Counter

import pytest
from testbed.components import ROOT
from testbed.format import Check, Members, check_backup, check_files, go_json, load_table, read_files
from testbed.program import Program

from wire.format_shapes import ODD, Shapes

WRITERS = {"go_v0_4_15": "0.4.15", "go_v0_5_16": "0.5.16"}


@pytest.fixture(scope="session")
def archives(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archives")
    for name in WRITERS:
        with tarfile.open(ROOT / "tests" / "data" / "interop" / f"{name}.tar.gz") as archive:
            archive.extractall(folder)
    return folder


# ---------------------------------------------------------- the check itself


@pytest.mark.parametrize(("name", "writer"), WRITERS.items())
def test_what_the_go_program_wrote_passes(archives, name, writer):
    assert check_backup(archives / name, writer) == []


def test_an_older_writer_is_told_from_the_newest(archives):
    rules = Counter(fault.rule for fault in check_backup(archives / "go_v0_4_15"))
    assert set(rules) == {"files", "unknown", "elsewhere", "missing"}


EXAMPLES = {"bool": True, "int32": 7, "int64": -(2**53) - 1, "uint64": 2**64 - 1, "text": "a<b>", "base64": "AP8="}


def example(messages, kind):
    """A value of the type with everything in it; messages in messages end where they would never."""
    if kind in EXAMPLES:
        return EXAMPLES[kind]
    if kind.startswith("text"):
        return kind.partition("=")[2].split("|")[0]
    if kind[0] == "[":
        return [example(messages, kind[1:-1])]
    if kind[0] == "{":
        return Members((name, example(messages, kind[1:-1])) for name in ("A", "b", "é"))
    return Members((row.key, example(messages, row.type)) for row in messages[kind])


MESSAGES, FILES, _ = load_table()
ROWS = [(message, row) for message, rows in MESSAGES.items() for row in rows]


def faults_of(message, value):
    check = Check("newest")
    check.message("x", message, value, ())
    return {(fault.rule, fault.where) for fault in check.faults}


def changed(message, key, change):
    """The example of a message with one value changed, or without it."""
    full = example(MESSAGES, message)
    return Members((k, change(v) if k == key else v) for k, v in full if k != key or change is not None)


@pytest.mark.parametrize("message", MESSAGES)
def test_messages_with_all_keys_pass_and_in_another_order_fail(message):
    full = example(MESSAGES, message)
    assert faults_of(message, full) == set()
    assert faults_of(message, Members([*full, ("Name", "x")])) == {("unknown", "x")}
    assert ("twice", "x") in faults_of(message, Members([*full, full[0]]))
    if len(full) > 1:
        assert faults_of(message, Members(reversed(full))) == {("order", "x")}


@pytest.mark.parametrize(("message", "row"), ROWS, ids=[f"{message}.{row.key}" for message, row in ROWS])
def test_each_row_of_the_table_is_checked(message, row):
    where = f"x.{row.key}"
    lacks = faults_of(message, changed(message, row.key, None))
    assert lacks == ({("missing", "x")} if row.presence in ("always", "needed") else set())
    assert faults_of(message, changed(message, row.key, lambda _: None)) == {("null", where)}
    wrong = (lambda value: [value]) if row.type.startswith(("text", "base64")) else str
    assert ("type", where) in faults_of(message, changed(message, row.key, wrong))
    if row.type in MESSAGES:
        return
    zero = {"[": lambda _: [], "{": lambda _: Members()}.get(row.type[0], lambda value: type(value)())
    found = faults_of(message, changed(message, row.key, zero))
    assert found == (set() if row.presence == "always" else {("zero", "x")})
    if row.type in ("int32", "int64", "uint64"):
        assert faults_of(message, changed(message, row.key, lambda _: 2**64)) == {("range", where)}
        assert faults_of(message, changed(message, row.key, lambda _: 1.5)) == {("type", where)}
        assert faults_of(message, changed(message, row.key, lambda _: True)) == {("type", where)}
    if row.type == "base64":
        assert faults_of(message, changed(message, row.key, lambda _: "AP8")) == {("base64", where)}
    if "=" in row.type:
        assert faults_of(message, changed(message, row.key, lambda _: "odd")) == {("value", where)}
    if row.type[0] == "{":
        assert faults_of(message, changed(message, row.key, lambda v: Members(reversed(v)))) == {("sorted", where)}


def parsed(files, name):
    return json.loads(files[name], object_pairs_hook=Members)


def replaced(value, key, new):
    """An object with one key set, at its place or at the end; None takes it out."""
    kept = Members((k, new if k == key else v) for k, v in value if k != key or new is not None)
    return kept if new is None or key in value.keys() else Members([*kept, (key, new)])


def deep(value, path, change):
    """value with change done at the path of keys and numbers."""
    if not path:
        return change(value)
    if isinstance(path[0], int):
        return [deep(item, path[1:], change) if i == path[0] else item for i, item in enumerate(value)]
    return Members((k, deep(v, path[1:], change) if k == path[0] else v) for k, v in value)


def number_of(files, name, **wanted):
    """The first collection of full_meta.json whose name it is."""
    found = parsed(files, "full_meta.json").get("collection_backups")
    return next(i for i, collection in enumerate(found) if collection.get("collection_name") == name)


def in_full(*path, to):
    """Changes full_meta.json: path begins with the name of a collection."""

    def mutate(files):
        at = ["collection_backups", number_of(files, path[0]), *path[1:-1]] if path[0] else list(path[1:-1])
        changed_file = deep(parsed(files, "full_meta.json"), at, lambda value: replaced(value, path[-1], to))
        return files | {"full_meta.json": go_json(changed_file).encode()}

    return mutate


def in_text(name, old, new):
    def mutate(files):
        assert old.encode() in files[name]
        return files | {name: files[name].replace(old.encode(), new.encode(), 1)}

    return mutate


def in_infos(name, key, to):
    def mutate(files):
        changed_file = deep(parsed(files, name), ["infos", 0], lambda value: replaced(value, key, to))
        return files | {name: go_json(changed_file).encode()}

    return mutate


SEGMENT = ("partitions", "partition_backups", 0, "segment_backups", 0)
LOG = (*SEGMENT, "binlogs", 0, "binlogs", 0)
MUTATIONS = {
    "json": lambda files: files | {"segment_meta.json": files["segment_meta.json"][:-1]},
    "spelling": in_text("full_meta.json", ":", ": "),
    "type": in_text("backup_meta.json", '"size":68896', '"size":"68896"'),
    "range": in_full("empty", "shards_num", to=2**31),
    "null": in_text("full_meta.json", '"load_state":"NotLoad"', '"load_state":null'),
    "value": in_text("full_meta.json", '"load_state":"NotLoad"', '"load_state":"notLoad"'),
    "zero": in_full("empty", "aliases", to=[]),
    "missing": in_full("empty", "has_index", to=None),
    "unknown": in_full("empty", "start_time", to=1),
    "twice": in_text("backup_meta.json", '"size":68896', '"size":68896,"size":68896'),
    "order": in_text("backup_meta.json", '"state_code":0,"name":"go_v0_5_16"', '"name":"go_v0_5_16","state_code":0'),
    "sorted": in_text("full_meta.json", '"params":{"index_type":"IVF_FLAT","metric_type":"L2"', '"params":{"metric_type":"L2","index_type":"IVF_FLAT"'),
    "base64": in_full("empty", "channel_checkpoints", to=Members([("c", "AP8")])),
    "elsewhere": in_infos("partition_meta.json", "segment_backups", [Members([("size", 1)])]),
    "files": lambda files: {name: data for name, data in files.items() if name != "partition_meta.json"},
    "ids": in_full(*SEGMENT, "collection_id", to=1),
    "group": in_full(*SEGMENT, "group_id", to=1),
    "sizes": in_full(*LOG, "log_size", to=1),
    "l0": in_full(*SEGMENT, "is_l0", to=True),
    "path": in_full(*LOG, "log_path", to="files/insert_log/1/2/3/4/5"),
    "log id": in_full(*LOG, "log_id", to=1),
    "has index": in_full("partitions", "has_index", to=False),
    "index type": in_full("partitions", "index_infos", 0, "index_type", to="FLAT"),
    "hidden field": in_full("empty", "schema", "fields", 0, "name", to="$meta"),
    "index extra": in_full("partitions", "index_infos", 0, "field_id", to=101),
    "levels": in_infos("collection_meta.json", "shards_num", 9),
    "snapshot": in_full("empty", "snapshot_backup", to=Members([("metadata_path", "bundle/1/m.json")])),
}  # fmt: skip


def rules_of_the_check():
    """The names of rules in its source."""
    source = (ROOT / "tests" / "testbed" / "format.py").read_text()
    return set(re.findall(r'(?:Fault|self\.fault|check\.fault)\("([a-z0-9 ]+)"|expect\(faults, "([a-z0 ]+)"', source))


@pytest.mark.parametrize("rule", MUTATIONS)
def test_each_rule_finds_what_breaks_it(archives, rule):
    files = read_files(archives / "go_v0_5_16")
    mutated = MUTATIONS[rule](files)
    assert mutated != files
    assert rule in {fault.rule for fault in check_files(mutated)}


def test_no_rule_is_without_a_mutation():
    assert {first or second for first, second in rules_of_the_check()} == set(MUTATIONS)


# ---------------------------------------------------------------- our backups


@pytest.fixture
def backed_up(tmp_path):
    """Runs create against the shapes; gives the backup's folder."""
    def run(*arguments, version="2.6.11", folder="data"):
        data = tmp_path / folder
        data.mkdir()
        with Shapes(data, version) as server:
            milvus = {
                "grpc": {"address": "127.0.0.1", "port": server.port},
                "rest": {"endpoint": server.web},
                "management": {"endpoint": ""},
                "storage": {"provider": "local", "rootPath": str(data)},
            }
            backup = {"storage": {"rootPath": str(tmp_path / "backup")}, "pauseGC": False}
            program = Program(tmp_path / "program", {"configVersion": "v2", "milvus": milvus, "backup": backup})
            program.ok("create", "-n", "b", *arguments)
        return tmp_path / "backup" / "b"

    return run


def collections(folder):
    full = json.loads((folder / "meta" / "full_meta.json").read_text())
    return {(c["db_name"], c["collection_name"]): c for c in full.get("collection_backups", [])}


def assert_right(folder):
    faults = check_backup(folder)
    assert faults == [], "\n".join(map(str, faults))


@pytest.mark.parametrize("version", ["2.2.16", "2.3.5", "2.4.15", "2.5.8", "2.6.11", "3.0.0"])
def test_every_shape_of_every_version(backed_up, version):
    """Segments are listed, or described by Milvus from 2.5.8 on."""
    folder = backed_up(version=version)
    assert_right(folder)
    found = collections(folder)
    assert len(found) == 12 or version == "2.2.16"
    deletes = found["default", "deletes"]
    assert len(deletes["l0_segments"]) == 1
    described = {s.get("v_channel", "")[:6] for p in deletes["partition_backups"] for s in p.get("segment_backups", [])}
    assert described == ({"by-dev"} if version >= "2.5.8" else {""})
    assert {p.get("load_state") for p in deletes["partition_backups"]} == {"Loaded", "Loading"}
    assert sum(map(len, (s["deltalogs"][0].get("binlogs", []) for s in deletes["l0_segments"]))) == 2


def test_nothing_that_the_format_can_hold_is_lost(backed_up):
    """Each shape is described as the fake told it."""
    found = collections(backed_up())
    schema = found["default", "values"]["schema"]
    assert schema["description"] == ODD and schema["autoID"] is True
    assert sum("default_value_base64" in field for field in schema["fields"]) == 4
    assert found["default", "bad_text"]["schema"]["description"] == "B\ufffdD"
    types = {field["data_type"] for field in found["default", "every_type"]["schema"]["fields"]}
    assert types == {1, 2, 3, 4, 5, 10, 11, 20, 21, 22, 23, 24, 25, 26, 100, 101, 102, 103, 104, 105}
    functions = found["default", "functions"]["schema"]["functions"]
    assert [sorted(f) for f in functions[2:]] == [["name"]] and len(functions[1]) == 9
    assert [s["name"] for s in found["default", "structs"]["schema"]["struct_array_fields"]] == ["inner", "bare"]
    described = found["default", "described"]
    assert described["created_timestamp"] == 2**64 - 1 and described["aliases"] == ["one", "zwei<&>"]
    assert {"key": "odd", "value": ODD} in described["schema"]["properties"]
    assert {"key": "empty"} in described["schema"]["properties"]
    assert list(found["default", "indexes"]["index_infos"][0]["params"]) == ["A", "index_type", "metric_type", "params", "é"]
    twice = found["default", "indexes"]["index_infos"][-1]
    assert twice["index_type"] == "FLAT" and twice["params"] == {"index_type": "FLAT", "metric_type": "IP"}
    checkpoints = found["default", "empty"]["channel_checkpoints"]
    assert list(checkpoints) == ["Z<&>", "empty_v0", "empty_v1"]
    assert len(set(checkpoints.values())) == 1, "the stale one of empty_v1 does not count"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--strategy", "meta_only"],
        ["--strategy", "skip_flush"],
        ["--strategy", "bulk_flush"],
        ["--filter", "hollow."],
        ["--filter", "other.*"],
        ["-c", "empty"],
        ["-c", "deletes,other.deletes"],
    ],
    ids=" ".join,
)
def test_every_kind_of_create(backed_up, arguments):
    folder = backed_up(*arguments)
    assert_right(folder)
    full = json.loads((folder / "meta" / "full_meta.json").read_text())
    assert (full["size"] == 0) == (arguments[-1] in ("meta_only", "hollow.", "empty"))


@pytest.mark.parametrize("strategy", ["meta_only", "skip_flush"])
def test_an_older_milvus_without_a_flush(backed_up, strategy):
    folder = backed_up("--strategy", strategy, version="2.2.16")
    assert_right(folder)
    full = json.loads((folder / "meta" / "full_meta.json").read_text())
    assert full["collection_backups"] and (full["size"] == 0) == (strategy == "meta_only")


def test_paths_are_escaped_as_texts_are(backed_up):
    folder = backed_up("-c", "deletes", folder="d<&>\u2028é")
    assert_right(folder)
    assert rb"/d\u003c\u0026\u003e\u2028\xc3\xa9/insert_log/".replace(rb"\xc3\xa9", "é".encode()) in (
        folder / "meta" / "segment_meta.json"
    ).read_bytes()


def test_a_backup_of_nothing_has_empty_level_files(backed_up):
    folder = backed_up("--filter", "hollow.")
    assert_right(folder)
    for name in ("collection", "partition", "segment"):
        assert (folder / "meta" / f"{name}_meta.json").read_bytes() == b"{}"
