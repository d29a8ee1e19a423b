"""This build against another one, such as that of before a change: create, restore and transfer, run in turn."""

import contextlib
from pathlib import Path

from bench import create, measure
from bench.create import COLLECTION
from bench.restore import SUFFIX, Moments
from testbed.program import Program

WORSE = 1.05
HELD = "held"  # the backup that is restored and transferred


def add_arguments(parser):
    create.add_arguments(parser)
    parser.add_argument("--other", type=Path, required=True, help="the build folder to compare with")


def _binary(build):
    return build / "bin" / "milvus-backup"


class Side:
    """One build with its two configurations: backups beside Milvus' data, and in another service."""

    def __init__(self, bed, build, name):
        inside, across = bed.milvus.config(), bed.milvus.config()
        across["minio"] |= bed.other.storage(create.BACKUP_BUCKET, "backup", backup=True)
        self.bed = bed
        self.inside = Program(bed.folder / f"{name}-inside", inside, _binary(build))
        self.across = Program(bed.folder / f"{name}-across", across, _binary(build))

    def create(self, program):
        return self.bed.create(program)

    def restore(self, moments):
        def run():
            moments.wait()
            command = [self.inside.binary, "restore", "-c", COLLECTION, "-n", HELD, "-s", SUFFIX]
            cost = measure.run(command, cwd=self.inside.folder)
            with self.bed.milvus.client() as client:
                client.drop_collection(COLLECTION + SUFFIX)
            return cost

        return run

    def transfer(self):
        there = self.across.folder / "configs" / "backup.yaml"

        def run():
            cost = measure.run([self.inside.binary, "transfer", "-n", HELD, "--to", there], cwd=self.inside.folder)
            measure.run([self.across.binary, "delete", "-n", HELD], cwd=self.across.folder)
            return cost

        return run


def _compare(report, what, runs, ours, other):
    mine, theirs = measure.alternate(runs, ours, other)
    report.note(f"{what}: {mine.wall:.2f} s, {mine.cpu:.2f} CPU s, {mine.rss:.0f} MiB; other {theirs.wall:.2f} s, {theirs.cpu:.2f} CPU s, {theirs.rss:.0f} MiB")
    report.goal(f"{what}, wall time, this / other", mine.wall / theirs.wall, WORSE)
    report.goal(f"{what}, CPU, this / other", mine.cpu / theirs.cpu, WORSE)
    report.goal(f"{what}, peak memory, this / other", mine.rss / theirs.rss, WORSE)


def run(arguments, report):
    runs = arguments.runs
    with contextlib.ExitStack() as running:
        bed = create.Bed(running, arguments)
        ours, other = Side(bed, arguments.build, "this"), Side(bed, arguments.other, "other")
        measure.run([ours.inside.binary, "create", "-c", COLLECTION, "-n", HELD], cwd=ours.inside.folder)
        _compare(report, "create inside", runs, ours.create(ours.inside), other.create(other.inside))
        _compare(report, "create across", runs, ours.create(ours.across), other.create(other.across))
        _compare(report, "transfer across", runs, ours.transfer(), other.transfer())
        _compare(report, "restore", runs, ours.restore(Moments(runs)), other.restore(Moments(runs)))
