"""schemathesis reads the description of the API and tries whatever it allows, and what it does not."""

import subprocess

import pytest
from testbed.components import folder
from testbed.soak import soak_rounds
from wire.rest import serving

# Checks about statuses of HTTP that this API does not use: a wrong value is code 400 or 3 under status 200.
NOT_MEANT = ("positive_data_acceptance", "negative_data_rejection", "missing_required_header", "ignored_auth")
# Methods that the API does not know are 404, as in the Go program, where this check wants 405.
NOT_MEANT += ("unsupported_method",)


@pytest.mark.soak
def test_schemathesis_finds_nothing(tmp_path):
    home = folder("schemathesis")
    with serving(tmp_path) as server:
        run = subprocess.run(
            [home / "bin" / "schemathesis", "run", f"{server.url}/api/v1/docs/openapi.json",
             "--checks", "all", "--exclude-checks", ",".join(NOT_MEANT), "--no-color", "--seed", "1",
             "--phases", "coverage,fuzzing" if soak_rounds(0, 1) else "fuzzing",
             "--max-examples", str(soak_rounds(3, 300))],
            cwd=tmp_path, capture_output=True, text=True, timeout=3000,
        )
        assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
        assert "No issues found" in run.stdout
