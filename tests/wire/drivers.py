"""Storage drivers, called slot by slot through the program `drive` of the build."""

import json
import os
import queue
import subprocess
import threading
from pathlib import Path

from testbed.components import ROOT
from testbed.program import SANITIZER_OPTIONS

FOREIGN = ("AWS_", "ALIBABA_", "TKE_", "TENCENTCLOUD_", "HUAWEICLOUD_", "GOOGLE_")
IF_ABSENT = 1 << 1


def build_folder():
    """The build that MB_BIN belongs to, or the one that finds most faults."""
    named = [Path(os.environ["MB_BIN"]).resolve().parent.parent] if "MB_BIN" in os.environ else []
    built = [ROOT / "build" / preset for preset in ("asan", "debug")]
    for folder in named or built:
        if (folder / "tests" / "drive").is_file():
            return folder
    raise FileNotFoundError(f"no tests/drive below {', '.join(map(str, named or built))}: build it or set MB_BIN")


class Failed(Exception):
    """An operation that had to succeed did not."""


class Drivers:
    """One process of `drive`; stores are opened in it by name."""

    def __init__(self, environment=None):
        """environment: what the process sees beside what has nothing to do with credentials."""
        self.folder = build_folder()
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        self.process = subprocess.Popen(
            [self.folder / "tests" / "drive"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**inherited, "HOME": "/nonexistent", **SANITIZER_OPTIONS, **(environment or {})},
        )
        self.log = []
        self.answers = queue.Queue()
        self.readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.answers.put), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.log.append), daemon=True),
        ]
        for reader in self.readers:
            reader.start()

    def _read(self, stream, take):
        for line in stream:
            take(line)
        take("")

    def call(self, op, **arguments):
        """The answer, whatever its status."""
        arguments = {key: value.hex() if isinstance(value, bytes) else value for key, value in arguments.items()}
        self.process.stdin.write(json.dumps({"op": op, **arguments}) + "\n")
        self.process.stdin.flush()
        line = self.answers.get(timeout=120)
        if not line:
            self.process.wait()
            raise RuntimeError("drive ended: " + "".join(self.log))
        answer = json.loads(line)
        if "data" in answer:
            answer["data"] = bytes.fromhex(answer["data"])
        return answer

    def ok(self, op, **arguments):
        answer = self.call(op, **arguments)
        if answer["status"] not in ("ok", "end"):
            raise Failed(f"{op} {arguments}: {answer['error']}")
        return answer

    def fails(self, wanted, op, **arguments):
        """The error of an operation that has to fail with this status."""
        answer = self.call(op, **arguments)
        assert answer["status"] == wanted, answer
        assert answer["error"]["status"] == wanted
        assert answer["error"]["message"], "a failure without a message"
        return answer["error"]

    def open(self, driver, config, store="a"):
        path = self.folder / "lib" / "milvus-backup" / "drivers" / f"{driver}.so"
        texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in config.items()}
        return self.call("open", store=store, driver=str(path), config=texts)

    def close(self):
        """Ends the process; a leak or another finding of a sanitizer is a failure."""
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(60)
        for reader in self.readers:
            reader.join()
        assert self.process.returncode == 0, "".join(self.log)


def keys(answer):
    return [entry["key"] for page in answer["pages"] for entry in page["entries"]]
