"""The demonstration, with the console at its end."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

from testbed.components import ROOT
from testbed.program import find_binary


def heed_interrupts():
    """What runs the tests in the background may have had them ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_the_demo_ends_by_showing_its_backup_in_the_console():
    command = [sys.executable, "scripts/demo.py", str(find_binary()), "--console"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONUNBUFFERED": "1"}
    options = {"cwd": ROOT, "env": environment, "stdout": subprocess.PIPE, "text": True, "preexec_fn": heed_interrupts}
    with subprocess.Popen(command, **options) as demo:
        try:
            said = []
            for line in demo.stdout:
                said.append(line)
                if address := re.search(r"console shows my_backup at (http://\S+)/", line):
                    break
            assert address, "".join(said)
            page = urllib.request.Request(f"{address[1]}/", headers={"Accept": "text/html"})
            with urllib.request.urlopen(page) as answer:
                assert "console/main.js" in answer.read().decode()
            with urllib.request.urlopen(f"{address[1]}/api/v1/list") as answer:
                assert [backup["name"] for backup in json.load(answer)["data"]] == ["my_backup"]
            demo.send_signal(signal.SIGINT)
            assert "everything is stopped" in demo.stdout.read()
            assert demo.wait(60) == 0
        finally:
            demo.kill()
    assert any("every one of 5000 rows is back and equal" in line for line in said)
