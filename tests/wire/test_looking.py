"""list -l and info: what a person is shown of backups."""

import json
import re

import pytest
from testbed.program import CORRUPT, NOT_FOUND, USAGE, Program

from wire.test_verify import ARCHIVES, contents, recorded, unpack

NAME = ARCHIVES[1]


@pytest.fixture
def program(tmp_path):
    unpack(NAME, tmp_path / "backups")
    (tmp_path / "data").mkdir()
    config = {"minio": {"storageType": "local", "rootPath": str(tmp_path / "data"), "backupRootPath": str(tmp_path / "backups")}}
    return Program(tmp_path / "program", config)


def table(text):
    """The cells of a printed table by its headings; columns stand two spaces apart."""
    heading, _, *rows = [re.split(r"  +", line.strip()) for line in text.splitlines() if line]
    return [dict(zip(heading, row, strict=True)) for row in rows]


def keep_objects(folder, **members):
    """A record of every object of the backup, with these members in each line."""
    lines = [json.loads(line) | members for line in recorded(contents(folder))["meta/objects.jsonl"].decode().splitlines()]
    (folder / "meta" / "objects.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return lines


def test_a_table_of_all_backups(program, tmp_path):
    unpack(ARCHIVES[0], tmp_path / "backups")
    (tmp_path / "backups" / ARCHIVES[0] / "meta" / "full_meta.json").write_text("{")
    (tmp_path / "backups" / ARCHIVES[0] / "meta" / "collection_meta.json").write_text("{")
    broken, whole = table(program.ok("list", "-l").out)
    assert whole == {
        "NAME": NAME,
        "STATE": "complete",
        "MADE": "2026-11-21 05:10:47 UTC",
        "TOOK": "2.0 s",
        "COLLECTIONS": "7",
        "ROWS": "1340",
        "SIZE": "67.3 KiB",
        "MILVUS": "v2.3.5-lite",
    }
    assert (broken["NAME"], broken["STATE"], broken["ROWS"], broken["SIZE"]) == (ARCHIVES[0], "unreadable", "-", "-")
    assert program.ok("list").out == f">> Backups:\n{ARCHIVES[0]}\n{NAME}\n"  # what scripts read, which opens no description


def test_a_table_of_backups_with_a_collection(program):
    [row] = table(program.ok("list", "-l", "-c", "sales.partitions").out)
    assert row["COLLECTIONS"] == "7"
    assert table(program.ok("list", "--long", "-c", "nowhere").out) == []


def lines_of(text):
    head, _, rest = text.partition("\n\n")
    return dict(line.split(None, 1) for line in head.splitlines()), table(rest)


def test_one_backup_for_people(program):
    head, rows = lines_of(program.ok("info", "-n", NAME).out)
    assert head["name"] == NAME and head["milvus"] == "v2.3.5-lite" and head["made"] == "2026-11-21 05:10:47 UTC"
    assert head["data"].startswith("67.3 KiB, 1340 rows, ") and head["data"].endswith("7 collections in 2 databases")
    assert head["copied"] == "not recorded" and head["checksums"].startswith("none: ")
    found = {row["COLLECTION"]: row for row in rows}
    assert len(found) == 7
    assert (found["default.all_types"]["STATE"], found["default.empty"]["STATE"]) == ("Loaded", "NotLoad")
    assert (found["default.partitions"]["PARTITIONS"], found["default.empty"]["ROWS"]) == ("4", "0")
    assert found["default.all_types"]["INDEXES"] == "vec IVF_FLAT (L2), s"
    assert found["default.empty"]["INDEXES"] == "-"


@pytest.mark.parametrize(
    "members, copied",
    [({"copied": "inside"}, "inside the storage service"), ({"copied": "streamed"}, "through the program"), ({}, "not recorded")],
    ids=["inside", "streamed", "unknown"],
)
def test_how_it_was_copied_and_what_has_checksums(program, tmp_path, members, copied):
    lines = keep_objects(tmp_path / "backups" / NAME, **members)
    head, _ = lines_of(program.ok("info", "-n", NAME).out)
    assert head["copied"] == copied
    assert head["checksums"] == f"{len(lines)} of {len(lines)} objects, 67.3 KiB of 67.3 KiB"
    report = program.ok("info", "-n", NAME, "--json").json()
    how = members.get("copied")
    assert (report["objects_copied_inside"], report["objects_streamed"]) == (len(lines) * (how == "inside"), len(lines) * (how == "streamed"))
    assert report["objects_with_checksum"] == report["objects"] == len(lines)
    program.ok("verify", "-n", NAME, "--read-data")


def test_what_cannot_be_shown(program, tmp_path):
    assert "not found" in program.fails("info", "-n", "nothing", code=NOT_FOUND).err
    assert "--name" in program.fails("info", "-n", "a/b", code=USAGE).err
    (tmp_path / "backups" / NAME / "meta" / "backup_meta.json").unlink()
    assert "not complete" in program.fails("info", "-n", NAME, code=CORRUPT).err
