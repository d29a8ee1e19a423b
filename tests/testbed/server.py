"""What all servers of the test bed share: a folder, a log, a process group, a bounded wait, a certain end."""

import atexit
import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from testbed import components

PR_SET_PDEATHSIG = 1


class ServerError(RuntimeError):
    """A server did not start, or ended while it was needed."""


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def http_status(url, timeout=2):
    """The status that a GET answers with, or None when nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def wait_until(condition, timeout, what, every=0.05):
    """Waits until condition() is true; says what did not happen when the time is over."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(every)


class Server:
    """One server process. A subclass gives `component`, `command()` and `is_ready()`.

    Ports are chosen when the object is made, so other servers can be told of them before this one runs.
    The folder is temporary unless one is given; a given folder is kept, and a later start finds its data.
    """

    component = None
    foreign_variables = ()  # prefixes of our own environment that the server must not see
    ready_timeout = 60
    stop_grace = 2.0

    def __init__(self, folder=None):
        self.is_temporary = folder is None
        prefix = f"mb-{type(self).__name__.lower()}-"
        self.folder = Path(folder) if folder else Path(tempfile.mkdtemp(prefix=prefix))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = None

    def command(self):
        raise NotImplementedError

    def is_ready(self):
        raise NotImplementedError

    def prepare(self):
        """Writes what the server needs before it starts."""

    def environment(self):
        """Variables beside those of this process."""
        return {}

    @classmethod
    def summary(cls):
        return cls.__doc__.split("\n")[0]

    def snippet(self):
        """What a person needs to use the server, as lines of text."""
        return [f"endpoint: {self.endpoint}"]

    @property
    def install(self):
        return components.folder(self.component)

    @property
    def log(self):
        return self.folder / "server.log"

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def log_tail(self, lines=30):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def start(self):
        self.prepare()
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(self.foreign_variables)}
        atexit.register(self.stop)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in self.command()],
                cwd=self.folder,
                env={**inherited, **self.environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        try:
            wait_until(self._is_ready_or_dead, self.ready_timeout, f"start of {type(self).__name__}")
        except BaseException as error:
            tail = self.log_tail()
            self.stop()
            if isinstance(error, (TimeoutError, ServerError)):
                raise ServerError(f"{error}; the end of its log:\n{tail}") from error
            raise
        return self

    def _is_ready_or_dead(self):
        if not self.is_running():
            raise ServerError(f"{type(self).__name__} ended with {self.process.returncode}")
        return self.is_ready()

    def halt(self):
        """Ends the process and keeps the folder, so that start() goes on with the same data."""
        if self.is_running():
            self._end_process()
        self.process = None

    def _end_process(self):
        if self.stop_grace > 0:
            os.killpg(self.pid, signal.SIGTERM)
            try:
                self.process.wait(self.stop_grace)
                return
            except subprocess.TimeoutExpired:
                pass
        os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        atexit.unregister(self.stop)
        self.halt()
        if self.is_temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self if self.is_running() else self.start()

    def __exit__(self, *_):
        self.stop()
