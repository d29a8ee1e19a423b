"""create and restore against fakes of Milvus 2.4 to 3.0 with a memory: what comes back, and what was asked."""

import base64
import json
from collections import Counter
from urllib.parse import parse_qs

import pytest
from pymilvus.grpc_gen import common_pb2
from testbed.program import CORRUPT
from testbed.remembering_milvus import UNVERSIONED, Refused

from wire.worlds import content, fill, indexes, key, milvus_of, names, program_over, service, some_rows, starting, text, vector

VERSIONS = ["2.4.15", "2.5.8", "2.6.4", "2.6.8", "2.6.11", "3.0.0"]
DESCRIBE_SEGMENTS = "/v2/vectordb/segments/describe"
CREATE_JOB = "/v2/vectordb/jobs/import/create"
PAUSE = "/management/datacoord/garbage_collection/pause"
RESUME = "/management/datacoord/garbage_collection/resume"


class Journey:
    """All collections were backed up and restored beside themselves."""

    def __init__(self, milvus, folder, by_jobs):
        self.milvus = fill(milvus)
        self.by_jobs = by_jobs
        self.originals = names(milvus)
        self.program = program_over(milvus, folder)
        self.program.ok("create", "-n", "b")
        self.of_create, self.pages_of_create = list(milvus.asked), list(milvus.pages_asked)
        self.flushes = milvus.all_of("Flush")
        milvus.forget_calls()
        ways = ["--use_v2_restore"] if by_jobs else []
        self.program.ok("restore", "-n", "b", "-s", "_copy", "--restore_index", "--load", *ways)
        self.of_restore = list(milvus.asked)

    def since(self, version):
        return self.milvus.version.number >= tuple(map(int, version.split(".")))

    def imports(self, collection):
        """Of a collection, in their order: partition, directories of each segment, options."""
        if self.by_jobs:
            asked = [body for body in self.milvus.bodies(CREATE_JOB) if body["collectionName"] == collection]
            return [(body.get("partitionName", ""), body["files"], body["options"]) for body in asked]
        asked = [request for request in self.milvus.all_of("Import") if request.collection_name == collection]
        return [(r.partition_name, [list(r.files)], {o.key: o.value for o in r.options}) for r in asked]

    def calls_about(self, collection):
        """The calls that change a collection, in their order."""
        changing = {"CreateCollection", "AddCollectionField", "AlterCollection", "CreateIndex", "CreatePartition", "Import"}
        return [m for m, r, _ in self.milvus.calls if m in changing and r.collection_name == collection]


@pytest.fixture(scope="module", params=[False, True], ids=["grpc", "jobs"])
def by_jobs(request):
    return request.param


@pytest.fixture(scope="module", params=VERSIONS)
def journey(request, by_jobs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("journey")
    with starting(folder, request) as milvus_of:
        yield Journey(milvus_of(request.param), folder, by_jobs)


# --- what comes back, and in which way -----------------------------------------------------------------------------


def test_everything_comes_back(journey):
    milvus = journey.milvus
    copies = [(database, f"{name}_copy") for database, name in journey.originals]
    assert names(milvus) == sorted(journey.originals + copies)
    for database, name in journey.originals:
        assert content(milvus, database, f"{name}_copy") == content(milvus, database, name)
        assert indexes(milvus, database, f"{name}_copy") == indexes(milvus, database, name)
        assert service(milvus, database, f"{name}_copy") == service(milvus, database, name)


def test_the_backup_holds_the_logs_of_live_segments(journey):
    """No stats logs, and nothing that no segment owns."""
    milvus = journey.milvus
    live = [
        f"{segment.path}{f'/{group}' if kind == 'insert' else ''}/{log}"
        for database, name in journey.originals
        for segment in milvus.collection(database, name).live()
        for (kind, group), logs in segment.logs.items()
        for log in logs
        if kind != "stats"
    ]
    held = [name.split("/") for name in milvus.place.keys("backup/b/binlogs/")]
    paths = ["/".join(p[4:] if p[5] == "-1" else [*p[4:6], *p[7:]]) for p in held]
    assert Counter(paths) == Counter(live)


def test_the_backup_describes_segments(journey):
    [parts] = [c for c in full_meta(journey)["collection_backups"] if c["collection_name"] == "parts"]
    versions = {s.get("storage_version", 0) for p in parts["partition_backups"] for s in p.get("segment_backups", [])}
    channels = {s.get("v_channel", "") for p in parts["partition_backups"] for s in p.get("segment_backups", [])}
    assert versions == ({0, 2} if journey.since("2.6.0") else {0})  # those of deletes have none
    assert channels == ({parts["virtual_channel_names"][0]} if journey.since("2.5.8") else {""})
    assert len(parts["l0_segments"]) == 2 and {s["partition_id"] for s in parts["l0_segments"]} == {-1}
    own = [s for p in parts["partition_backups"] for s in p.get("segment_backups", []) if s.get("is_l0")]
    assert len(own) == 1


def full_meta(journey):
    return json.loads(journey.milvus.place.get("backup/b/meta/full_meta.json"))


def test_create_asks_what_the_version_can(journey):
    asked = Counter(journey.of_create)
    assert bool(asked["DescribeDatabase"]) == journey.since("2.4.3")
    segments = sum(len(journey.milvus.collection(*where).live()) for where in journey.originals)
    assert asked[DESCRIBE_SEGMENTS] == (segments if journey.since("2.5.8") else 0)
    assert journey.of_create[0] == "Connect" and "GetVersion" not in asked


def test_everything_is_flushed_at_once_where_the_version_can(journey):
    asked, backup = Counter(journey.of_create), full_meta(journey)
    one_by_one = {bool(c.get("channel_checkpoints")) for c in backup["collection_backups"]}
    if journey.since("2.6.11"):
        assert (asked["FlushAll"], asked["Flush"]) == (1, 0) and one_by_one == {False}
        channels = journey.milvus.physical_channels()
        assert list(backup["flush_all_msgs_base64"]) == channels == backup["physical_channel_names"]
        for message in map(base64.b64decode, backup["flush_all_msgs_base64"].values()):
            assert "_tt" in common_pb2.ImmutableMessage.FromString(message).properties
        assert backup["control_channel_name"].startswith(channels[0])
    else:
        flushed = {request.collection_names[0] for request in journey.flushes}
        assert asked["FlushAll"] == 0 and one_by_one == {True}
        assert flushed == {name for _, name in journey.originals}
        assert "flush_all_msgs_base64" not in backup


def test_the_position_of_a_replication_is_kept_where_there_is_one(journey):
    position = full_meta(journey).get("rpc_channel_info")
    wanted = journey.since("2.5.0") and not journey.since("2.6.0")
    assert position == ({"name": "by-dev-replicate-msg", "position": "CAEQAQ=="} if wanted else None)


def test_garbage_collection_is_paused_around_the_data(journey):
    asked = journey.of_create
    flush = "FlushAll" if journey.since("2.6.11") else "Flush"
    assert asked.index(PAUSE) < asked.index(flush) < asked.index("GetPersistentSegmentInfo") < asked.index(RESUME)
    assert journey.milvus.pauses == {}
    paused = {parse_qs(query)["collection_id"][0] for path, query, _, _ in journey.pages_of_create if path == PAUSE}
    ids = {str(journey.milvus.collection(*where).id) for where in journey.originals}
    assert paused == (ids if journey.since("2.6.8") else {"0"})


def test_imports_carry_what_they_need(journey):
    for database, name in journey.originals:
        for partition, _units, options in journey.imports(f"{name}_copy"):
            wanted = {"skip_disk_quota_check": "true"}
            if "l0_import" in options:
                wanted["l0_import"] = "true"
            else:
                wanted |= {"backup": "true"} | ({"storage_version": "2"} if journey.since("2.6.0") else {})
            assert options == wanted and (partition or "l0_import" in options)


def test_segments_go_into_one_job_where_jobs_take_several(journey):
    rows = [units for _, units, options in journey.imports("plain_copy") if "backup" in options]
    segments = [unit for units in rows for unit in units]
    assert Counter(map(len, segments)) == {1: 3, 2: 2}, "two of four segments, and that of the other database"
    channels = 2 if journey.since("2.5.8") else 1
    assert len(rows) == (1 + channels if journey.by_jobs else 5)


def test_deletes_go_into_one_job_where_the_version_can(journey):
    deletes = [(partition, units) for partition, units, options in journey.imports("parts_copy") if "l0_import" in options]
    together = journey.by_jobs and journey.since("2.6.5")
    assert [(p, len(u)) for p, u in deletes] == [("north", 1), ("", 2)] if together else [("north", 1), ("", 1), ("", 1)]


def test_a_collection_is_whole_before_its_data_come(journey):
    imports = [] if journey.by_jobs else ["Import"]
    assert journey.calls_about("parts_copy")[:5] == ["CreateCollection", "CreateIndex", *["CreatePartition"] * 3]
    late = ["AddCollectionField"] if journey.since("2.6.0") else []
    segments = 2 if late else 1
    assert journey.calls_about("dynamic_copy") == ["CreateCollection", *late, "CreateIndex", *imports * segments]


def test_models_are_not_called_while_a_collection_is_made(journey):
    if journey.since("2.5.0"):
        check = ["AlterCollection"] if journey.since("2.6.8") else []
        assert journey.calls_about("functions_copy")[: 1 + len(check)] == ["CreateCollection", *check]
        properties = journey.milvus.collection("default", "functions_copy").properties
        assert properties == ({"disable_func_runtime_check": "false"} if check else {})


# --- from one version to another -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("older", "newer"), [("2.4.15", "2.5.8"), ("2.4.15", "2.6.11"), ("2.5.8", "2.6.8"), ("2.6.4", "2.6.11"), ("2.6.11", "3.0.0")]
)
def test_into_a_newer_milvus(milvus_of, tmp_path, older, newer):
    """The other one has its data elsewhere, and a user: what it imports is put there first, and removed."""
    source, target = fill(milvus_of(older)), milvus_of(newer, user="root", password="Milvus")
    program_over(source, tmp_path).ok("create", "-n", "b")
    program = program_over(target, tmp_path, backups_of=source)
    program.ok("restore", "-n", "b", "--restore_index", *(["--use_v2_restore"] if newer == "2.6.11" else []))
    assert names(target) == names(source)
    for database, name in names(source):
        assert content(target, database, name) == content(source, database, name)
    assert target.aliases_of(target.collection("default", "plain")) == ["plain_now"]
    assert target.place.keys("restore-temp") == {}


@pytest.mark.parametrize("version", ["2.5.8", "2.6.11"])
def test_over_s3(milvus_of, tmp_path, version):
    """From one bucket into another, and within one."""
    source, target = milvus_of(version, in_bucket=True), milvus_of(version, in_bucket=True)
    source.make("c", [key(), text(), vector()])
    source.insert("c", some_rows(0, 30))
    source.delete("c", [1, 2])
    program = program_over(source, tmp_path)
    program.ok("create", "-n", "b")
    program.ok("restore", "-n", "b", "-s", "_copy")
    program_over(target, tmp_path, backups_of=source).ok("restore", "-n", "b", "--use_v2_restore")
    assert source.count("c") == 28
    assert target.rows("c") == source.rows("c_copy") == source.rows("c")


@pytest.mark.parametrize(
    ("number", "build_tags", "text"),
    [
        ((2, 4, 9999), "v2.4-20240101-abc", None),
        ((2, 6, 5), "2.6.5-rc1", None),
        ((2, 6, 11), "", "v2.6.11-gpu"),
        ((2, 5, 22), "2.5.22.6", None),
        ((2, 6, 9999), "unknown", "6bd1ab (Compatible with Milvus 2.6)"),
        (UNVERSIONED, "master-20260101-abcdef", "master-20260101-abcdef"),
    ],
    ids=lambda value: value or "none" if isinstance(value, str) else "",
)
def test_odd_versions(milvus_of, tmp_path, number, build_tags, text):
    """Each is asked for what it can and nothing else: the fake refuses calls that it has not."""
    milvus = fill(milvus_of(number, build_tags=build_tags, text=text))
    program = program_over(milvus, tmp_path)
    program.ok("create", "-n", "b", "-c", "parts,dynamic")
    program.ok("restore", "-n", "b", "-s", "_copy", "--use_v2_restore")
    for name in ("parts", "dynamic"):
        assert content(milvus, "default", f"{name}_copy") == content(milvus, "default", name)
    together = [len(b["files"]) for b in milvus.bodies(CREATE_JOB) if "l0_import" in b["options"]]
    assert together == ([1, 2] if number >= (2, 6, 5) else [1, 1, 1])


@pytest.mark.parametrize(
    ("version", "arguments", "at_once", "told"),
    [
        ("2.6.11", ["-c", "plain"], False, ""),
        ("2.6.11", ["-c", "plain", "--strategy", "bulk_flush"], True, ""),
        ("2.6.11", ["--strategy", "serial_flush"], False, ""),
        ("2.6.10", ["--strategy", "bulk_flush"], False, "Milvus 2.6.11 or later"),
        ("2.6.12", ["--strategy", "bulk_flush"], False, "permission deny"),
        ("2.6.12", [], False, ""),
    ],
    ids=["a-part", "a-part-but-bulk", "serial", "older", "forbidden", "forbidden-unasked"],
)
def test_how_it_is_flushed(milvus_of, tmp_path, version, arguments, at_once, told):
    milvus = milvus_of(version)
    milvus.make("plain", [key(), text(), vector()])
    milvus.insert("plain", some_rows(0, 10))
    milvus.forbidden = {"FlushAll"} if version == "2.6.12" else set()
    program = program_over(milvus, tmp_path)
    created = program.ok("create", "-n", "b", *arguments)
    assert ("FlushAll" in milvus.asked, "Flush" in milvus.asked) == (at_once, not at_once)
    assert told in created.err and ("bulk_flush" in created.err) == bool(told)
    program.ok("restore", "-n", "b", "-s", "_copy")
    assert milvus.count("plain_copy") == 10


def test_a_job_takes_as_many_segments_as_it_may(milvus_of, tmp_path):
    milvus = milvus_of("2.6.4")
    milvus.make("c", [key(), text(), vector()])
    for n in range(258):
        milvus.insert("c", some_rows(n, 1))
        milvus.flush("c")
    program = program_over(milvus, tmp_path)
    program.ok("create", "-n", "b")
    program.ok("restore", "-n", "b", "-s", "_copy", "--use_v2_restore")
    assert [len(body["files"]) for body in milvus.bodies(CREATE_JOB)] == [256, 2]
    assert milvus.rows("c_copy") == milvus.rows("c")


@pytest.mark.parametrize("version", ["2.4.15", "2.6.11"])
def test_in_the_place_of_what_is_there(milvus_of, tmp_path, version):
    """Rows and fields changed since; the alias is one of the new collection, which serves as the old one did."""
    milvus = fill(milvus_of(version))
    before, old = content(milvus, "default", "plain"), milvus.collection("default", "plain").id
    program = program_over(milvus, tmp_path)
    program.ok("create", "-n", "b")
    milvus.delete("plain", range(100))
    milvus.insert("plain", some_rows(9000, 5))
    milvus.flush("plain")
    program.ok("restore", "-n", "b", "-c", "plain", "--drop_exist_collection", "--restore_index")
    new = milvus.collection("default", "plain_now")
    assert content(milvus, "default", "plain") == before
    assert new.name == "plain" and new.id != old and new.loaded == {"_default"}
    assert ("default", "plain") in names(milvus) and len(names(milvus)) == 6 + milvus.version.can("functions")


# --- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.fixture
def with_two_segments(milvus_of, tmp_path):
    """A fake of which a backup was made, and the program over it."""
    milvus = milvus_of("2.6.4")
    milvus.make("c", [key(), text(), vector()])
    for first in (0, 50):
        milvus.insert("c", some_rows(first, 50))
        milvus.flush("c")
    program = program_over(milvus, tmp_path)
    program.ok("create", "-n", "b")
    return milvus, program


@pytest.mark.parametrize("kept", [0, 49])
@pytest.mark.parametrize(
    ("ways", "honest"),
    [([], True), (["--use_v2_restore"], True), (["--use_v2_restore"], False)],
    ids=["grpc", "jobs", "untold"],
)
def test_lost_rows_are_an_error(with_two_segments, ways, kept, honest):
    """Whatever the import itself says of their number: all that the backup has must be in the segments."""
    milvus, program = with_two_segments
    milvus.loses = lambda rows: rows[:kept]
    milvus.tells = lambda count: count if honest else 100
    result = program.fails("restore", "-n", "b", "-s", "_copy", *ways, code=CORRUPT)
    assert f"milvus has {2 * kept} rows of default.c_copy, the backup has 100" in result.err


def test_damage_in_the_store_is_told(with_two_segments):
    milvus, program = with_two_segments
    logs = sorted(milvus.place.keys("backup/b/binlogs/insert_log/"))
    milvus.place.put(logs[0], b"x" * len(milvus.place.get(logs[0])))
    assert "corrupt" in program.fails("restore", "-n", "b", "-s", "_copy", code=CORRUPT).err


def test_a_pause_that_not_every_collection_gets(milvus_of, tmp_path):
    """Then none is left paused, and that it is not is told."""
    milvus = milvus_of("2.6.8")
    for name in "abc":
        milvus.make(name, [key(), text(), vector()])

    def refuse_after_two():
        if len(milvus.pauses) == 2:
            raise Refused("too many pauses")

    milvus.before[PAUSE] = refuse_after_two
    created = program_over(milvus, tmp_path).ok("create", "-n", "b")
    assert "garbage collection went on" in created.err and "too many pauses" in created.err
    assert milvus.pauses == {} and milvus.asked.count(RESUME) == 6


@pytest.mark.parametrize(("arguments", "ok"), [([], True), (["--strategy", "bulk_flush"], False)])
def test_a_flush_of_everything_that_fails(milvus_of, tmp_path, arguments, ok):
    """Nobody asked for it: then each collection is flushed by itself."""
    milvus = milvus_of("2.6.11")
    milvus.make("c", [key(), text(), vector()])
    milvus.insert("c", some_rows(0, 10))

    def fail():
        raise Refused("the coordinator is out of its mind", 1100, 5)

    milvus.before["FlushAll"] = fail
    program = program_over(milvus, tmp_path)
    if ok:
        program.ok("create", "-n", "b")
        assert "out of its mind" in program.log() and "Flush" in milvus.asked
        program.ok("restore", "-n", "b", "-s", "_copy")
        assert milvus.count("c_copy") == 10
    else:
        assert "out of its mind" in program.fails("create", "-n", "b", *arguments).err


@pytest.mark.parametrize("version", ["2.4.15", "2.6.8"])
def test_a_compaction_while_a_backup_is_made(milvus_of, tmp_path, version):
    """Segments that were told are dropped a moment later; their logs stay while garbage collection is paused."""
    milvus = milvus_of(version)
    milvus.make("c", [key(), text(), vector()])
    milvus.insert("c", some_rows(0, 50))
    milvus.flush("c")
    milvus.delete("c", [7])
    removed = []

    def compact():
        milvus.compact("c")
        removed.append(milvus.collect_garbage())

    milvus.before["ShowPartitions"] = lambda: "GetPersistentSegmentInfo" in milvus.asked and compact()
    program = program_over(milvus, tmp_path)
    program.ok("create", "-n", "b")
    del milvus.before["ShowPartitions"]
    assert removed == [0] and milvus.collect_garbage() > 0
    program.ok("restore", "-n", "b", "-s", "_copy")
    assert milvus.rows("c_copy") == milvus.rows("c") and milvus.count("c") == 49
