"""Where scripts/setup has put each component; what is missing is installed on first use."""

import functools
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "scripts" / "setup"


@functools.cache
def folder(component):
    """The folder of a component ("versitygw", "milvus-2.2.16"), installed if it is not there yet."""
    path = path_of(component)
    if not path.is_dir():
        run([SETUP, "--with", component], stdout=sys.stderr)
    return path


def path_of(component):
    """Where a component is, or would be."""
    return Path(run([SETUP, "--path", component], stdout=subprocess.PIPE).stdout.strip())


def run(command, **options):
    return subprocess.run(command, check=True, text=True, env=os.environ, **options)
