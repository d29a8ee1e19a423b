"""Replays what was asked of servers of the Go program on a real Milvus 2.3.5 and S3, as it was recorded.

The rules say how answers may differ (wire/rest_rules.py). A sample by default, all sections by scripts/soak.
"""

import fnmatch
import http.client
import signal
import threading
import time
from pathlib import Path

import pytest
from testbed.backup_server import BackupServer
from testbed.data import COLLECTIONS
from testbed.ports import free_port
from testbed.program import Program, merged
from testbed.rows import read_collections
from testbed.server import wait_until
from testbed.soak import soak_rounds
from wire.mutants import unnoticed
from wire.recordings import content, load, send, whole
from wire.replaying import MADE, RUBBISH, Player, made_whole
from wire.rest_rules import CHANCE, NOT_PLAYED_ON_MILVUS, REAL_RULES, RULES, SURE
from wire.rest_values import ABSENT, Part, Values

FOLDER = Path(__file__).parent.parent / "data" / "recordings"
ROOTS = {"v0.4.15": "bk415", "v0.5.16": "bk516"}
OTHER_BUCKET, OTHER_ROOT = "other-bucket", "other-root"
SECTIONS = ("check", "create", "list", "get", "delete", "restore", "restore2", "secondary", "concurrent", "sigint", "down")
WITH_BASE = ("list", "get", "restore", "restore2", "secondary", "down")
# Those whose collections the next record needs.
KEPT = """meta-only target-exists skip-create drop-exist drop-exist-and-skip-create restore-index-skip-create
drop-exist-index truncate""".split()
SAMPLE = [  # of kinds that differ; the rest is as long as a coffee
    "check/check",
    "list/all",
    "get/by-name",
    "get/restarted-by-name",
    "delete/ok",
    "restore/sync-suffix-id",
    "restore/get-sync",
    "restore/get-unknown",
    "restore/async-exists*",
    "restore/name-unknown",
    "restore/rename-db",
    "restore/dbs-blank-db",
    "restore/meta-only",
    "restore/target-exists",
    "restore/drop-exist",
    "restore2/bucket-and-path",
    "restore2/unknown-bucket",
    "restore2/dbs-after-rename",
    "secondary/sync",
    "sigint/sync-int*",
    "down/milvus-start",
    "down/milvus-get",
]
ALL = bool(soak_rounds(0, 1))


class Stage:
    """A server over a root of its own, with the backups that a section begins with."""

    def __init__(self, site, version, folder):
        self.site, self.folder, self.root = site, folder, ROOTS[version]
        self.before = site.collections()
        self.config = merged(
            site.config,
            {
                "minio": {"backupRootPath": self.root},
                "backup": {"gcPause": {"enable": False}},
                "server": {
                    "buckets": [OTHER_BUCKET],
                    "rootPaths": [OTHER_ROOT, f"{self.root}_alt", "nowhere"],
                    "shutdownTimeout": 0,
                },
            },
        )
        self.server = None

    def start(self, **changes):
        self.server = BackupServer(Program(self.folder, merged(self.config, changes))).start()

    def restart(self, number=None):
        """By a signal, or in an orderly way. Gives the exit code."""
        code = 0
        if number:
            self.server.tell(number)
            code = self.server.finish()
        else:
            self.server.stop()
        self.start()
        return code

    def empty(self):
        for prefix in (f"{self.root}/", f"{self.root}_alt/", f"{OTHER_ROOT}/"):
            for key in self.site.place.keys(prefix):
                self.site.place.remove(key)

    def prepare(self, section):
        self.empty()
        self.start()
        if section in WITH_BASE:
            assert self.server.post("create", {"backup_name": "base"}, headers={"request_id": "base-id"}).data
        for name, body in MADE.get(section, {}).items():
            if name != "base":
                only = {} if name == "foreign" else {"meta_only": True}
                assert self.server.post("create", {"backup_name": name, **only, **body}).data
        if section in MADE or section == "restore":
            for key, content in RUBBISH.items():
                self.site.place.put(f"{self.root}/{key}", content.encode())
        getattr(self, f"prepare_{section}", lambda: None)()

    def prepare_restore2(self):
        store = self.site.milvus.store
        if not any(bucket["Name"] == OTHER_BUCKET for bucket in store.client().list_buckets()["Buckets"]):
            store.make_bucket(OTHER_BUCKET)
        else:
            for key in store.keys(OTHER_BUCKET):
                store.client().delete_object(Bucket=OTHER_BUCKET, Key=key)
        other = merged(self.config, {"minio": {"backupBucketName": OTHER_BUCKET, "backupRootPath": OTHER_ROOT}})
        Program(self.folder / "other", other).ok("create", "-n", "ob1")

    def prepare_concurrent(self):
        for name in ("halfdone", "halfdone2"):
            self.site.place.put(f"{self.root}/{name}/binlogs/one", b"x")

    def prepare_sigint(self):
        assert self.server.post("create", {"backup_name": "si0", "collection_names": ["empty"], "meta_only": True}).data

    def new(self):
        return self.site.collections() - self.before

    def tidy(self):
        self.site.drop(self.new())


class OnMilvus(Player):
    """What a record needs besides its request: what runs meanwhile, and what is looked at afterwards."""

    def perform(self, stage, record):
        name = record["id"].replace("/", "_").replace("-", "_")
        before = getattr(self, f"before_{name}", None)
        if before:
            before(stage)
        if "signal" in record.get("after", {}):
            self.play_signal(stage, record)
        elif "request" in record or "requests" in record:
            self.play(stage.server, record)
        self.look_after(stage, record)
        after = getattr(self, f"after_{name}", None)
        if after:
            after(stage)
        body = record.get("request", {}).get("json") or {}
        waits = isinstance(body, dict) and body.get("async")
        if not waits and record["id"].split("/")[1] not in KEPT and record["id"].split("/")[0] in ("restore", "restore2"):
            stage.tidy()

    def look_after(self, stage, record):
        after = record.get("after", {})
        if "new" in after:
            names = {f"{database}.{name}" for database, name in stage.new()}
            recorded = {name for name in after["new"] if not name.endswith(".")}
            if names != recorded:
                self.judge_part(record, Part("after.new", sorted(recorded), sorted(names)))
        if "bucket_exists_afterwards" in after:
            buckets = stage.site.milvus.store.client().list_buckets()["Buckets"]
            exists = any(bucket["Name"].startswith("no-such") for bucket in buckets)
            if exists != after["bucket_exists_afterwards"]:
                self.judge_part(record, Part("after.bucket", not exists, exists))

    def judge_part(self, record, part):
        """What differs besides the answer."""
        id = f"{record['id']}#{part}"
        left = [] if self.is_allowed(id, part) else [part]
        self.differences += 1
        self.values.note(self.version, id, [part])
        self.found += [f"{self.version} {id}: {one}" for one in left + self.values.judge(self.version, id, [part])]

    # ------------------------------------------------------------- restores

    def after_restore_sync_suffix(self, stage):
        rows = read_collections(stage.site.milvus, [(db, f"{name}_s1") for db, name in COLLECTIONS])
        assert {(db, name): rows[(db, f"{name}_s1")] for db, name in COLLECTIONS} == stage.site.rows

    # ----------------------------------------------------------- concurrency

    def begin(self, stage, name, **headers):
        assert stage.server.post("create", {"backup_name": name, "async": True}, headers=headers).data

    def await_backup(self, stage, name):
        wait_until(lambda: stage.server.get("get_backup", backup_name=name).data["state_code"] >= 2, 120, name)

    def before_concurrent_async_running_same_sync(self, stage):
        self.await_backup(stage, "co3")

    def before_concurrent_co3b_end(self, stage):
        self.await_backup(stage, "co5")

    def before_concurrent_restore_running_backup(self, stage):
        stage.tidy()
        self.begin(stage, "co6")

    def after_concurrent_delete_while_running(self, stage):
        self.await_backup(stage, "co6")

    def before_concurrent_client_left(self, stage):
        connection = stage.server.connect()
        body = '{"backup_name":"co7"}'
        connection.request("POST", "/api/v1/create", body, {"request_id": "co7"})
        time.sleep(0.4)
        connection.close()

    def before_create_async2_by_name(self, stage):
        self.begin(stage, "cr_async2", request_id="cr-async2")

    def before_delete_running(self, stage):
        self.begin(stage, "de_run", request_id="de-run")

    def after_delete_running(self, stage):
        self.await_backup(stage, "de_run")

    # --------------------------------------------------------------- signals

    def play_signal(self, stage, record):
        """The request, and a signal while it is at work; then a new process."""
        after, answers = record["after"], []

        def ask():
            try:
                answers.append(send(stage.server, record["request"]))
            except (http.client.HTTPException, OSError) as error:
                answers.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        if "seconds_after_the_request" in after:
            time.sleep(after["seconds_after_the_request"])
        else:
            prefix = f"{stage.root}/{record['request']['json']['backup_name']}/binlogs"
            wait_until(lambda: stage.site.place.keys(prefix), 60, "the first object")
        code = stage.restart(getattr(signal, after["signal"]))
        asking.join()
        if isinstance(answers[0], Exception) or "connection" in record["response"]:
            if not isinstance(answers[0], Exception):
                self.judge_part(record, Part("answered", ABSENT, {"status": answers[0].status, "body": content(answers[0])}))
            self.played += 1
        else:
            self.compare(record, answers[0])
        if code >= 0:
            self.judge_part(record, Part("after.exit", after["signal"], code))

    def before_sigint_restore_async(self, stage):
        self.begin(stage, "base")
        self.await_backup(stage, "base")

    def after_sigint_restore_async(self, stage):
        stage.restart(signal.SIGINT)
        stage.tidy()

    # ------------------------------------------------------- nobody answers

    def before_down_milvus_start(self, stage):
        stage.server.stop()
        stage.start(milvus={"port": free_port()})

    def before_down_storage_start(self, stage):
        stage.server.stop()
        stage.start(minio={"port": free_port(), "backupPort": free_port()})

    # -------------------------------------------------------------- restarts

    def before_get_restarted_by_name(self, stage):
        stage.restart()


def is_played(record):
    left_out = any(fnmatch.fnmatch(record["id"], pattern) for pattern in NOT_PLAYED_ON_MILVUS)
    requests = record.get("requests") or ([record["request"]] if "request" in record else [])
    sampled = ALL or any(fnmatch.fnmatch(record["id"], pattern) for pattern in SAMPLE)
    return sampled and not left_out and all(whole(request) for request in requests)


@pytest.fixture(scope="module")
def players():
    values = Values(FOLDER / "values_milvus.jsonl", SURE, CHANCE)
    yield {version: OnMilvus(version, [*RULES, *REAL_RULES], values) for version in ROOTS}
    values.write()


@pytest.mark.soak
@pytest.mark.parametrize("site", ["s3"], indirect=True)
@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("version", ROOTS)
def test_answers_are_those_of_the_go_program_but_for_what_the_rules_allow(version, section, players, site, tmp_path):
    records = map(made_whole, load(FOLDER / f"{version}.jsonl.gz").values())
    records = [record for record in records if record["id"].split("/")[0] == section and is_played(record)]
    if not records:
        pytest.skip("no record of this section is in the sample")
    player, stage = players[version], Stage(site, version, tmp_path)
    before, played, equal, differences = len(player.found), player.played, player.equal, player.differences
    answers = len(player.answers)
    player.by_rule.clear()
    try:
        stage.prepare(section)
        for record in records:
            player.perform(stage, record)
        stage.server.stop()
    finally:
        stage.server.kill()
        stage.tidy()
    player.sections.add(section)
    print(f"{version} {section}: {player.played - played} played, {player.equal - equal} equal, {player.differences - differences}"
          " differences", *player.by_rule.items(), sep="\n  ")
    assert not player.found[before:], "\n".join(player.found[before:])
    assert unnoticed(player, player.answers[answers:], deep=False) == []


@pytest.mark.soak
@pytest.mark.parametrize("site", ["s3"], indirect=True)
def test_no_rule_is_left_over(site, players):
    """After all sections, or it has nothing to say. What is chance need not have happened."""
    if not ALL or any(player.sections != set(SECTIONS) for player in players.values()):
        pytest.skip("not all sections were played")
    unused = [f"{rule.ids}: {rule.parts} ({rule.version})" for rule in REAL_RULES if not rule.used and "chance" not in rule.reason]
    assert not unused, "\n".join(unused)
    assert players["v0.5.16"].values.left_over() == []
