"""A damaged backup is refused with a sentence that names the file, before anything is made in Milvus or in a target."""

import json
import shutil

import pytest
from testbed.layouts import BACKUP, COLLECTION, FULL, LEVELS, PARTITION, SEGMENT, Layout, of_era, unpacked
from testbed.program import CORRUPT, NOT_FOUND

from wire.restoring import Server, data, program_for
from wire.test_layouts import lay

MAKES = ("CreateDatabase", "CreateCollection", "DropCollection", "CreatePartition", "CreateIndex", "Import", "RenameCollection")
SOME = [("default", "partitions"), ("default", "auto_id")]


def newer():
    """Described by full_meta.json, with ids of logs."""
    return Layout(unpacked("go_v0_5_16")).only(*SOME).files()


def older():
    """Described by level files alone."""
    return of_era(Layout(unpacked("go_v0_4_15")).only(*SOME).files(), "v0.3.0")


def binlog(files, kind="insert_log", at=0):
    return sorted(key for key in files if key.startswith(f"binlogs/{kind}/"))[at]


def without(key):
    return lambda files: files.pop(key(files) if callable(key) else key)


def cut(name, share):
    return lambda files: files.update({name: files[name][: int(len(files[name]) * share)]})


def resized(kind, change):
    def damage(files):
        key = binlog(files, kind, 1)
        files[key] = change(files[key])

    return damage


def described(name, change):
    """change(document) is done to a file of JSON."""

    def damage(files):
        document = json.loads(files[name])
        change(document)
        files[name] = json.dumps(document).encode()

    return damage


def segments_of(document):
    return [s for c in document["collection_backups"] for p in c["partition_backups"] for s in p.get("segment_backups", [])]


def to_other_partition(document):
    partitions = document["collection_backups"][0]["partition_backups"]
    full = [p for p in partitions if p.get("segment_backups")]
    segments_of(document)[0]["partition_id"] = full[0]["partition_id"] + 1


def twice(items):
    items.append(dict(items[0]))


# name: what is done to the newer backup, the words that tell it, the exit code
NEWER = {
    "an insert log is missing": (without(binlog), ["insert_log/", "missing"]),
    "a delta log is missing": (without(lambda files: binlog(files, "delta_log")), ["delta_log/", "missing"]),
    "all delta logs are missing": (
        lambda files: [files.pop(key) for key in list(files) if key.startswith("binlogs/delta_log/")],
        ["delta_log/", "missing"],
    ),
    "an insert log is shorter": (resized("insert_log", lambda content: content[:-7]), ["insert_log/", "bytes"]),
    "an insert log is empty": (resized("insert_log", lambda content: b""), ["insert_log/", "bytes"]),
    "a delta log is longer": (resized("delta_log", lambda content: content + b"x"), ["delta_log/", "bytes"]),
    **{f"cut at {share}": (cut(FULL, share), ["full_meta.json", "byte"]) for share in (0, 0.3, 0.7, 0.9999)},
    "no JSON": (lambda files: files.update({FULL: b"<Error>AccessDenied</Error>"}), ["full_meta.json", "byte"]),
    "zeros": (lambda files: files.update({FULL: bytes(len(files[FULL]))}), ["full_meta.json", "byte"]),
    "another after it": (lambda files: files.update({FULL: files[FULL] * 2}), ["full_meta.json"]),
    "an id as text": (described(FULL, lambda d: segments_of(d)[0].update(segment_id="20")), ["full_meta.json", "segment_id"]),
    "a list as an object": (described(FULL, lambda d: d.update(collection_backups={})), ["full_meta.json", "expected an array"]),
    "a negative size": (
        described(FULL, lambda d: segments_of(d)[1]["binlogs"][0]["binlogs"][0].update(log_size=-1)),
        ["full_meta.json", "log_size"],
    ),
    "a segment of another partition": (described(FULL, to_other_partition), ["full_meta.json", "but is of partition"]),
    "a segment of another collection": (
        described(FULL, lambda d: segments_of(d)[0].update(collection_id=1)),
        ["full_meta.json", "but is of collection 1"],
    ),
    "a partition of another collection": (
        described(FULL, lambda d: d["collection_backups"][0]["partition_backups"][0].update(collection_id=1)),
        ["full_meta.json", "but is of collection 1"],
    ),
    "a segment twice": (
        described(FULL, lambda d: twice(d["collection_backups"][0]["partition_backups"][0]["segment_backups"])),
        ["full_meta.json", "is there twice"],
    ),
    "a partition twice": (
        described(FULL, lambda d: twice(d["collection_backups"][0]["partition_backups"])),
        ["full_meta.json", "is there twice"],
    ),
    "a collection twice": (described(FULL, lambda d: twice(d["collection_backups"])), ["full_meta.json", "is there twice"]),
    "another segment id": (described(FULL, lambda d: segments_of(d)[0].update(segment_id=99)), ["/99/", "missing"]),
    "another field": (described(FULL, lambda d: segments_of(d)[0]["binlogs"][0].update(fieldID=77)), ["/77/", "missing"]),
    "a group that is not there": (described(FULL, lambda d: segments_of(d)[0].update(group_id=5)), ["/5/", "missing"]),
    "no backup_meta.json": (without(BACKUP), ["backup_meta.json is missing"]),
}

OLDER = {
    "an insert log is missing": (without(binlog), ["insert_log/", "missing"]),
    "a delta log is shorter": (resized("delta_log", lambda content: content[:-1]), ["delta_log/", "bytes"]),
    **{f"no {name[5:]}": (without(name), [f"{name} is missing"]) for name in LEVELS},
    **{f"{name[5:]} cut at {share}": (cut(name, share), [name, "byte"]) for name in LEVELS for share in (0.5, 0.999)},
    **{
        f"{name[5:]} of the wrong type": (described(name, lambda d: d.update(infos=5)), [name, "expected an array"])
        for name in (COLLECTION, PARTITION, SEGMENT)
    },
    "no segments": (described(SEGMENT, lambda d: d.clear()), [SEGMENT, "names no segments"]),
    "no partitions": (described(PARTITION, lambda d: d.clear()), [SEGMENT, "partition_meta.json does not name"]),
    "no collections": (described(COLLECTION, lambda d: d.clear()), [PARTITION, "collection_meta.json does not name"]),
    "a segment of another partition": (
        described(SEGMENT, lambda d: d["infos"][0].update(partition_id=1)),
        [SEGMENT, "is of partition 1 of"],
    ),
    "a partition of another collection": (
        described(PARTITION, lambda d: d["infos"][0].update(collection_id=1)),
        [PARTITION, "is of collection 1"],
    ),
    "another collection id": (
        described(COLLECTION, lambda d: d["infos"][0].update(collection_id=1)),
        ["collection_meta.json does not name"],
    ),
    "a segment twice": (described(SEGMENT, lambda d: twice(d["infos"])), [SEGMENT, "is there twice"]),
    "rows without binlogs": (described(SEGMENT, lambda d: d["infos"][0].pop("binlogs")), ["rows, but no insert logs"]),
    "another group": (described(SEGMENT, lambda d: d["infos"][0].update(group_id=9)), ["/9/", "missing"]),
    "no group": (described(SEGMENT, lambda d: d["infos"][0].pop("group_id")), ["missing"]),
}

CASES = [(make, name) for make, cases in ((newer, NEWER), (older, OLDER)) for name in cases]


def damaged(make, name, data):
    files = make()
    damage, words = (NEWER if make is newer else OLDER)[name]
    damage(files)
    lay(data, files)
    return words


def says(result, words):
    return all(word.lower() in (result.out + result.err).lower() for word in words)


@pytest.mark.parametrize(("make", "name"), CASES, ids=[f"{make.__name__}: {name}" for make, name in CASES])
def test_it_is_refused_before_anything_is_made(make, name, data, tmp_path):
    words = damaged(make, name, data)
    with Server("2.3.5") as server:
        server.make("auto_id")
        program = program_for(server, data, tmp_path / "program")
        result = program.fails("restore", "-n", "b", "--drop_exist_collection", code=CORRUPT)
        made = [method for method, _, _ in server.calls if method in MAKES]
        again = program.fails("verify", "-n", "b", code=CORRUPT)
    assert says(result, words), result
    assert made == [] and server.events == []
    assert again.out or says(again, words), again


@pytest.mark.parametrize("name", ["a segment of another partition", "cut at 0.7", "an id as text", "a segment twice", "no backup_meta.json"])
def test_it_is_not_transferred_and_not_shown(name, data, tmp_path):
    words = damaged(newer, name, data)
    with Server("2.3.5") as server:
        program = program_for(server, data, tmp_path / "program")
    other = program.with_changes(tmp_path / "other", backup={"storage": {"rootPath": str(tmp_path / "there")}})
    (tmp_path / "there").mkdir()
    assert says(program.fails("get", "-n", "b", code=CORRUPT), words)
    arguments = ["transfer", "-n", "b", "--to", other.folder / "configs" / "backup.yaml"]
    assert says(program.fails(*arguments, code=CORRUPT), words)
    assert list((tmp_path / "there").iterdir()) == []


@pytest.mark.parametrize("name", ["an insert log is missing", "a delta log is longer", "another segment id"])
def test_what_is_not_all_there_does_not_become_a_backup_elsewhere(name, data, tmp_path):
    words = damaged(newer, name, data)
    with Server("2.3.5") as server:
        program = program_for(server, data, tmp_path / "program")
    other = program.with_changes(tmp_path / "other", backup={"storage": {"rootPath": str(tmp_path / "there")}})
    (tmp_path / "there").mkdir()
    result = program.fails("transfer", "-n", "b", "--to", other.folder / "configs" / "backup.yaml", code=CORRUPT)
    assert says(result, words[:1]), result
    assert not (tmp_path / "there" / "b" / BACKUP).exists()


@pytest.mark.parametrize("kind", ["insert_log", "delta_log"])
@pytest.mark.parametrize("holds", [[], ["1"]], ids=["empty", "with an object"])
def test_a_folder_in_the_place_of_a_binlog(kind, holds, data, tmp_path):
    files = newer()
    key = binlog(files, kind)
    content = files.pop(key)
    lay(data, files | {f"{key}/{name}": content for name in holds})
    (data / "backup" / "b" / key).mkdir(parents=True, exist_ok=True)
    with Server("2.3.5") as server:
        result = program_for(server, data, tmp_path / "program").fails("restore", "-n", "b", code=CORRUPT)
    assert key in result.err and server.events == []


@pytest.mark.parametrize("name", [BACKUP, SEGMENT])
def test_a_folder_in_the_place_of_a_description(name, data, tmp_path):
    files = older() if name == SEGMENT else newer()
    lay(data, files)
    path = data / "backup" / "b" / name
    path.unlink()
    path.mkdir()
    with Server("2.3.5") as server:
        result = program_for(server, data, tmp_path / "program").run("restore", "-n", "b")
    assert result.code in (CORRUPT, NOT_FOUND) and name.split("/")[1] in result.err, result
    assert server.events == []


def test_everything_but_the_description_is_gone(data, tmp_path):
    lay(data, older())
    shutil.rmtree(data / "backup" / "b" / "binlogs")
    with Server("2.3.5") as server:
        result = program_for(server, data, tmp_path / "program").fails("restore", "-n", "b", code=CORRUPT)
    assert "missing" in result.err and server.events == []
