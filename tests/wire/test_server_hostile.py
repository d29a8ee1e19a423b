"""Names, paths and ids that mean harm: none of them becomes a file, a key or a line of the log."""

import json
import os

import pytest
from testbed.backup_server import BackupServer
from testbed.program import Program

HUGE = "x" * (4 << 20)
NAMES = {
    "parent": "../canary",
    "deep parent": "../../../../../../../../etc/cron.d/x",
    "parent inside": "whole/../../canary",
    "self": ".",
    "itself": "..",
    "absolute": "/tmp/canary",
    "slash": "a/b",
    "backslash": "..\\canary",
    "encoded": "%2e%2e%2fcanary",
    "NUL": "whole\0/../canary",
    "newline": "whole\nINFO forged line",
    "return": "whole\r\nSet-Cookie: x=1",
    "escape": "\x1b[2Jwhole",
    "blank": " whole",
    "lookalike": "who\u04cf\u0435",
    "full-width dots": "\uff0e\uff0e\u2215canary",
    "right to left": "whole\u202elohw",
    "overlong": "\u00c0\u00ae\u00c0\u00ae/canary",
    "wildcard": "*",
    "hidden": ".whole",
    "url": "http://127.0.0.1/x",
    "format": "%s%n%s%n",
    "huge": HUGE,
}
# What POST takes, by route; NAME stands for the hostile text.
BODIES = [
    ("create", {"backup_name": "NAME"}),
    ("create", {"backup_name": "made", "backup_root_path": "NAME"}),
    ("create", {"backup_name": "made", "gc_pause_enable": True, "gc_pause_address": "NAME"}),
    ("create", {"backup_name": "made", "collection_names": ["NAME"]}),
    ("restore", {"backup_name": "NAME"}),
    ("restore", {"backup_name": "whole", "bucket_name": "NAME"}),
    ("restore", {"backup_name": "whole", "path": "NAME"}),
    ("restore", {"backup_name": "whole", "collection_suffix": "NAME"}),
    ("restore", {"backup_name": "whole", "id": "NAME"}),
    ("restore", {"backup_name": "whole", "collection_renames": {"a": "NAME"}}),
    ("transfer", {"backup_name": "whole", "peer": "NAME"}),
    ("transfer", {"backup_name": "NAME", "peer": "other"}),
    ("verify", {"backup_name": "NAME"}),
    ("l0compact", {"backup_name": "NAME"}),
    ("l0compact", {"backup_name": "NAME", "output": "NAME", "force": True}),
    ("l0compact", {"backup_name": "whole", "output": "NAME", "force": True}),
    ("prune", {"pattern": "NAME", "keep_last": 1, "dry_run": False}),
]
QUERIES = [
    ("GET", "get_backup", "backup_name"),
    ("GET", "get_backup", "backup_id"),
    ("GET", "info", "backup_name"),
    ("GET", "get_restore", "id"),
    ("GET", "task", "id"),
    ("GET", "list", "collection_name"),
    ("POST", "cancel", "id"),
    ("DELETE", "delete", "backup_name"),
]


def snapshot(folder):
    """Every file with its content; what the server itself keeps stands elsewhere."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def put(value, text):
    if isinstance(value, dict):
        return {key: put(inner, text) for key, inner in value.items()}
    if isinstance(value, list):
        return [put(inner, text) for inner in value]
    return text if value == "NAME" else value


@pytest.fixture
def place(tmp_path):
    """The folder of backups between others that nobody may touch."""
    around = tmp_path / "around"
    for name in ("canary", "backups", "milvus"):
        (around / name).mkdir(parents=True)
    (around / "canary" / "backup_meta.json").write_text("{}")
    (around / "canary" / "data").write_text("must stay")
    return around


def forged(log):
    """Lines that do not begin as a line of the log does."""
    return [line for line in log.splitlines() if not (line[:2] == "20" and line[10:11] == "T")]


def send_all(server, name):
    for route, body in BODIES:
        answer = server.post(route, put(body, name) | {"async": True}, headers={"request_id": "mine"})
        assert answer.status in (200, 400, 403, 413, 429), (route, body, answer)
        assert isinstance(json.loads(answer.body), dict)
    for method, route, parameter in QUERIES:
        if name == HUGE:
            continue
        answer = server.request(method, route, query={parameter: name})
        assert answer.status in (200, 400, 404), (route, answer)
        assert answer.status != 200 or answer.code != 0 or route == "list", (route, answer)
        assert "Set-Cookie" not in answer.headers


def test_on_local_disk_nothing_beside_the_backups_is_touched(place, tmp_path):
    minio = {"storageType": "local", "rootPath": str(place / "milvus"), "backupRootPath": str(place / "backups")}
    milvus = {"address": "127.0.0.1", "port": 1}
    config = {"minio": minio, "milvus": milvus, "server": {"stateDir": str(tmp_path / "state"), "bodyLimitMiB": 32}}
    before = snapshot(place)
    with BackupServer(Program(tmp_path / "program", config)) as server:
        for kind, name in NAMES.items():
            send_all(server, name)
            assert os.path.exists(f"/proc/{server.pid}"), kind
        backups = [task["backup_name"] for task in server.get("tasks").data if task["kind"] != "prune"]
    assert all(len(name) <= 1024 and "/" not in name and name not in (".", "..") for name in backups), backups
    assert (tmp_path / "state" / "tasks.jsonl").stat().st_size < 1 << 20
    assert {name: text for name, text in snapshot(place).items() if not name.startswith("backups/made")} == before
    assert forged(server.log()) == []
