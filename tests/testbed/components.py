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
    run = functools.partial(subprocess.run, check=True, text=True, env=os.environ)
    path = Path(run([SETUP, "--path", component], stdout=subprocess.PIPE).stdout.strip())
    if not path.is_dir():
        run([SETUP, "--with", component], stdout=sys.stderr)
    return path
