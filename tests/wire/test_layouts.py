"""Backups as older versions laid them out, restored into a fake Milvus: every binlog is imported once, in its place."""

import json

import pytest
from testbed.layouts import ERAS, FULL, Layout, of_era, unpacked

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
