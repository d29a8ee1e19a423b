"""The packages as scripts/package makes them."""

import subprocess

import pytest
from testbed.components import ROOT

PACKAGES = ROOT / "build" / "packages"


@pytest.fixture(scope="session")
def packages():
    """Package's name -> its file."""
    made = subprocess.run([ROOT / "scripts" / "package"], capture_output=True, text=True)
    assert made.returncode == 0, f"{made.stdout[-4000:]}\n{made.stderr[-4000:]}"
    return {path.name.split("_")[0]: path for path in PACKAGES.glob("*.deb")}
