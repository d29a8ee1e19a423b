"""Backs up a collection of an embedded Milvus on local disk, drops it, restores it and compares every row."""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from testbed.data import make_simple
from testbed.milvus import Milvus
from testbed.rows import assert_same_rows, read_rows

ROWS = 5000
CONFIG = """\
milvus:
  address: {address}
  port: {port}
minio:
  storageType: local
  rootPath: {data}
  backupRootPath: {backups}
backup:
  gcPause:
    enable: false
"""


def say(text):
    print(f"demo: {text}", flush=True)


class Tool:
    """The program in a folder that holds configs/backup.yaml, as its users have it."""

    def __init__(self, binary, folder, config):
        self.binary = Path(binary).resolve()
        self.folder = folder
        (folder / "configs").mkdir()
        (folder / "configs" / "backup.yaml").write_text(config)

    def serve(self):
        """Shows the console until Ctrl-C."""
        command = [self.binary, "server", "-p", "0"]
        with subprocess.Popen(command, cwd=self.folder, stderr=subprocess.PIPE, text=True, start_new_session=True) as server:
            try:
                address = next(filter(None, (re.search(r"listening on (http://\S+)", line) for line in server.stderr)), None)
                if address is None:
                    sys.exit("demo: the server does not start")
                say(f"the console shows my_backup at {address[1]}/ - Ctrl-C ends it")
                server.stderr.read()
            except KeyboardInterrupt:
                pass
            finally:
                server.terminate()

    def run(self, *arguments):
        started = time.monotonic()
        done = subprocess.run([self.binary, *arguments], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"demo: milvus-backup {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}{done.stdout}")
        say(f"milvus-backup {' '.join(arguments)}  ({time.monotonic() - started:.1f} s)")
        return done.stdout


def demonstrate(binary, folder, console):
    with Milvus() as milvus:
        say(f"a Milvus 2.3.5 on local disk listens on {milvus.address}:{milvus.port}")
        backups = milvus.folder / "backups"
        config = CONFIG.format(address=milvus.address, port=milvus.port, data=milvus.root_path, backups=backups)
        tool = Tool(binary, folder, config)
        with milvus.client() as client:
            make_simple(client, "coll", rows=ROWS, dim=64)
        before = read_rows(milvus, "coll")
        say(f"collection coll holds {len(before)} rows of 64 dimensions, with an index")
        tool.run("create", "-c", "coll", "-n", "my_backup")
        say("the storage now holds: " + ", ".join(tool.run("list").split()[2:]))
        with milvus.client() as client:
            client.drop_collection("coll")
            left = client.list_collections()
        say(f"collection coll is dropped; Milvus has {len(left)} collections")
        tool.run("restore", "-c", "coll", "-n", "my_backup", "--restore_index")
        after = read_rows(milvus, "coll")
        assert_same_rows(before, after, "coll")
        say(f"every one of {len(after)} rows is back and equal, all fields compared")
        if console:
            tool.serve()


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("binary", help=argparse.SUPPRESS)
    parser.add_argument("--console", action="store_true", help="show the backup in a browser at the end")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="mb-demo-") as folder:
        demonstrate(arguments.binary, Path(folder), arguments.console)
    say("everything is stopped and removed again")


if __name__ == "__main__":
    os.environ.pop("MILVUSCONF", None)
    main()
