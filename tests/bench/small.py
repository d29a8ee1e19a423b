"""`create` and `restore` of many small collections: time, processor, and what Milvus was asked."""

import contextlib
import re
import tempfile
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import measure
from testbed import Milvus
from testbed.components import ROOT
from testbed.data import make_simple
from testbed.program import Program

SUFFIX = "_bak"
HELD = "held"
WORSE = 1.05
ASKED = re.compile(r'milvus_proxy_req_count\{[^}]*function_name="(\w+)"[^}]*status="total"[^}]*\} (\S+)')
TOLD = 4  # the calls that were made most


def add_arguments(parser):
    parser.add_argument("--runs", type=int, default=1, help="how often each side runs (default: 1)")
    parser.add_argument("--collections", type=int, default=60, help="how many there are (default: 60)")
    parser.add_argument("--rows", type=int, default=200, help="rows of each (default: 200)")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="the build folder")
    parser.add_argument("--other", type=Path, help="another build to compare with")
    parser.add_argument("--only", choices=["create", "restore"], help="one of the two")


class Bed:
    """A Milvus as it is delivered, on local disk, with the collections."""

    def __init__(self, running, arguments):
        self.milvus = running.enter_context(Milvus(quick=False))
        self.folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="mb-bench-")))
        self.names = [f"small_{i}" for i in range(arguments.collections)]
        self.numbers = iter(range(1000))

        def make(name):
            with self.milvus.client() as client:
                make_simple(client, name, rows=arguments.rows, load=False)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(make, self.names))

    def asked(self):
        with urllib.request.urlopen(f"{self.milvus.management}/metrics") as answer:
            text = answer.read().decode()
        counts = Counter()
        for name, count in ASKED.findall(text):
            counts[name] += round(float(count))
        return counts

    def drop_restored(self):
        with self.milvus.client() as client:
            for name in self.names:
                client.drop_collection(name + SUFFIX)


class Side:
    """One build; remembers what its last run asked Milvus."""

    def __init__(self, bed, build, name):
        self.bed, self.name = bed, name
        self.program = Program(bed.folder / name, bed.milvus.config(), build / "bin" / "milvus-backup")

    def _run(self, *command):
        before = self.bed.asked()
        cost = measure.run([self.program.binary, *command], cwd=self.program.folder)
        self.asked = self.bed.asked() - before
        return cost

    def create(self, name=None):
        made = name or f"small_{next(self.bed.numbers)}"
        cost = self._run("create", "-n", made, "-c", ",".join(self.bed.names))
        if name is None:
            measure.run([self.program.binary, "delete", "-n", made], cwd=self.program.folder)
        return cost

    def restore(self):
        cost = self._run("restore", "-n", HELD, "-s", SUFFIX)
        self.bed.drop_restored()
        return cost

    def tell(self, report, what, cost):
        most = ", ".join(f"{count} {name}" for name, count in self.asked.most_common(TOLD))
        report.note(f"{what}, {self.name}: {cost.wall:.2f} s, {cost.cpu:.2f} CPU s, {cost.rss:.0f} MiB; {self.asked.total()} calls: {most}")


def _measure(report, what, runs, sides):
    costs = measure.alternate(runs, *[getattr(side, what) for side in sides])
    for side, cost in zip(sides, costs):
        side.tell(report, what, cost)
    if len(costs) == 2:
        ours, other = costs
        report.goal(f"{what}, wall time, this / other", ours.wall / other.wall, WORSE)
        report.goal(f"{what}, CPU, this / other", ours.cpu / other.cpu, WORSE)


def run(arguments, report):
    with contextlib.ExitStack() as running:
        bed = Bed(running, arguments)
        sides = [Side(bed, arguments.build, "this")]
        if arguments.other:
            sides.append(Side(bed, arguments.other, "other"))
        sides[0].create(HELD)
        for what in ("create", "restore"):
            if arguments.only in (None, what):
                _measure(report, what, arguments.runs, sides)
