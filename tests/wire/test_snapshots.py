"""Backups of snapshots, against a fake of Milvus 3.0 with a memory: what comes back, what was asked, what is refused."""

import json
import signal

import pytest
from testbed.format import check_files
from testbed.program import CORRUPT, FAILURE, USAGE
from testbed.remembering_milvus import UNVERSIONED
from testbed.stores import VersityGw

from wire.worlds import IVF, fill, key, milvus_of, names, program_over, some_rows, starting, text, vector

VERSION = "3.0.6"
SNAPSHOT_CALLS = ("CreateSnapshot", "DescribeSnapshot", "ExportSnapshot", "GetExportSnapshotState", "DropSnapshot")


def full_meta(milvus, name="b"):
    return json.loads(milvus.place.get(f"backup/{name}/meta/full_meta.json"))


class Journey:
    """Everything was backed up as snapshots, by itself since Milvus can, and restored beside itself."""

    def __init__(self, milvus, folder):
        self.milvus = fill(milvus)
        self.originals = names(milvus)
        self.program = program_over(milvus, folder)
        self.told = self.program.ok("--json", "create", "-n", "b").json()
        self.of_create = list(milvus.calls)


@pytest.fixture(scope="module")
def journey(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("journey")
    with starting(folder, request) as milvus_of:
        yield Journey(milvus_of(VERSION, in_bucket=True), folder)


def test_calls_of_each_collection(journey):
    for database, name in journey.originals:
        about = [
            method
            for method, request, headers in journey.of_create
            if method in SNAPSHOT_CALLS and getattr(request, "collection_name", "") == name and headers["dbname"] == database
        ]
        assert about == ["CreateSnapshot", "DescribeSnapshot", "ExportSnapshot", "DropSnapshot"]
    assert {r.name for m, r, _ in journey.of_create if m == "CreateSnapshot"} == {"mbk_b"}
    assert journey.milvus.snapshots == {}
    asked = [method for method, _, _ in journey.of_create]
    assert asked.index("FlushAll") < asked.index("CreateSnapshot")
    assert not any("garbage_collection" in page for page, *_ in journey.milvus.pages_asked)


def test_files(journey):
    milvus, folder = journey.milvus, "backup/b/"
    full = full_meta(milvus)
    files = {key.removeprefix(f"{folder}meta/"): milvus.place.get(key) for key in milvus.place.keys(f"{folder}meta/")}
    assert set(files) == {"backup_meta.json", "collection_meta.json", "full_meta.json", "objects.jsonl"}
    assert check_files(files) == []
    assert (full["format"], full["size"]) == ("snapshot", 0)
    assert milvus.place.keys(f"{folder}binlogs/") == {}
    bundles = {key.removeprefix(folder): size for key, size in milvus.place.keys(f"{folder}bundle/").items()}
    for described in full["collection_backups"]:
        bundle = described["snapshot_backup"]
        below = f"bundle/{described['collection_id']}/"
        data = {name: size for name, size in bundles.items() if name.startswith(below) and name != bundle["metadata_path"]}
        assert bundle["metadata_path"] in bundles and bundle["metadata_path"].startswith(below)
        assert (bundle.get("total_files", 0), bundle.get("total_bytes", 0)) == (len(data), sum(data.values()))
        assert described["size"] == sum(data.values())
        held = milvus.collection(described["db_name"], described["collection_name"])
        assert described.get("row_count", 0) == sum(len(segment.rows) for segment in held.live(l0=False))
        assert described["backup_timestamp"] > held.created and not described.get("channel_checkpoints")
    recorded = [json.loads(line) for line in files["objects.jsonl"].decode().splitlines()]
    assert {one["key"]: one["size"] for one in recorded} == bundles


def test_what_create_tells(journey):
    told = {(c["database"], c["collection"]): c for c in journey.told["collections"]}
    assert "as snapshots" in journey.told["transfer"] and journey.told["warnings"] == []
    for described in full_meta(journey.milvus)["collection_backups"]:
        line = told[described["db_name"], described["collection_name"]]
        assert line["bytes"] == described["size"] and line["rows"] == described.get("row_count", 0)
        assert line["objects"] == described["snapshot_backup"].get("total_files", 0) + 1


def test_what_looks_after_backups_knows_them(journey, tmp_path):
    program, milvus = journey.program, journey.milvus
    verified = program.ok("--json", "verify", "-n", "b", "--read_data").json()
    assert verified["faults"] == [] and verified["objects"] > len(journey.originals)
    [listed] = program.ok("--json", "list").json()
    assert (listed["format"], listed["size"]) == ("snapshot", sum(c["size"] for c in full_meta(milvus)["collection_backups"]))
    told = program.ok("--json", "info", "-n", "b").json()
    described = full_meta(milvus)["collection_backups"]
    sums = [sum(c.get(member, 0) for c in described) for member in ("size", "row_count")]
    assert (told["format"], told["size"], told["rows"]) == ("snapshot", *sums)
    assert program.ok("get", "-n", "b").json()["format"] == "snapshot"
    assert "snapshot" in program.fails("l0compact", "-n", "b", "-o", "plain").err
    other = tmp_path / "other.yaml"
    other.write_text(json.dumps({"minio": {**milvus.storage(), **milvus.storage(backup=True), "backupRootPath": "moved"}}))
    program.ok("transfer", "-n", "b", "--to", other)
    assert milvus.place.keys("moved/b/").keys() == {key.replace("backup/b/", "moved/b/") for key in milvus.place.keys("backup/b/")}


# --- formats -------------------------------------------------------------------------------------------------------


def small(milvus, rows=30, name="c"):
    milvus.make(name, [key(), text(), vector()], indexes={"vec": IVF}, properties={"mmap.enabled": "true"})
    milvus.insert(name, some_rows(0, rows))
    return milvus


@pytest.mark.parametrize(
    ("version", "in_bucket", "arguments", "code", "named"),
    [
        ("2.6.11", True, ["--format", "snapshot"], FAILURE, "Milvus 3.0 or later"),
        (VERSION, False, ["--format", "snapshot"], FAILURE, "minio.storageType is local disk"),
        (VERSION, True, ["--format", "snapshot", "--strategy", "meta_only"], USAGE, "--format"),
        (VERSION, True, ["--format", "bundles"], USAGE, "--format"),
    ],
)
def test_what_cannot_be_is_refused(milvus_of, tmp_path, version, in_bucket, arguments, code, named):
    milvus = small(milvus_of(version, in_bucket=in_bucket))
    assert named in program_over(milvus, tmp_path).fails("create", "-n", "b", *arguments, code=code).err
    assert not {"CreateSnapshot", "Flush", "FlushAll"} & set(milvus.asked) and milvus.place.keys("backup/") == {}


@pytest.mark.parametrize(
    ("version", "in_bucket", "arguments"),
    [
        ("2.6.11", True, ["--format", "auto"]),
        (VERSION, False, []),
        (VERSION, True, ["--format", "binlog"]),
        (VERSION, True, ["--strategy", "meta_only"]),
    ],
)
def test_where_binlogs_are_copied_without_a_word(milvus_of, tmp_path, version, in_bucket, arguments):
    milvus = small(milvus_of(version, in_bucket=in_bucket))
    told = program_over(milvus, tmp_path).ok("--json", "create", "-n", "b", *arguments).json()
    assert "CreateSnapshot" not in milvus.asked and told["warnings"] == []
    assert "format" not in full_meta(milvus)


@pytest.mark.parametrize("lacks", [{"CreateSnapshot"}, {"ExportSnapshot"}])
def test_a_build_that_makes_none(milvus_of, tmp_path, lacks):
    milvus = small(small(milvus_of(UNVERSIONED, in_bucket=True, build_tags="master-20260901")), name="d")
    milvus.lacks = lacks
    program = program_over(milvus, tmp_path)
    told = program.ok("--json", "create", "-n", "b").json()
    assert len(told["warnings"]) == 1 and "binlogs are copied" in told["warnings"][0]
    assert [c["rows"] for c in told["collections"]] == [30, 30] and milvus.snapshots == {}
    full = full_meta(milvus)
    assert "format" not in full and not any("row_count" in c or "snapshot_backup" in c for c in full["collection_backups"])
    assert any(page.endswith("/pause") for page, *_ in milvus.pages_asked) and milvus.pauses == {}
    milvus.forget_calls()
    assert "does not know the call" in program.fails("create", "-n", "c", "--format", "snapshot").err
    assert milvus.snapshots == {} and "FlushAll" in milvus.asked


def test_only_what_is_flushed_is_in_a_snapshot(milvus_of, tmp_path):
    milvus = small(milvus_of(VERSION, in_bucket=True))
    milvus.flush("c")
    milvus.insert("c", some_rows(100, 5))
    program = program_over(milvus, tmp_path)
    for name, strategy, rows in (("b0", "skip_flush", 30), ("b1", "serial_flush", 35)):
        milvus.forget_calls()
        program.ok("create", "-n", name, "--strategy", strategy)
        assert ("Flush" in milvus.asked) == (strategy == "serial_flush")
        assert full_meta(milvus, name)["collection_backups"][0]["row_count"] == rows


# --- what Milvus says and does not do ------------------------------------------------------------------------------


def elsewhere(told):
    return {**told, "snapshot_metadata_uri": told["snapshot_metadata_uri"].replace("/backup/", "/elsewhere/")}


def nothing(told):
    return {**told, "total_files": 0, "copied_files": 0, "total_bytes": 0}


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"lies": lambda told: {**told, "copied_files": told["copied_files"] - 1}}, CORRUPT, "copied"),
        ({"skips": 1}, CORRUPT, "files of"),
        ({"lies": lambda told: {**told, "total_bytes": told["total_bytes"] + 10**6}}, CORRUPT, "bytes, but milvus wrote"),
        ({"lies": elsewhere}, CORRUPT, "which is not in the backup's folder"),
        ({"lies": lambda told: {**told, "snapshot_metadata_uri": ""}}, CORRUPT, "metadata to ''"),
        ({"lies": lambda told: {**told, "snapshot_metadata_uri": told["snapshot_metadata_uri"] + "x"}}, CORRUPT, "missing"),
        ({"lies": nothing}, CORRUPT, "30 rows"),
        ({"fails": "no space left"}, FAILURE, "no space left"),
    ],
    ids=["fewer copied", "fewer files", "fewer bytes", "elsewhere", "nowhere", "no metadata", "nothing", "failed"],
)
def test_an_export_that_is_none(milvus_of, tmp_path, change, code, named):
    milvus = small(milvus_of(VERSION, in_bucket=True))
    for attribute, value in change.items():
        setattr(milvus, attribute, value)
    program = program_over(milvus, tmp_path)
    assert named in program.fails("create", "-n", "b", code=code).err
    assert milvus.snapshots == {} and milvus.asked[-1] == "DropSnapshot"
    assert "backup/b/meta/backup_meta.json" not in milvus.place.keys("backup/")
    milvus.fails, milvus.skips, milvus.lies = "", 0, dict
    program.ok("create", "-n", "b", "--resume")
    assert program.ok("--json", "verify", "-n", "b").json()["faults"] == []


def test_a_configuration_that_names_another_storage(milvus_of, tmp_path):
    """Of the same bucket and keys, but Milvus keeps its data elsewhere."""
    milvus = small(milvus_of(VERSION, in_bucket=True))
    with VersityGw() as wrong:
        wrong.make_bucket(milvus.place.bucket)
        program = program_over(milvus, tmp_path, minio={"port": wrong.port})
        message = program.fails("create", "-n", "b", code=CORRUPT).err
    assert "in its own storage, which minio.address has to name" in message and "is missing in" in message
    assert milvus.snapshots == {}


def test_a_job_that_milvus_forgets(milvus_of, tmp_path):
    milvus = small(milvus_of(VERSION, in_bucket=True))
    milvus.before["GetExportSnapshotState"] = milvus.exports.clear
    assert "does not know job" in program_over(milvus, tmp_path).fails("create", "-n", "b").err
    assert milvus.snapshots == {}


def test_a_snapshot_that_cannot_be_dropped_is_told(milvus_of, tmp_path):
    milvus = small(milvus_of(VERSION, in_bucket=True))
    milvus.forbidden.add("DropSnapshot")
    told = program_over(milvus, tmp_path).ok("--json", "create", "-n", "b").json()
    assert len(told["warnings"]) == 1 and "mbk_b of default.c stays in milvus" in told["warnings"][0]


# --- killed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["CreateSnapshot", "GetExportSnapshotState", "DropSnapshot"])
def test_a_killed_create_is_resumed(milvus_of, tmp_path, when):
    milvus = milvus_of(VERSION, in_bucket=True)
    for name in ("c", "d", "e"):
        small(milvus, name=name)
    program = program_over(milvus, tmp_path, backup={"parallelism": {"backupCollection": 1}})
    running, calls = [], []

    def kill():
        calls.append(when)
        if len(calls) == 2:
            running[0].kill()

    milvus.before[when] = kill
    running.append(program.start("create", "-n", "b"))
    running[0].wait()
    assert len(calls) >= 2
    milvus.before.clear()
    with milvus.lock:  # the call that was under way is done
        assert milvus.snapshots or when == "DropSnapshot"
    assert "format" in program.fails("create", "-n", "b", "--resume", "--format", "binlog").err
    program.ok("create", "-n", "b", "--resume")
    assert milvus.snapshots == {}
    assert program.ok("--json", "verify", "-n", "b").json()["faults"] == []
    assert [c["row_count"] for c in full_meta(milvus)["collection_backups"]] == [30, 30, 30]
    assert len({c["backup_timestamp"] for c in full_meta(milvus)["collection_backups"]}) == 3


def test_what_an_earlier_run_had_begun_harms_nothing(milvus_of, tmp_path):
    """Milvus goes on with an export whose client was killed, and clears it away when its snapshot is gone."""
    milvus = small(milvus_of(VERSION, in_bucket=True))
    program = program_over(milvus, tmp_path)
    running = []
    milvus.before["GetExportSnapshotState"] = lambda: running[0].kill()
    running.append(program.start("create", "-n", "b"))
    running[0].wait()
    [old] = milvus.exports
    before = set(milvus.place.keys())
    milvus.before["GetExportSnapshotState"] = lambda: milvus.look_at_export(old)
    milvus.before["DropSnapshot"] = lambda: [
        milvus.place.remove(key) for key in milvus.place.keys(f"{milvus.exports[old].key}/")
    ]
    program.ok("create", "-n", "b", "--resume")
    milvus.look_at_export(old)
    verified = program.ok("--json", "verify", "-n", "b").json()
    assert verified["faults"] == [] and before <= {*milvus.place.keys(), "backup/b/meta/in_progress.json"}
    program.ok("restore", "-n", "b", "-s", "_copy")
    assert milvus.rows("c_copy") == milvus.rows("c")


def test_an_interrupted_create_leaves_no_snapshot(milvus_of, tmp_path):
    milvus = small(milvus_of(VERSION, in_bucket=True))
    program = program_over(milvus, tmp_path)
    running = []
    milvus.before["GetExportSnapshotState"] = lambda: running[0].send_signal(signal.SIGINT)
    running.append(program.start("create", "-n", "b"))
    result = program.finish(running[0])
    assert result.code not in (0, USAGE) and milvus.snapshots == {} and milvus.asked[-1] == "DropSnapshot"
    assert [b["state"] for b in program.ok("--json", "list", "--all").json()] == ["failed"]


def test_copied_binlogs_are_gone_on_with_as_binlogs(milvus_of, tmp_path):
    milvus = small(milvus_of(VERSION, in_bucket=True))
    program = program_over(milvus, tmp_path)
    running = []
    milvus.before["/v2/vectordb/segments/describe"] = lambda: running[0].kill()
    running.append(program.start("create", "-n", "b", "--format", "binlog"))
    running[0].wait()
    milvus.before.clear()
    milvus.forget_calls()
    program.ok("create", "-n", "b", "--resume")
    assert "CreateSnapshot" not in milvus.asked and "format" not in full_meta(milvus)
