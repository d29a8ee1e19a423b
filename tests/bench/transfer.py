"""The transfer engine by itself against rclone: inside one service, and from one to another."""

import contextlib
import random
import shutil
import tempfile
from pathlib import Path

from bench import measure, rclone
from bench.measure import GB, MIB
from bench.stores import KeptVersityGw
from testbed.components import ROOT

BUCKET = "bench"
MEMORY_BESIDE_BUDGET = 32  # MiB
MEMORY_INSIDE = 64  # MiB
PREFIX = "files/"


def add_arguments(parser):
    parser.add_argument("--runs", type=int, default=5, help="how often each side runs (default: 5)")
    parser.add_argument("--objects", type=int, default=170, help="how many objects (default: 170)")
    parser.add_argument("--mib", type=int, default=494, help="how many MiB they hold together (default: 494)")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="the build folder")
    parser.add_argument("--only", choices=PARTS, help="only this part")


class Bed:
    """Two servers, a bucket on each, and the same objects below files/ of the first."""

    def __init__(self, running, arguments):
        self.arguments = arguments
        self.a = running.enter_context(KeptVersityGw())
        self.b = running.enter_context(KeptVersityGw())
        self.a.make_bucket(BUCKET)
        self.b.make_bucket(BUCKET)
        self.bytes = 0

    def fill(self, objects, total):
        """Half of the objects are small, as the logs of scalar fields are; the others hold nearly all bytes."""
        shutil.rmtree(self.a.data / BUCKET / PREFIX, ignore_errors=True)
        noise = random.Random(7)
        block = noise.randbytes(MIB)
        large = max(1, objects // 2)
        self.bytes = 0
        with tempfile.TemporaryDirectory() as folder:
            for i in range(objects):
                size = total // large if i < large else noise.randrange(1, 200_000)
                with open(Path(folder) / f"log{i:06}", "wb") as file:
                    for at in range(0, size, MIB):
                        file.write(block[: min(MIB, size - at)])
                self.bytes += size
            command = rclone.copy_command(folder, f"SRC:{BUCKET}/{PREFIX}")
            measure.run(command, rclone.environment(self.a, self.b))

    def rclone(self, dst):
        def run():
            target = "SRC" if dst is self.a else "DST"
            command = rclone.copy_command(f"SRC:{BUCKET}/{PREFIX}", f"{target}:{BUCKET}/out/")
            return self._clean(dst, measure.run(command, rclone.environment(self.a, self.b)))

        return run

    def ours(self, dst, memory=128, mode="auto"):
        command = [
            self.arguments.build / "tests" / "copy_bench",
            *("--drivers", self.arguments.build / "lib" / "milvus-backup" / "drivers"),
            *("--memory", memory, "--mode", mode),
            *("--from", "minio", PREFIX, *_options(self.a)),
            *("--to", "minio", "out/", *_options(dst)),
        ]
        return lambda: self._clean(dst, measure.run(command))

    def _clean(self, dst, cost):
        """Nothing of one run helps the next; what was left undone is told."""
        out = dst.data / BUCKET / "out"
        files = [path for path in out.rglob("*") if path.is_file()]
        copied = sum(path.stat().st_size for path in files)
        if copied != self.bytes:
            raise RuntimeError(f"{copied} bytes of {self.bytes} were copied")
        shutil.rmtree(out)
        return cost


def _options(store):
    return [
        f"address={store.address}",
        f"port={store.port}",
        "useSSL=false",
        f"auth.accessKeyID={store.access_key}",
        f"auth.secretAccessKey={store.secret_key}",
        f"bucketName={BUCKET}",
    ]


def bench_inside(bed, report):
    bed.fill(bed.arguments.objects, bed.arguments.mib * MIB)
    peer, ours = measure.alternate(bed.arguments.runs, bed.rclone(bed.a), bed.ours(bed.a))
    report.note(f"inside one service: rclone {_cost(bed, peer)}; ours {_cost(bed, ours)}")
    report.goal("inside, wall time, ours / rclone", ours.wall / peer.wall, 1.0)
    report.goal("inside, peak memory", ours.rss, MEMORY_INSIDE, " MiB")


def bench_across(bed, report):
    bed.fill(bed.arguments.objects, bed.arguments.mib * MIB)
    peer, ours = measure.alternate(bed.arguments.runs, bed.rclone(bed.b), bed.ours(bed.b))
    report.note(f"across two services: rclone {_cost(bed, peer)}; ours {_cost(bed, ours)}")
    report.goal("across, CPU seconds per GB, ours / rclone", ours.cpu / peer.cpu, 0.5)
    report.goal("across, wall time, ours / rclone", ours.wall / peer.wall, 1.0)


def bench_memory(bed, report):
    for times in (1, 10):
        bed.fill(bed.arguments.objects * times, bed.arguments.mib * MIB * times)
        report.goal(f"inside, peak memory, {times}x", bed.ours(bed.a)().rss, MEMORY_INSIDE, " MiB")
        for budget in (128, 32):
            cost = bed.ours(bed.b, memory=budget)()
            limit = budget + MEMORY_BESIDE_BUDGET
            report.goal(f"across, peak memory, {times}x, budget {budget} MiB", cost.rss, limit, " MiB")


PARTS = {"inside": bench_inside, "across": bench_across, "memory": bench_memory}


def _cost(bed, cost):
    return f"{cost.wall:.2f} s, {cost.cpu / bed.bytes * GB:.2f} CPU s/GB, {cost.rss:.0f} MiB"


def run(arguments, report):
    with contextlib.ExitStack() as running:
        bed = Bed(running, arguments)
        for name, part in PARTS.items():
            if arguments.only in (None, name):
                part(bed, report)
