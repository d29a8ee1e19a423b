"""l0compact over folders and over S3: where the deletes go, what is refused, and what the new backup is good for."""

import json
import re

import pytest
from testbed import VersityGw
from testbed.backup_server import BackupServer
from testbed.program import CORRUPT, EXISTS, FAILURE, NOT_FOUND, USAGE, Program
from testbed.server import wait_until

from wire.metrics import Metrics
from wire.restoring import Backup, Server, data, options, program_for
from wire.transferring import BUCKET, bucket_config, folder_config, keys_below, record

MAGIC = bytes.fromhex("bcfaff00")


class Deletes(Backup):
    """A backup whose delta logs begin as Milvus' do; each says which segment's it is."""

    def delta(self, partition, number, log, group=True):
        place = [1, partition, *([number] if group else []), number, log]
        path = self.folder / "binlogs" / "delta_log" / "/".join(map(str, place))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(MAGIC + f"{partition}/{number}/{log}".encode())
        return {"log_size": path.stat().st_size, "log_id": log}

    def rows(self, number, deltas=(), channel="", group=None):
        """A segment with rows in the partition that was made last."""
        self.segment(number, group=group)
        segment = self.last["segment_backups"][-1]
        logs = [self.delta(self.last["partition_id"], number, log, group != 0) for log in deltas]
        segment["size"] = 40 + sum(log["log_size"] for log in logs)
        return self._deltas(segment, logs, channel)

    def l0(self, number, logs, channel="", partition=None):
        """Deletes of the partition that was made last, or over all of them."""
        place = self.last["partition_id"] if partition is None else partition
        segment = {"segment_id": number, "collection_id": 1, "partition_id": place, "num_of_rows": 2, "is_l0": True}
        if place != -1:
            segment["group_id"] = number
        made = [self.delta(place, number, log, place != -1) for log in logs]
        segment |= {"size": sum(log["log_size"] for log in made), "binlogs": []}
        home = self.collection.setdefault("l0_segments", []) if place == -1 else self.last["segment_backups"]
        home.append(segment)
        return self._deltas(segment, made, channel)

    def _deltas(self, segment, logs, channel):
        if logs:
            segment["deltalogs"] = [{"binlogs": logs}]
        if channel:
            segment["v_channel"] = channel
        return self

    @property
    def last(self):
        return self.collection["partition_backups"][-1]


def deltas_of(folder):
    """(partition, segment) -> what its delta logs hold, by id, as the description names them."""
    full = json.loads((folder / "meta" / "full_meta.json").read_text())
    found = {}
    for collection in full["collection_backups"]:
        assert "l0_segments" not in collection
        for partition in collection["partition_backups"]:
            for segment in partition["segment_backups"]:
                group = [str(segment["group_id"])] if segment.get("group_id") else []
                place = [str(partition["partition_id"]), *group, str(segment["segment_id"])]
                logs = [log for field in segment.get("deltalogs") or [] for log in field.get("binlogs") or []]
                where = folder / "binlogs" / "delta_log" / "1" / "/".join(place)
                held = {log["log_id"]: (where / str(log["log_id"])).read_bytes() for log in logs}
                assert all(len(held[log["log_id"]]) == log["log_size"] for log in logs)
                assert not where.exists() or {path.name for path in where.iterdir()} == set(map(str, held))
                found[partition["partition_id"], segment["segment_id"]] = {
                    number: text[len(MAGIC) :].decode() for number, text in held.items()
                }
    return found


@pytest.fixture
def home(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def program(home, tmp_path):
    return Program(tmp_path / "program", folder_config(home))


@pytest.fixture
def made(home):
    """Two partitions, deletes of one of them and over both; one segment has a delete of its own."""
    backup = Deletes(home / "b").partition(10, "_default").rows(20, deltas=[5]).rows(21).l0(30, [6, 7])
    backup.partition(11, "other").rows(22)
    return backup.l0(31, [8], partition=-1).write()


def test_deletes_go_to_every_segment_that_they_can_be_about(home, program, made):
    before = {path: path.read_bytes() for path in (home / "b").rglob("*") if path.is_file()}
    result = program.ok("l0compact", "-n", "b")
    assert result.out == "l0compact done: b -> b_l0compacted\n"
    assert deltas_of(home / "b_l0compacted") == {
        (10, 20): {5: "10/20/5", 6: "10/30/6", 7: "10/30/7", 8: "-1/31/8"},
        (10, 21): {6: "10/30/6", 7: "10/30/7", 8: "-1/31/8"},
        (11, 22): {8: "-1/31/8"},
    }
    assert before == {path: path.read_bytes() for path in (home / "b").rglob("*") if path.is_file()}


def test_the_description_is_of_a_new_backup(home, program, made):
    told = program.ok("l0compact", "-n", "b", "-o", "plain", "--json").json()
    assert (told["l0_segments"], told["delta_logs_added"], told["warnings"]) == (2, 7, [])
    shown = json.loads((home / "plain" / "meta" / "full_meta.json").read_text())
    assert shown["name"] == "plain" and shown["id"] == told["id"] != made.full["id"]
    names = keys_below(home / "plain" / "binlogs")
    sizes = [(home / "plain" / "binlogs" / name).stat().st_size for name in names]
    [collection] = shown["collection_backups"]
    assert shown["size"] == collection["size"] == sum(p["size"] for p in collection["partition_backups"]) == sum(sizes)
    assert {"binlogs/" + name for name in names} == {
        json.loads(line)["key"] for line in (home / "plain" / "meta" / "objects.jsonl").read_text().splitlines()
    }
    assert "l0_segments" not in (home / "plain" / "meta" / "collection_meta.json").read_text()


def test_the_new_backup_passes_verify_and_get(home, program, made):
    program.ok("l0compact", "-n", "b")
    program.ok("verify", "-n", "b_l0compacted", "--read-data", "--json")
    assert program.ok("get", "-n", "b_l0compacted").json()["name"] == "b_l0compacted"


def test_level_files_alone_say_the_same(home, program, made):
    """Older tools read nothing else."""
    program.ok("l0compact", "-n", "b")
    whole = program.ok("info", "-n", "b_l0compacted", "--json").json()
    (home / "b_l0compacted" / "meta" / "full_meta.json").unlink()
    assert program.ok("info", "-n", "b_l0compacted", "--json").json()["collections"] == whole["collections"]


def test_an_old_milvus_restores_it(data, tmp_path):
    backup = Deletes(data / "backup" / "b").partition(10, "_default").rows(20).l0(30, [6])
    backup.l0(31, [8], partition=-1).write()
    with Server("2.3.5") as server:
        program = program_for(server, data, tmp_path / "program")
        assert "holds only deletes" in program.fails("restore", "-n", "b").err
        program.ok("l0compact", "-n", "b", "-o", "plain")
        program.ok("restore", "-n", "plain")
    [imported] = server.imports
    assert list(imported.files) == [f"{data}/backup/plain/binlogs/{kind}_log/1/10/" for kind in ("insert", "delta")]
    assert "l0_import" not in options(imported)


def test_channels_keep_deletes_apart(home, program):
    backup = Deletes(home / "b").partition(10, "_default").rows(20, channel="dml_0_1v0").rows(21, channel="dml_1_1v1")
    backup.rows(22).l0(30, [6], channel="dml_0_1v0").l0(31, [7]).write()
    program.ok("l0compact", "-n", "b")
    found = {segment: set(logs) for (_, segment), logs in deltas_of(home / "b_l0compacted").items()}
    assert found == {20: {6, 7}, 21: {7}, 22: {6, 7}}


def test_ids_that_meet_in_one_folder_stay_apart(home, program):
    backup = Deletes(home / "b").partition(10, "_default").rows(20, deltas=[6, 9]).rows(21)
    backup.l0(30, [6]).l0(31, [7]).l0(32, [7], partition=-1).write()
    program.ok("l0compact", "-n", "b")
    found = deltas_of(home / "b_l0compacted")
    assert sorted(found[10, 20].values()) == ["-1/32/7", "10/20/6", "10/20/9", "10/30/6", "10/31/7"]
    assert found[10, 20][6] == "10/20/6" and sorted(found[10, 21].values()) == ["-1/32/7", "10/30/6", "10/31/7"]


@pytest.mark.parametrize("group", [0, None], ids=["no group", "a group"])
def test_a_delete_that_no_description_names_is_taken_up(home, program, group):
    backup = Deletes(home / "b").partition(10, "_default").rows(20, group=group).l0(30, [6]).write()
    backup.delta(10, 20, 5, group=group != 0)
    program.ok("l0compact", "-n", "b")
    assert deltas_of(home / "b_l0compacted") == {(10, 20): {5: "10/20/5", 6: "10/30/6"}}


def test_what_is_no_part_of_the_backup_stays_behind(home, program, made):
    record(home / "b")
    made.delta(10, 20, 99)
    told = program.ok("l0compact", "-n", "b", "--json").json()
    assert "1 objects that are no part" in told["warnings"][0] and 99 not in deltas_of(home / "b_l0compacted")[10, 20]


def test_a_backup_without_l0_segments_is_copied(home, program):
    Deletes(home / "b").partition(10, "_default").rows(20, deltas=[5]).write()
    told = program.ok("l0compact", "-n", "b", "--json").json()
    assert "has no L0 segments" in told["warnings"][0]
    assert deltas_of(home / "b_l0compacted") == {(10, 20): {5: "10/20/5"}}


# ------------------------------------------------------------- refused


def test_a_taken_name_is_replaced_by_force_alone(home, program, made):
    program.ok("l0compact", "-n", "b", "-o", "plain")
    first = json.loads((home / "plain" / "meta" / "full_meta.json").read_text())["id"]
    (home / "plain" / "binlogs" / "stale").write_bytes(b"x")
    result = program.fails("l0compact", "-n", "b", "-o", "plain", code=EXISTS)
    assert "plain already exists" in result.err and "--force" in result.err
    program.ok("l0compact", "-n", "b", "-o", "plain", "--force")
    assert json.loads((home / "plain" / "meta" / "full_meta.json").read_text())["id"] != first
    assert not (home / "plain" / "binlogs" / "stale").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["-n", "b", "-o", "b"], USAGE, "--output: the new backup needs another name than b"),
        (["-n", "b", "-o", "a-b"], USAGE, "--output"),
        (["-n", "nothing"], NOT_FOUND, "nothing"),
        ([], USAGE, "--name"),
    ],
)
def test_what_cannot_be_meant(home, program, made, arguments, code, named):
    assert named in program.fails("l0compact", *arguments, code=code).err
    assert [path.name for path in home.iterdir()] == ["b"]


def spoil_format(folder):
    for name in ("full", "backup"):
        path = folder / "meta" / f"{name}_meta.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "format": "snapshot"}))


@pytest.mark.parametrize(
    ("spoil", "code", "named"),
    [
        (lambda b: (b / "binlogs/delta_log/1/10/30/30/6").write_bytes(b"PAR1 and so on"), FAILURE, "10/30/30/6"),
        (lambda b: (b / "binlogs/delta_log/1/-1/31/8").unlink(), CORRUPT, "-1/31/8"),
        (spoil_format, FAILURE, "snapshot"),
    ],
    ids=["another format", "missing", "snapshot"],
)
def test_what_cannot_be_folded_is_refused_before_anything_is_removed(home, program, made, spoil, code, named):
    program.ok("l0compact", "-n", "b", "-o", "plain")
    before = keys_below(home / "plain")
    spoil(home / "b")
    assert named in program.fails("l0compact", "-n", "b", "-o", "plain", "--force", code=code).err
    assert keys_below(home / "plain") == before


def test_deletes_that_would_be_lost_are_told(home, program, made):
    made.delta(-1, 77, 9, group=False)
    result = program.fails("l0compact", "-n", "b", code=CORRUPT)
    assert "-1/77/9" in result.err and "would be lost" in result.err


def test_a_failure_leaves_a_name_that_force_frees(home, program, made):
    lost = home / "b" / "binlogs" / "insert_log" / "1" / "11" / "22" / "22" / "101" / "7"
    kept = lost.read_bytes()
    lost.unlink()
    result = program.fails("l0compact", "-n", "b", code=CORRUPT)
    assert "22/101/7" in result.err
    assert "b_l0compacted" not in program.ok("list").out
    lost.write_bytes(kept)
    program.ok("l0compact", "-n", "b", "--force")
    assert len(deltas_of(home / "b_l0compacted")) == 3


# ------------------------------------------------------------- what was interrupted


def lose(home):
    """Takes a binlog away; the function puts it back."""
    lost = home / "b" / "binlogs" / "insert_log" / "1" / "11" / "22" / "22" / "101" / "7"
    content = lost.read_bytes()
    lost.unlink()
    return lambda: lost.write_bytes(content)


def whole(program, folder):
    assert json.loads(program.ok("verify", "-n", folder.name, "--read-data", "--json").out)["whole"]
    return deltas_of(folder)


def test_a_failure_is_gone_on_with(home, program, made):
    mend = lose(home)
    failed = program.fails("l0compact", "-n", "b", "--json", code=CORRUPT)
    error = json.loads(failed.out)["error"]
    assert (error["hint"], error["subject"], error["resumable"]) == ("resume", "b_l0compacted", True)
    assert "failed" in program.ok("list", "--all").out
    mend()
    there = {path: path.stat().st_ino for path in (home / "b_l0compacted" / "binlogs").rglob("*") if path.is_file()}
    assert there
    refused = program.fails("l0compact", "-n", "b", code=EXISTS)
    assert "continue it with --resume" in refused.err
    told = program.ok("l0compact", "-n", "b", "--resume", "--json").json()
    found = whole(program, home / "b_l0compacted")
    assert all(path.stat().st_ino == inode for path, inode in there.items()), "nothing is copied twice"

    fresh = program.ok("l0compact", "-n", "b", "-o", "fresh", "--json").json()
    for member in ("objects", "bytes", "l0_segments", "delta_logs_added", "bytes_added"):
        assert told[member] == fresh[member], member
    assert found == deltas_of(home / "fresh")
    assert program.ok("get", "-n", "b_l0compacted").json()["id"] == told["id"]


def test_what_was_cut_is_copied_again(home, program, made):
    mend = lose(home)
    program.fails("l0compact", "-n", "b", code=CORRUPT)
    [cut, *_] = [path for path in (home / "b_l0compacted" / "binlogs").rglob("*") if path.is_file()]
    cut.write_bytes(cut.read_bytes()[:-1])
    mend()
    program.ok("l0compact", "-n", "b", "--resume")
    whole(program, home / "b_l0compacted")


@pytest.mark.parametrize("then", ["--resume", "delete"])
def test_what_a_killed_run_leaves_is_listed_and_gone_on_with_or_deleted(home, program, made, then):
    for number in range(40, 70):
        made.rows(number)
    made.write()
    limits = {"over": "local", "throttle.requestsPerSecond": 40}
    slow = program.with_changes(
        program.folder / "slow", minio={"backupStorageType": "throttle", "backupOptions": limits}
    )
    process = slow.start("l0compact", "-n", "b", "-o", "half")
    wait_until(lambda: any(path.is_file() for path in (home / "half" / "binlogs").rglob("*")), 30, "a binlog")
    process.kill()
    slow.finish(process)
    assert program.listed() == {"b": True} and not (home / "half" / "meta" / "backup_meta.json").exists()
    assert re.search(r"half .*interrupted", program.ok("list", "--all").out)
    if then == "delete":
        program.ok("delete", "-n", "half")
        assert not (home / "half").exists()
    else:
        program.ok("l0compact", "-n", "b", "-o", "half", then)
        whole(program, home / "half")


def test_another_source_is_not_gone_on_with(home, program, made):
    mend = lose(home)
    program.fails("l0compact", "-n", "b", "-o", "new", code=CORRUPT)
    mend()
    other = Deletes(home / "c").partition(10, "_default").rows(20).l0(30, [6])
    other.full["id"] = "y"
    other.write()
    refused = program.fails("l0compact", "-n", "c", "-o", "new", "--resume", code=EXISTS)
    assert "was of something else" in refused.err
    assert "resume" in program.fails("l0compact", "-n", "b", "-o", "new", "--resume", "--force", code=USAGE).err
    program.ok("l0compact", "-n", "c", "-o", "new", "--force")


# ------------------------------------------------------------- elsewhere


@pytest.mark.parametrize("mode", ["auto", "streaming"])
def test_in_a_bucket(made, home, tmp_path, mode):
    with VersityGw() as store:
        program = Program(tmp_path / "s3", {**bucket_config(store, store.port, "kept"), "transfer": {"mode": mode}})
        for name in keys_below(home / "b"):
            path = store.data / BUCKET / "kept" / "b" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((home / "b" / name).read_bytes())
        told = program.ok("l0compact", "-n", "b", "--json").json()
        assert ("inside" in told["transfer"]) == (mode == "auto")
        program.ok("verify", "-n", "b_l0compacted", "--read-data", "--json")
        assert len(deltas_of(store.data / BUCKET / "kept" / "b_l0compacted")[10, 20]) == 4


def test_rest_compacts_as_the_command_does(home, program, made):
    with BackupServer(program) as server:
        assert server.get("info", backup_name="b").data["l0_segments"] == 2
        task = server.post("l0compact", {"backup_name": "b"}).data
        assert (task["kind"], task["state"], task["backup_name"]) == ("compact", "succeeded", "b")
        told = task["result"]
        assert (told["name"], told["output"], told["folded"], told["added"]) == ("b", "b_l0compacted", 2, 7)
        assert server.get("info", backup_name="b_l0compacted").data["l0_segments"] == 0
        assert [it["kind"] for it in server.get("tasks", kind="compact").data] == ["compact"]
        assert Metrics(server).sum("milvus_backup_tasks_ended_total", kind="compact", outcome="succeeded") == 1
    program.ok("l0compact", "-n", "b", "-o", "by_hand")
    assert deltas_of(home / "b_l0compacted") == deltas_of(home / "by_hand")


def test_rest_says_what_is_in_the_way(home, program, made):
    made_before = {"backup_name": "b", "output": "plain"}
    with BackupServer(program) as server:
        begun = server.post("l0compact", {**made_before, "async": True})
        assert begun.json()["msg"] == "compact is executing asynchronously"
        assert server.wait_for_task(begun.data["id"])["state"] == "succeeded"
        first = json.loads((home / "plain" / "meta" / "full_meta.json").read_text())["id"]
        taken = server.post("l0compact", made_before)
        assert taken.code == 3 and "DELETE /api/v1/delete?backup_name=plain" in taken.json()["msg"]
        assert server.post("l0compact", {**made_before, "force": True}).data["result"]["id"] != first
        assert server.post("l0compact", {"backup_name": "nowhere"}).code == 3
        same = server.post("l0compact", {"backup_name": "b", "output": "b"})
        assert same.code == 3 and same.json()["msg"] == "output: the new backup needs another name than b"
        assert server.post("l0compact", {}).code == 400


def test_rest_goes_on_with_a_failure(home, program, made):
    mend = lose(home)
    with BackupServer(program) as server:
        failed = server.post("l0compact", {"backup_name": "b"})
        assert failed.code == 3 and 'go on with it by "resume": true' in failed.json()["msg"]
        assert "DELETE /api/v1/delete?backup_name=b_l0compacted" in failed.json()["msg"]
        mend()
        contradictory = server.post("l0compact", {"backup_name": "b", "resume": True, "force": True})
        assert contradictory.code == 3 and contradictory.json()["msg"].startswith("resume: ")
        assert server.post("l0compact", {"backup_name": "b", "resume": True}).data["state"] == "succeeded"
    assert whole(program, home / "b_l0compacted")
