"""The log of a server as JSON: every line parses, and holds no secret."""

import json
import re

from testbed.backup_server import BackupServer
from testbed.program import Program
from wire.creating import Collections
from wire.rest import DATABASES, configuration

SECRET = "s3cret-that-nobody-may-read"


def test_every_line_is_an_object(tmp_path):
    (tmp_path / "data").mkdir()
    with Collections(DATABASES) as milvus:
        settings = {"log": {"format": "json", "console": True, "level": "debug"}, "server": {"debugMode": True}}
        program = Program(
            tmp_path / "program",
            configuration(milvus, tmp_path, **settings),
            environment={"MILVUS_USER": "root", "MILVUS_PASSWORD": SECRET},
        )
        with BackupServer(program) as server:
            task = server.post("create", {"backup_name": "logged"}).data["id"]
            server.get(f"/%0a%1b{SECRET}\\%22%ff")
            server.get("get_backup", backup_name=SECRET)
        lines = [json.loads(line) for line in server.log().splitlines()]
        console = [json.loads(line) for line in server.said().splitlines() if line.startswith("{")]
    assert console == lines
    assert all(list(line) == ["time", "level", "task", "text"] for line in lines)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in lines)
    assert {"info", "debug"} <= {line["level"] for line in lines} <= {"error", "warn", "info", "debug", "trace"}
    assert any(line["task"] for line in lines), f"nothing of task {task}"
    assert any("logged" in line["text"] for line in lines)
    assert SECRET not in json.dumps(lines)


def test_the_token_of_the_environment_is_masked(tmp_path):
    (tmp_path / "data").mkdir()
    token = "a-token-that-nobody-may-read-0123456789"
    with Collections(DATABASES) as milvus:
        config = configuration(milvus, tmp_path, log={"level": "debug"}, server={"debugMode": True})
        program = Program(tmp_path / "program", config, environment={"MILVUS_BACKUP_TOKEN": token})
        with BackupServer(program, headers={"Authorization": f"Bearer {token}"}) as server:
            assert server.get(f"/in-a-path/{token}").status == 404
            assert server.get("get_backup", backup_name=token).code == 404
    assert "/in-a-path/" in server.log() and token not in server.log()
