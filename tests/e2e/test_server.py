"""The server over a real Milvus, run as a user would: schedules, an end by SIGKILL, a backup's way to another storage and back."""

import contextlib
import json
import os
import time

import pytest
import yaml
from testbed import VersityGw
from testbed.backup_server import BackupServer
from testbed.data import COLLECTIONS
from testbed.places import BucketPlace, FolderPlace
from testbed.program import merged
from testbed.rows import assert_same_rows, read_collections
from testbed.server import wait_until
from wire.test_prune import make

DAY = 86400


@pytest.fixture
def base(tmp_path):
    """Where servers of a test keep what they remember."""
    return {"server": {"stateDir": str(tmp_path / "state"), "shutdownTimeout": 5}}


def serve(program, base, **changes):
    return BackupServer(program.with_changes(program.folder, **merged(base, changes)))


def assert_restored(site, suffix, collections=COLLECTIONS):
    rows = read_collections(site.milvus, [(database, name + suffix) for database, name in collections])
    for database, name in collections:
        assert_same_rows(site.rows[database, name], rows[database, name + suffix], f"{database}.{name}")


def listed(server, **query):
    return {backup["name"]: backup for backup in server.get("list", **query).data}


# ------------------------------------------------------------------ schedules


def lay(site, folder, name, day):
    """A backup whose data was taken on that day of January 2026."""
    make(folder, name, day)
    site.put_backup(name, {path.relative_to(folder / name).as_posix(): path.read_bytes()
                           for path in (folder / name).rglob("*") if path.is_file()})


def was_due_ten_days_ago(folder, schedule):
    """What a server leaves that was stopped then: a schedule cannot be waited for, so its time has come before."""
    row = {"name": schedule["name"], "cron": schedule["cron"], "timezone": "UTC"}
    row["due_after_ms"] = int((time.time() - 10 * DAY) * 1000)
    (folder / "state").mkdir()
    (folder / "state" / "schedules.json").write_text(json.dumps({"schedules": [row]}))


def test_a_schedule_backs_milvus_up_and_old_backups_go(site, program, base, tmp_path):
    schedule = {
        "name": f"nightly{'_s3' if site.milvus.store else ''}",
        "cron": "30 2 * * *",
        "collections": ["partitions", "sales.partitions"],
        "retention": {"keepLast": 2},
    }
    old = [f"{schedule['name']}_202601{day:02}_023000" for day in (3, 4, 5)]
    for day, name in enumerate(old, 3):
        lay(site, tmp_path / "made", name, day)
    lay(site, tmp_path / "made", f"{schedule['name']}_by_hand", 1)
    was_due_ten_days_ago(tmp_path, schedule)
    with serve(program, base, schedules=[schedule]) as server:
        wait_until(lambda: server.get("schedules").data[0]["last_state"] == "succeeded", 60, "the end of the schedule's backup")
        wait_until(lambda: old[1] not in listed(server), 30, "the end of the prune")
        [told] = server.get("schedules").data
        kinds = {task["kind"]: task for task in server.get("tasks").data}
        ours = {name for name in listed(server) if name.startswith(schedule["name"])}
        assert ours == {old[2], told["last_backup"], f"{schedule['name']}_by_hand"}
        assert (told["runs"], told["failures"]) == (1, 0) and told["next_run"] > time.time() * 1000
        assert {kind: task["state"] for kind, task in kinds.items()} == {"create": "succeeded", "prune": "succeeded"}
        body = {"backup_name": told["last_backup"], "collection_suffix": "_night"}
        assert server.post("restore", body, timeout=120).data["state_code"] == 2
    assert_restored(site, "_night", [("default", "partitions"), ("sales", "partitions")])
    assert site.backup(old[0]) == {} == site.backup(old[1])
    for name in ours:
        site.remove_backup(name)


# ------------------------------------------------------------------- a killed server


def killed_in_the_middle(site, program, base, name):
    """A server that is killed when some objects of an async create are there; gives the task's id."""
    slow = {"backupStorageType": "throttle", "backupOptions": {"over": site.config["minio"]["storageType"], "throttle.requestsPerSecond": 6}}
    server = serve(program, base, minio=slow, backup={"parallelism": {"copydata": 1}}, transfer={"concurrency": 1}).start()
    try:
        task = server.post("create", {"backup_name": name, "async": True}).data["id"]
        wait_until(lambda: any("/insert_log/" in key for key in site.backup(name)), 60, "the first binlogs")
        assert server.task(task)["state"] == "running"
    finally:
        server.kill()
    assert "meta/backup_meta.json" not in site.backup(name)
    return task


def assert_told_as_failed(server, name, task):
    told = server.task(task)
    assert (told["state"], told["backup_name"]) == ("failed", name) and "it can be resumed" in told["error"], told
    shown = server.get("get_backup", backup_name=name).data
    assert shown["state_code"] == 3 and "it can be resumed" in shown["errorMessage"]
    assert name not in listed(server)
    assert listed(server, all="true")[name]["state"] == "interrupted"
    assert [task["state"] for task in server.get("tasks").data if task["state"] in ("running", "queued")] == []
    for route in ("restore", "verify"):
        refused = server.post(route, {"backup_name": name}).json()
        assert refused["code"] == 3 and "was interrupted" in refused["msg"], refused
    assert server.post("create", {"backup_name": name}).code == 400


@contextlib.contextmanager
def second_place(site, folder):
    """Another storage than that of Milvus: a bucket of another server for backups in folders, a folder for those in buckets."""
    if site.milvus.store:
        (folder / "second").mkdir()
        keys = {"storageType": "local", "rootPath": str(folder / "none"), "backupRootPath": str(folder / "second")}
        yield {"minio": keys}, FolderPlace(folder / "second")
        return
    with VersityGw() as store:
        store.make_bucket("second")
        keys = {**store.storage("second", "none"), "backupRootPath": "far/away"}
        yield {"minio": keys}, BucketPlace(store, "second")


def transfer(server, name, direction):
    reply = server.post("transfer", {"backup_name": name, "peer": "elsewhere", "direction": direction}, timeout=120)
    assert reply.data["state"] == "succeeded", reply


def test_a_killed_create_is_resumed_and_its_backup_travels(site, program, base, name, tmp_path):
    task = killed_in_the_middle(site, program, base, name)
    with second_place(site, tmp_path) as (config, place), serve(program, base) as server:
        peers = program.folder / "configs" / "peers"
        peers.mkdir()
        (peers / "elsewhere.yaml").write_text(yaml.safe_dump(config))
        os.chmod(peers / "elsewhere.yaml", 0o600)

        assert_told_as_failed(server, name, task)
        made = server.post("create", {"backup_name": name, "resume": True}, timeout=120).data
        assert (made["state_code"], made["progress"]) == (2, 100)
        assert made["id"] == task, "it is the same backup"
        assert server.get("get_backup", backup_id=task).data == server.get("get_backup", backup_name=name).data
        assert len(made["collection_backups"]) == len(COLLECTIONS)
        objects = site.backup(name)

        transfer(server, name, "to")
        assert {key.split(f"{name}/", 1)[1]: size for key, size in place.keys().items()} == objects
        assert server.delete("delete", backup_name=name).json()["msg"] == "success"
        assert site.backup(name) == {} and server.post("restore", {"backup_name": name}).code == 400
        transfer(server, name, "from")
        assert site.backup(name) == objects

        verified = server.post("verify", {"backup_name": name, "read_data": True}, timeout=120).data
        assert verified["state"] == "succeeded", verified
        restored = server.post("restore", {"backup_name": name, "collection_suffix": "_back"}, timeout=120).data
        assert (restored["state_code"], restored["progress"]) == (2, 100)
        assert_restored(site, "_back")

        victim = next(key for key in objects if "/insert_log/" in key)
        site.place.put(f"backup/{name}/{victim}", b"other bytes")
        damaged = server.post("verify", {"backup_name": name}).json()
        assert damaged["code"] and damaged["data"]["state"] == "failed", damaged
        assert server.delete("delete", backup_name=name).json()["msg"] == "success"
        assert site.backup(name) == {} and name not in listed(server, all="true")
