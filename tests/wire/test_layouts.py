"""Backups as older versions laid them out, restored into a fake Milvus: every binlog is imported once, in its place."""

import json

import pytest
from pymilvus.grpc_gen import schema_pb2
from testbed.layouts import ERAS, FULL, PARTITION, SEGMENT, Layout, level_files, of_era, unpacked

from wire.restoring import Backup, Server, data, options, program_for

SOME = [("default", "partitions"), ("default", "auto_id")]


def own(folder):
    """A backup as this program makes one of a newer Milvus: deletes in segments of their own, too."""
    backup = Backup(folder).partition(10, "_default").segment(20).segment(21, deletes=True).segment(30, l0=True)
    backup.partition(11, "north").segment(22, rows=7).segment(23).segment(24).deletes_over_all(40).write()
    for segment in [s for p in backup.collection["partition_backups"] for s in p["segment_backups"]]:
        for kind, fields in (("insert_log", segment["binlogs"]), ("delta_log", segment["deltalogs"])):
            for field in fields:
                place = f"files/{kind}/1/{segment['partition_id']}/{segment['segment_id']}"
                place += f"/{field['fieldID']}" if kind == "insert_log" else ""
                field["binlogs"][0]["log_path"] = f"{place}/{field['binlogs'][0]['log_id']}"
    backup.write()
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def base(source, folder):
    return Layout(own(folder) if source == "own" else unpacked(source)).only(*SOME, ("default", "c")).files()


def lay(data, files):
    for key, content in files.items():
        path = data / "backup" / "b" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def rows_below(folders, described, data):
    """How many rows the segments have of which binlogs lie in one of the folders."""
    root = f"{data}/backup/b/binlogs/insert_log/"
    places = [folder.removeprefix(root) for folder in folders if folder.startswith(root)]
    found = 0
    for segment in described.segments():
        group = segment.get("group_id") or ""
        lies = f"{segment['collection_id']}/{segment['partition_id']}/{group}{'/' if group else ''}{segment['segment_id']}/"
        found += sum(segment.get("num_of_rows", 0) for place in places if lies.startswith(place))
    return found


def assert_imported_once(server, files, data):
    """Every binlog lies in one folder that was imported, into the partition that it is of; deletes come last."""
    described = Layout(files)
    names = {str(partition["partition_id"]): partition["partition_name"] for partition in described.partitions()}
    deletes_only = {str(s["segment_id"]) for s in described.segments() if not any(f.get("binlogs") for f in s.get("binlogs", []))}
    first_deletes = None
    for key in sorted(described.binlogs):
        path = f"{data}/backup/b/{key}"
        found = [(number, call) for number, call in enumerate(server.imports, 1) if any(path.startswith(f) for f in call.files)]
        assert len(found) == 1, (key, [list(call.files) for call in server.imports])
        number, call = found[0]
        parts = key.split("/")
        of_its_own = parts[-2] in deletes_only and parts[1] == "delta_log"
        assert call.partition_name == ("" if parts[3] == "-1" else names[parts[3]])
        assert options(call).get("l0_import" if of_its_own or parts[3] == "-1" else "backup") == "true"
        if of_its_own or parts[3] == "-1":
            first_deletes = min(first_deletes or number, number)
    assert all(folder.endswith("/") for call in server.imports for folder in call.files)
    order = [event for event in server.events if event[0] in ("import", "completed")]
    if first_deletes:
        data_ends = max(order.index(("completed", number)) for number in range(1, first_deletes))
        assert data_ends < order.index(("import", first_deletes))


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("source", "version"), [("go_v0_4_15", "2.6.4"), ("go_v0_5_16", "2.3.5"), ("own", "2.3.5"), ("own", "2.6.4")])
def test_every_binlog_of_an_older_layout_is_imported_once(source, era, version, data, tmp_path):
    layout = Layout(base(source, tmp_path / "own"))
    if version == "2.3.5":
        layout.before_l0()
    files = of_era(layout.files(), era)
    lay(data, files)
    described = Layout({FULL: json.dumps({"collection_backups": []}).encode()} | files)
    if FULL not in files:
        described.full = {"collection_backups": json.loads(files["meta/collection_meta.json"])["infos"]}
    with Server(version) as server:
        server.rows = lambda task: rows_below(server.imports[task - 1].files, described, data)
        program_for(server, data, tmp_path / "program").ok("restore", "-n", "b")
    files[FULL] = json.dumps(described.full).encode()
    assert_imported_once(server, files, data)
    assert {request.collection_name for request in server.all_of("CreateCollection")} == {
        collection["collection_name"] for collection in described.collections()
    }


# --- two descriptions that differ -----------------------------------------------------------------------------------


def drop_segment(document, number):
    for collection in document["collection_backups"]:
        for partition in collection["partition_backups"]:
            partition["segment_backups"] = [s for s in partition["segment_backups"] if s["segment_id"] != number]


def without_segment(number):
    """The level files of a description that lacks a segment."""

    def change(files):
        full = json.loads(files[FULL])
        drop_segment(full, number)
        files.update(level_files(full))

    return change


def full_without_segment(number):
    def change(files):
        full = json.loads(files[FULL])
        drop_segment(full, number)
        files[FULL] = json.dumps(full).encode()

    return change


def other_rows(files):
    """The level files count other rows in a segment."""
    full = json.loads(files[FULL])
    full["collection_backups"][0]["partition_backups"][0]["segment_backups"][0]["num_of_rows"] = 6
    files.update(level_files(full))


DIFFERENCES = {
    "none": (lambda files: None, None),
    "the level files lack a segment": (
        without_segment(24),
        "full_meta.json is taken: segment 24 of partition 11 of default.c (not in segment_meta.json)",
    ),
    "full_meta.json lacks a segment": (
        full_without_segment(24),
        "the level files are taken, which name more: segment 24 of partition 11 of default.c (only in segment_meta.json)",
    ),
    "they count other rows": (
        other_rows,
        "full_meta.json is taken: segment 20 of partition 10 of default.c (otherwise in segment_meta.json)",
    ),
    "a level file is cut": (
        lambda files: files.update({SEGMENT: files[SEGMENT][:100]}),
        "full_meta.json alone is taken: b/meta/segment_meta.json: byte 100",
    ),
    "a level file is missing": (lambda files: files.pop(PARTITION), "there is no object 'b/meta/partition_meta.json'"),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_the_fuller_description_counts_and_the_difference_is_said(name, data, tmp_path):
    """Also what only one of them holds: deletes over all partitions."""
    files = own(tmp_path / "own")
    whole = dict(files)
    change, words = DIFFERENCES[name]
    change(files)
    lay(data, files)
    with Server("2.6.4") as server:
        server.rows = lambda task: rows_below(server.imports[task - 1].files, Layout(whole), data)
        result = program_for(server, data, tmp_path / "program").ok("restore", "-n", "b")
    assert_imported_once(server, whole, data)
    told = [line for line in result.err.splitlines() if "_meta.json" in line]
    assert ([] if words is None else [True]) == [words in line for line in told], result


# --- default values, in every spelling ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        ({"default_value_base64": "GCo="}, 42),
        ({"default_value_proto": "\x18*"}, 42),
        ({"default_value_proto": "\x18+", "default_value_base64": "GCo="}, 42),
        ({"default_value": {"Data": None}}, None),
        ({"default_value": {}}, None),
        ({"default_value_proto": "\x18\ufffd\x02"}, "lost"),
        ({"default_value": {"Data": {"LongData": 42}}}, "lost"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else str(value),
)
def test_a_default_value(spelled, value, data, tmp_path):
    files = own(tmp_path / "own")
    full = json.loads(files[FULL])
    full["collection_backups"][0]["schema"]["fields"].append({"fieldID": 102, "name": "n", "data_type": 5, **spelled})
    lay(data, files | {FULL: json.dumps(full).encode()} | level_files(full))
    with Server("2.6.4") as server:
        result = program_for(server, data, tmp_path / "program").ok("restore", "-n", "b", "--meta_only")
        request, _ = server.of("CreateCollection")
    field = schema_pb2.CollectionSchema.FromString(request.schema).fields[2]
    assert field.HasField("default_value") == (value == 42) and field.default_value.long_data == (42 if value == 42 else 0)
    assert ("field n of default.c has no default value" in result.err) == (value == "lost"), result


# --- what level files cannot hold -----------------------------------------------------------------------------------


def test_deletes_that_only_a_lost_full_meta_named_are_told(data, tmp_path):
    files = own(tmp_path / "own")
    del files[FULL]
    lay(data, files)
    with Server("2.6.4") as server:
        server.rows = lambda task: {1: 5, 2: 5, 3: 7, 4: 5, 5: 5, 6: 0}[task]
        result = program_for(server, data, tmp_path / "program").ok("restore", "-n", "b")
    assert not any("/-1/" in folder for call in server.imports for folder in call.files)
    assert "delta_log/1/-1/40/8; some are deletes over all partitions" in result.err, result
