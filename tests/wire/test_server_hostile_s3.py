"""Hostile names on S3: whatever a request says, no key outside of the allowed places is asked for, listed or written."""

import json
import urllib.parse

import pytest
import yaml
from testbed.backup_server import BackupServer
from testbed.program import Program
from testbed.server import wait_until
from testbed.stores import VersityGw
from testbed.strict_proxy import Rule, StrictProxy

from wire.creating import Collections
from wire.rest import DATABASES
from wire.test_server_hostile import forged, put, snapshot

BUCKET, SECOND, FOREIGN = "a-bucket", "second-bucket", "foreign-bucket"
# Bucket -> prefixes of keys that the configuration names.
ALLOWED = {BUCKET: ("backups/", "files/", "allowed/"), SECOND: ("backups/", "allowed/", "peer/")}
NAMES = [
    "..",
    "../whole",
    "../../foreign-bucket/whole",
    "whole/../../outside/whole",
    "whole/..",
    "./whole",
    "//whole",
    "whole//",
    "../backups-too/whole",
    "%2e%2e",
    "%2e%2e%2foutside%2fwhole",
    "..%2foutside%2fwhole",
    "%252e%252e/outside/whole",
    "%00",
    "..\\outside\\whole",
    "whole\0",
    "\0../outside/whole",
    "who\tle",
    "whole\r\nx-amz-acl: public-read",
    "\x1b]0;whole\x07",
    "who\u200ble",
    "\u2024\u2024/outside/whole",
    "\u00e9" * 700,
    "\U0001f5c4\ufe0f",
    "x" * 1025,
    "y/" * 3000,
    "whole?versions",
    "whole&prefix=outside/",
    "whole#",
    "who*",
    "+whole",
    "s3://foreign-bucket/whole",
    f"/{FOREIGN}/whole",
]
BODIES = [
    ("create", {"backup_name": "NAME"}),
    ("create", {"backup_name": "NAME", "resume": True, "take_over": True}),
    ("create", {"backup_name": "made_in_path", "backup_root_path": "NAME"}),
    ("restore", {"backup_name": "NAME"}),
    ("restore", {"backup_name": "whole", "path": "NAME"}),
    ("restore", {"backup_name": "whole", "bucket_name": "NAME"}),
    ("restore", {"backup_name": "NAME", "path": "allowed", "bucket_name": SECOND}),
    ("verify", {"backup_name": "NAME", "read_data": True}),
    ("transfer", {"backup_name": "NAME", "peer": "other"}),
    ("transfer", {"backup_name": "NAME", "peer": "other", "direction": "from"}),
    ("transfer", {"backup_name": "whole", "peer": "NAME"}),
]
QUERIES = [
    ("GET", "get_backup", {"backup_name": "NAME"}),
    ("GET", "get_backup", {"backup_name": "whole", "path": "NAME"}),
    ("GET", "info", {"backup_name": "NAME"}),
    ("GET", "list", {"collection_name": "NAME", "detail": "true", "all": "true"}),
    ("DELETE", "delete", {"backup_name": "NAME"}),
    ("DELETE", "delete", {"backup_name": "NAME", "force": "true"}),
]


# What is asked of a bucket before anything else, whatever it is wanted for: where is it, does it answer?
PROBES = ("location=", "list-type=2&max-keys=1")


class Watch(Rule):
    """Remembers each request that is for something else than ALLOWED."""

    def __init__(self):
        self.seen, self.astray = 0, []

    def request(self, request):
        self.seen += 1
        bucket, _, key = urllib.parse.unquote(request.path).lstrip("/").partition("/")
        source = next((value for name, value in request.headers.items() if name.lower() == "x-amz-copy-source"), None)
        keys = [(bucket, key or request.query.get("prefix", ""))] if self.is_about_keys(request, key) else []
        if source is not None:
            keys.append(tuple(urllib.parse.unquote(source).lstrip("/").partition("/")[::2]))
        if bucket not in ALLOWED or any(not is_allowed(*one) for one in keys):
            self.astray.append((request.method, request.target, source))

    def is_about_keys(self, request, key):
        return key or not (request.method == "HEAD" or request.target.partition("?")[2] in PROBES)


def is_allowed(bucket, key):
    return key.startswith(ALLOWED.get(bucket, ())) and not {"..", "."} & set(key.split("/"))


@pytest.fixture
def store():
    with VersityGw() as store:
        for bucket in (BUCKET, SECOND, FOREIGN):
            store.make_bucket(bucket)
        yield store


def config_for(store, proxy, milvus, folder):
    keys = {**store.storage(BUCKET, "files"), "port": proxy.port}
    return {
        "milvus": {"address": "127.0.0.1", "port": milvus.port},
        "minio": {**keys, "backupPort": proxy.port, "backupBucketName": BUCKET, "backupRootPath": "backups"},
        "backup": {"gcPause": {"enable": False}},
        "server": {"stateDir": str(folder / "state"), "buckets": [SECOND], "rootPaths": ["allowed"], "queue": 10000},
    }


def lay_foreign_backups(store):
    """Where nobody may look lies just what would be found if somebody did."""
    client = store.client()
    for key in store.keys(BUCKET, "backups/whole/"):
        for bucket, folder in ((BUCKET, "outside"), (BUCKET, "backups-too"), (FOREIGN, "backups"), (FOREIGN, "")):
            target = f"{folder}/{key.removeprefix('backups/')}".lstrip("/")
            client.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": BUCKET, "Key": key})


def send_all(server, name):
    told = []
    for route, body in BODIES:
        asked = put(body, name) | {"async": True}
        told.append((route, asked, server.post(route, asked)))
    for method, route, query in QUERIES:
        asked = put(query, name)
        told.append((route, asked, server.request(method, route, query=asked)))
    for route, asked, answer in told:
        assert answer.status in (200, 400), (route, asked, answer)
        assert isinstance(json.loads(answer.body), dict)
    return told


def everything(store):
    """What the gateway has on its disk, and what lies beside it."""
    return {path: data for path, data in snapshot(store.folder).items() if not path.endswith(".log")}


def is_success(route, asked, answer):
    """A list may be empty, a parameter with a NUL is none; tasks that were accepted are looked at when they have ended."""
    success = answer.status == 200 and answer.code == 0 and route != "list" and not is_accepted(answer)
    return success and not (route == "get_backup" and "\0" in asked.get("path", ""))


def is_accepted(answer):
    data = answer.json().get("data")
    return isinstance(data, dict) and ("kind" in data or data.get("state_code") in (0, 1))


def test_nothing_outside_of_the_allowed_places_is_touched(store, tmp_path):
    watch = Watch()
    with StrictProxy(store.port, [watch]) as proxy, Collections(DATABASES) as milvus:
        program = Program(tmp_path / "program", config_for(store, proxy, milvus, tmp_path))
        other = {"minio": {**store.storage(SECOND, "none"), "port": proxy.port, "backupRootPath": "peer"}}
        (program.folder / "configs" / "peers").mkdir()
        (program.folder / "configs" / "peers" / "other.yaml").write_text(yaml.safe_dump(other))
        with BackupServer(program) as server:
            assert server.post("create", {"backup_name": "whole", "collection_names": ["empty"]}).data["state_code"] == 2
            lay_foreign_backups(store)
            before = everything(store)
            found = [told for name in NAMES for told in send_all(server, name) if is_success(*told)]
            ended = ("succeeded", "failed", "cancelled")
            wait_until(lambda: all(task["state"] in ended for task in server.get("tasks").data), 60, "the end of all tasks")
            tasks = [task for task in server.get("tasks").data if task["state"] == "succeeded"]
            log = server.log()
    assert watch.astray == [] and watch.seen > 100
    assert found == []
    assert [task["backup_name"] for task in tasks] == ["whole"]
    assert everything(store) == before
    assert forged(log) == []
