"""Runs a command and says what it cost."""

import os
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

GB = 1e9
MIB = 1024 * 1024


@dataclass
class Cost:
    wall: float  # seconds
    cpu: float  # seconds, user and system
    rss: float  # MiB at the peak
    out: str


class CommandFailed(RuntimeError):
    pass


class _PeakMemory(threading.Thread):
    """Reads a process' high-water mark until it has ended: what wait4 tells includes the parent's before exec."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.status = Path(f"/proc/{pid}/status")
        self.mib = 0.0

    def run(self):
        while (kib := self._high_water()) is not None:
            self.mib = max(self.mib, kib / 1024)
            time.sleep(0.005)

    def _high_water(self):
        try:
            lines = self.status.read_text().splitlines()
        except OSError:
            return None
        return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)


def run(command, env=None, cwd=None):
    """The cost of one command; its failure is an exception with what it said."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        memory = _PeakMemory(process.pid)
        memory.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        memory.join()
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            text = err.read().decode(errors="replace")
            raise CommandFailed(f"{command[0]} ended with {process.returncode}:\n{text[-4000:]}")
        return Cost(wall, usage.ru_utime + usage.ru_stime, memory.mib, out.read().decode())


def typical(costs, average):
    """Of several runs: the average of time and processor, the worst of memory."""
    return Cost(
        average(cost.wall for cost in costs),
        average(cost.cpu for cost in costs),
        max(cost.rss for cost in costs),
        costs[-1].out,
    )


def alternate(runs, *measured, average=statistics.median):
    """Runs the functions in turn, so that a slow minute of the machine hits all; returns what each costs."""
    costs = [[] for _ in measured]
    for _ in range(runs):
        for function, own in zip(measured, costs):
            own.append(function())
    return [typical(own, average) for own in costs]


class Report:
    """Lines of what was measured beside what is wanted."""

    def __init__(self):
        self.missed = 0

    def note(self, text):
        print(text, flush=True)

    def goal(self, what, value, limit, unit=""):
        met = value <= limit
        self.missed += not met
        print(f"{'ok  ' if met else 'MISS'} {what}: {value:.2f}{unit} (goal: at most {limit:g}{unit})", flush=True)
