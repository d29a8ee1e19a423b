"""The Containerfile, whose steps run in a root of Debian: there is no container engine here."""

import json
import os
import re
import subprocess

import pytest
from testbed.backup_server import API, BackupServer
from testbed.components import ROOT
from testbed.fresh_root import DebianRoot
from testbed.program import USAGE, Program
from wire.transferring import backup_in

TEXT = re.sub(r"\\\n", " ", (ROOT / "deploy" / "container" / "Containerfile").read_text())
INSTRUCTIONS = [line.split(maxsplit=1) for line in TEXT.splitlines() if line and not line.startswith("#")]
FINAL = INSTRUCTIONS[max(i for i, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :]
USER = 10001


def said(instruction):
    """What the final stage says by an instruction that is there once."""
    [rest] = [rest for word, rest in FINAL if word == instruction]
    return rest


ENVIRONMENT = dict(pair.split("=", 1) for pair in said("ENV").split())


@pytest.fixture(scope="module")
def image(packages, tmp_path_factory):
    """What the final stage makes of the packages."""
    root = DebianRoot(tmp_path_factory.mktemp("image"))
    root.binds["/packages"] = packages["milvus-backup"].parent
    root.ok("sh", "-c", re.sub(r"^--mount=\S+ ", "", said("RUN")), timeout=600)
    return root


@pytest.fixture
def program(image, tmp_path):
    """As a container runs it: as its user, the root read-only, its volumes there."""
    backup_in(tmp_path / "backups" / "kept")
    for name, inside in (("state", "/var/lib/milvus-backup"), ("logs", "/app/logs"), ("backups", "/backups")):
        (tmp_path / name).mkdir(exist_ok=True)
        image.binds[inside] = tmp_path / name
    image.ok("chown", "-R", f"{USER}:{USER}", "/var/lib/milvus-backup", "/app/logs", "/backups")
    config = {"minio": {"storageType": "local", "rootPath": "/backups/m", "backupRootPath": "/backups"}, "milvus": {"port": 1}}
    prefix = [*image.command(user=USER, read_only=True), "env", f"--chdir={said('WORKDIR')}"]
    return Program(image.upper / "app", config, binary=json.loads(said("ENTRYPOINT"))[0], prefix=prefix, environment=ENVIRONMENT)


def test_the_command_line_runs(program):
    assert program.listed() == {"kept": True}
    assert "azure" in program.ok("drivers").out
    program.fails("--set", "minio.backupRootPath=/elsewhere", "delete", "-n", "kept")


def test_the_server_wants_to_know_its_callers(program):
    refused = program.fails(*json.loads(said("CMD")))
    assert refused.code == USAGE and "server.allowUnauthenticated" in refused.err


@pytest.mark.parametrize("said_by", ["token", "allowed"])
def test_the_server_is_healthy(program, image, said_by):
    token = {"MILVUS_BACKUP_TOKEN": "a-token-of-some-length-0123456789"}
    program.environment = {**ENVIRONMENT, **(token if said_by == "token" else {"SERVER_ALLOW_UNAUTHENTICATED": "true"})}
    check = json.loads(said("HEALTHCHECK").split("CMD ", 1)[1])
    with BackupServer(program) as server:
        assert server.get(f"{API}/list").status == (401 if said_by == "token" else 200)
        image.ok(*check, user=USER, read_only=True, environment={"SERVER_PORT": str(server.port)})
        if said_by == "token":
            authorized = {"Authorization": f"Bearer {token['MILVUS_BACKUP_TOKEN']}"}
            assert server.get(f"{API}/list", headers=authorized).data[0]["name"] == "kept"
        port = server.port
    assert image.run(*check, user=USER, environment={"SERVER_PORT": str(port)}).returncode != 0
    assert list(image.binds["/var/lib/milvus-backup"].iterdir())


@pytest.mark.soak
def test_the_first_stage_builds_the_packages(tmp_path):
    """All that building needs is installed, which takes minutes."""
    if not os.environ.get("MB_SOAK"):
        pytest.skip("scripts/soak builds in a fresh root")
    root = DebianRoot(tmp_path)
    archive = subprocess.run(["git", "-C", ROOT, "archive", "HEAD"], check=True, capture_output=True).stdout
    (root.upper / "src").mkdir()
    subprocess.run(["tar", "-C", root.upper / "src", "-x"], input=archive, check=True)
    [step] = [rest for word, rest in INSTRUCTIONS[: -len(FINAL)] if word == "RUN"]
    root.ok("sh", "-c", f"cd /src && {step}", timeout=3000)
    assert len(list((root.upper / "src" / "build" / "packages").glob("*.deb"))) == 5
