"""Peak memory of what reads a description of very many binlogs, whole and by its level files, over a fake Milvus."""

import json
import tempfile
from pathlib import Path

from bench import measure
from testbed.components import ROOT
from testbed.layouts import BACKUP, COLLECTION, FULL, PARTITION, SEGMENT
from testbed.program import Program
from wire.restoring import Server, program_for

FIELDS = 10
LOGS = 5  # of each field of a segment
SECOND_DESCRIPTION = 1.5  # a program that holds both descriptions needs about twice what it needs for one


def add_arguments(parser):
    parser.add_argument("--binlogs", type=int, default=1_000_000, help="how many there are (default: 1,000,000)")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="the build folder")
    parser.add_argument("--other", type=Path, help="another build to compare with")


def segments(binlogs):
    """The JSON of one after the other: no list of them is held."""
    for number in range(1, binlogs // (FIELDS * LOGS) + 1):
        fields = []
        for field in range(100, 100 + FIELDS):
            first = 1000 * number + field * LOGS
            logs = [
                {"log_path": f"files/insert_log/1/10/{number}/{field}/{first + k}", "log_size": 1, "log_id": first + k}
                for k in range(LOGS)
            ]
            fields.append({"fieldID": field, "binlogs": logs})
        segment = {
            "segment_id": number,
            "collection_id": 1,
            "partition_id": 10,
            "num_of_rows": 5,
            "binlogs": fields,
            "deltalogs": [{}],
            "size": FIELDS * LOGS,
            "group_id": number,
        }
        yield json.dumps(segment, separators=(",", ":"))


def _write(path, before, parts, after):
    with path.open("w") as file:
        file.write(before)
        for number, part in enumerate(parts):
            file.write(f",{part}" if number else part)
        file.write(after)


def write_description(folder, binlogs, fewer_in_full=0):
    """The five files of a backup without its data; full_meta.json may name some binlogs less than the level files."""
    (folder / "meta").mkdir(parents=True)
    summary = {"id": "x", "state_code": 0, "name": "b", "size": binlogs, "milvus_version": "v2.6.4"}
    partition = {"partition_id": 10, "partition_name": "_default", "collection_id": 1, "size": binlogs}
    collection = {
        "id": "x",
        "collection_id": 1,
        "db_name": "default",
        "collection_name": "c",
        "schema": {"name": "c", "fields": [{"fieldID": 100, "name": "id", "is_primary_key": True, "data_type": 5}]},
        "shards_num": 1,
        "partition_backups": [partition],
        "size": binlogs,
        "has_index": False,
    }
    for name, content in (
        (BACKUP, summary),
        (COLLECTION, {"infos": [collection]}),
        (PARTITION, {"infos": [partition]}),
    ):
        (folder / name).write_text(json.dumps(content))
    _write(folder / SEGMENT, '{"infos":[', segments(binlogs), "]}")
    outer = json.dumps(summary | {"collection_backups": ["HERE"]})
    inner = json.dumps(collection | {"partition_backups": [partition | {"segment_backups": ["THERE"]}]})
    before, after = outer.replace('"HERE"', inner).split('"THERE"')
    _write(folder / FULL, before, segments(binlogs - fewer_in_full), after)


def measured(arguments, binary, server, folder, *command):
    program = program_for(server, folder, folder / "program")
    program = Program(program.folder, program.config, binary)
    server.collections.clear()
    return measure.run([program.binary, *command, "-n", "b"], cwd=program.folder)


def run(arguments, report):
    builds = {"this": arguments.build} | ({"other": arguments.other} if arguments.other else {})
    for what, fewer in (("both say the same", 0), ("the level files name more", FIELDS * LOGS)):
        with tempfile.TemporaryDirectory(prefix="mb-bench-") as place, Server("2.6.4") as server:
            folder = Path(place)
            write_description(folder / "backup" / "b", arguments.binlogs, fewer)
            for name, build in builds.items():
                binary = build / "bin" / "milvus-backup"
                one = measured(arguments, binary, server, folder, "get")
                both = measured(arguments, binary, server, folder, "restore", "--meta_only")
                for command, cost in (("get, which reads one", one), ("restore --meta_only", both)):
                    report.note(f"{what}, {name} build, {command}: {cost.rss:.1f} MiB, {cost.cpu:.1f} s of CPU")
                if name == "this":
                    report.goal("restore to get, peak memory", both.rss / one.rss, SECOND_DESCRIPTION)
