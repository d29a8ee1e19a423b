"""A whole backup through stores whose listings are late, short, in another order or hold folder markers."""

import tarfile

import pytest
from testbed.components import ROOT
from testbed.program import CORRUPT, Program
from testbed.stores import SeaweedS3

from wire.listing_rules import Backwards, EndsEarly, Late
from wire.s3_rules import SmallPages
from wire.transferring import BUCKET, backup_in, bucket_config, folder_config, keys_below, record, to

INTEROP = ROOT / "tests" / "data" / "interop"


@pytest.fixture
def program(store, behind, root, tmp_path):
    return Program(tmp_path / "program", bucket_config(store, behind.port, root))


@pytest.fixture
def there(tmp_path):
    return tmp_path / "there"


def unpack(archive, folder):
    with tarfile.open(INTEROP / f"{archive}.tar.gz") as tar:
        tar.extractall(folder)
    (folder / archive).rename(folder / "b")
    return keys_below(folder / "b")


# --- descriptions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("archive", ["go_v0_4_15", "go_v0_5_16"])
def test_a_backup_of_the_go_program_that_lost_something_is_no_success(tmp_path, archive):
    made = unpack(archive, tmp_path / "here")
    impatient = {"TRANSFER_PATIENCE_SECONDS": "0"}
    program = Program(tmp_path / "program", folder_config(tmp_path / "here"), environment=impatient)
    binlog = sorted(key for key in made if "/insert_log/" in key)[7]
    lost = tmp_path / "here" / "b" / binlog
    data = lost.read_bytes()
    arrived = tmp_path / "there" / "b"

    lost.unlink()
    result = program.fails("transfer", "-n", "b", "--to", to(program, folder_config(tmp_path / "there")), code=CORRUPT)
    assert binlog in result.err
    lost.write_bytes(data + b"!")
    program.fails("transfer", "-n", "b", "--to", to(program, folder_config(tmp_path / "there")), code=CORRUPT)
    assert not (arrived / "meta" / "backup_meta.json").exists()

    lost.write_bytes(data)
    program.ok("transfer", "-n", "b", "--to", to(program, folder_config(tmp_path / "there")))
    assert keys_below(arrived) == made


# --- listings -------------------------------------------------------------------------------------------------------


def test_a_listing_that_ends_early_is_no_success(store, behind, program, root, there):
    made = backup_in(store.data / BUCKET / root / "b")
    behind.rules = [SmallPages(5, store.secret_key), EndsEarly(f"{root}/b/")]
    result = program.fails("transfer", "-n", "b", "--to", to(program, folder_config(there)))
    assert "the listing of" in result.err and "is not complete" in result.err
    assert not (there / "b" / "meta" / "backup_meta.json").exists()

    behind.rules = []
    program.ok("transfer", "-n", "b", "--to", to(program, folder_config(there)))
    assert keys_below(there / "b") == made


def test_what_is_recorded_needs_no_listing(store, behind, program, root, there):
    made = backup_in(store.data / BUCKET / root / "b")
    made |= record(store.data / BUCKET / root / "b")
    behind.rules = [SmallPages(5, store.secret_key), EndsEarly(f"{root}/b/")]
    report = program.ok("transfer", "-n", "b", "--to", to(program, folder_config(there)), "--json").json()
    assert keys_below(there / "b") == made and report["objects"] == len(made)
    assert report["not_listed"] == len(made) - 5 - 1, "backup_meta.json is the commit"


@pytest.mark.parametrize("end", ["/23/101/7", "full_meta.json"])
def test_a_late_listing_loses_nothing(store, behind, program, root, there, end):
    made = backup_in(store.data / BUCKET / root / "b")
    behind.rules = [Late(f"{root}/b/", end, 1)]
    program.ok("transfer", "-n", "b", "--to", to(program, folder_config(there)))
    assert keys_below(there / "b") == made and behind.rules[0].hits == 1


def test_a_target_that_lists_late_is_complete(store, behind, program, root, there):
    made = backup_in(there / "b")
    behind.rules = [Late(f"{root}/b/", "/23/101/7", 99)]
    program.ok("transfer", "-n", "b", "--from", to(program, folder_config(there)))
    assert keys_below(store.data / BUCKET / root / "b") == made and behind.rules[0].hits > 0


@pytest.mark.parametrize("page", [4, 1000])
def test_a_store_that_lists_backwards(store, behind, program, root, there, page):
    made = backup_in(store.data / BUCKET / root / "b")
    behind.rules = [SmallPages(page, store.secret_key), Backwards(f"{root}/")]
    report = program.ok("transfer", "-n", "b", "--to", to(program, folder_config(there)), "--json").json()
    assert keys_below(there / "b") == made and report["objects"] == len(made)
    (there / "b").rename(there / "c")
    program.ok("transfer", "-n", "c", "--from", to(program, folder_config(there)))
    assert keys_below(store.data / BUCKET / root / "c") == made
    assert program.listed() == {"b": True, "c": True}
    assert program.ok("delete", "-n", "b", "--json").json()["objects"] == len(made)


def test_seaweedfs_there_and_back(tmp_path):
    """A server that walks its folders: a-b lies behind a, with all that is in it."""
    made = backup_in(tmp_path / "here" / "b")
    for odd in ("more/a/x", "more/a-b/x", "more/a.txt", "more/a0"):
        path = tmp_path / "here" / "b" / odd
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(odd)
        made.add(odd)
    with SeaweedS3() as store:
        store.make_bucket(BUCKET)
        program = Program(tmp_path / "program", bucket_config(store, store.port, "backups"))
        program.ok("transfer", "-n", "b", "--from", to(program, folder_config(tmp_path / "here")))
        assert {key.removeprefix("backups/b/") for key in store.keys(BUCKET, "backups/b/")} == made
        program.ok("transfer", "-n", "b", "--to", to(program, folder_config(tmp_path / "there")))
        assert keys_below(tmp_path / "there" / "b") == made


# --- folder markers and strays --------------------------------------------------------------------------------------


def test_folder_markers_are_no_part_of_a_backup(store, program, root, there):
    folder = store.data / BUCKET / root / "b"
    made = backup_in(folder)
    made |= record(folder)
    for marker in ("", "binlogs/", "binlogs/insert_log/", "meta/"):
        store.client().put_object(Bucket=BUCKET, Key=f"{root}/b/{marker}")
    assert f"{root}/b/binlogs/" in store.keys(BUCKET, f"{root}/b/")
    result = program.ok("transfer", "-n", "b", "--to", to(program, folder_config(there)))
    assert keys_below(there / "b") == made
    assert "stay behind" not in result.err


def test_strays_are_named_and_stay_behind(store, program, root, there):
    folder = store.data / BUCKET / root / "b"
    made = backup_in(folder)
    (folder / "binlogs" / "insert_log" / ".DS_Store").write_text("x")
    result = program.ok("transfer", "-n", "b", "--to", to(program, folder_config(there)))
    assert keys_below(there / "b") == made
    assert "stay behind" in result.err and "binlogs/insert_log/.DS_Store" in result.err
