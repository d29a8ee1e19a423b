"""The units for systemd: what they may do, and that systemd understands every line."""

import re
import subprocess

import pytest
from testbed.components import ROOT

UNITS = ROOT / "deploy" / "systemd"
SERVICES = ["milvus-backup.service", "milvus-backup-create.service"]
WORST = 1.3  # of systemd's scale from 0, locked in, to 10


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_is_locked_in(unit):
    found = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", UNITS / unit], capture_output=True, text=True
    )
    score = float(re.search(r"Overall exposure level.*: ([\d.]+)", found.stdout + found.stderr).group(1))
    assert score <= WORST, found.stdout


def test_the_server_tells_systemd_how_it_is():
    """As tests/wire/test_http_door.py has it say; AF_UNIX is the way to systemd."""
    lines = (UNITS / "milvus-backup.service").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert settings["Type"] == "notify" and int(settings["WatchdogSec"]) >= 30
    assert "AF_UNIX" in settings["RestrictAddressFamilies"]


@pytest.mark.parametrize("unit", [*SERVICES, "milvus-backup-create.timer"])
def test_a_unit_is_understood(unit, tmp_path):
    """With a program in the place of ours, which is not installed here."""
    for path in UNITS.glob("milvus-backup*"):
        (tmp_path / path.name).write_text(path.read_text().replace("/usr/bin/milvus-backup ", "/bin/true "))
    found = subprocess.run(["systemd-analyze", "verify", "--man=no", tmp_path / unit], capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
