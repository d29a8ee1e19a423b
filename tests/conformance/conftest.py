"""The conformance suite as a command; each run is one test."""

import os
import subprocess
from pathlib import Path

import pytest
from testbed import ports
from testbed.components import ROOT
from testbed.program import SANITIZER_EXIT, SANITIZER_OPTIONS, find_binary

CHECK = "milvus-backup-driver-check"
QUIRKS = ROOT / "tests" / "conformance" / "quirks"


class DriverCheck:
    """Runs the suite of the build that the other tests use, with the quirks of driver and server."""

    def __init__(self):
        self.binary = find_binary().with_name(CHECK)
        self.drivers = self.binary.parents[1] / "lib" / "milvus-backup" / "drivers"

    def has(self, driver):
        return (self.drivers / f"{driver}.so").is_file()

    def run(self, driver, servers, options, bad=None, missing=None, arguments=()):
        """servers: whose quirks are known; options, and what makes credentials bad and buckets missing, are dicts."""
        if not self.has(driver):
            pytest.skip(f"the driver {driver} is not built")
        changes = [f"--bad={key}={value}" for key, value in (bad or {}).items()]
        changes += [f"--missing={key}={value}" for key, value in (missing or {}).items()]
        files = [ROOT / "plugins" / driver / "quirks.txt", *(QUIRKS / f"{server}.txt" for server in servers)]
        quirks = [f"--quirks={path}" for path in files if path.is_file()]
        command = [
            *(self.binary, *changes, f"--dead=port={ports.free_port()}", *quirks, *arguments, driver),
            *(f"{key}={value}" for key, value in options.items()),
        ]
        environment = {**SANITIZER_OPTIONS, **os.environ}
        result = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=500
        )
        text = result.stdout.decode(errors="replace")
        print(text)
        assert result.returncode != SANITIZER_EXIT and "runtime error:" not in text, text
        if result.returncode != 0:
            failed = [line for line in text.splitlines() if line.startswith("FAIL")]
            pytest.fail("\n".join(failed) or f"exit code {result.returncode}", pytrace=False)


@pytest.fixture(scope="session")
def check():
    check = DriverCheck()
    if not Path(check.binary).is_file():
        pytest.fail(f"no {check.binary}: build it")
    return check
