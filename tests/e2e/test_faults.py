"""The program over a storage that fails when it is told to: the driver `fault` around the real one."""

import signal

import pytest
from testbed.data import make_simple
from testbed.program import DENIED
from testbed.rows import assert_same_rows, read_rows
from testbed.site import BACKUPS

COLLECTION = "faulty"
STORM = "any:every=9:error=UNAVAILABLE:late;get:every=4:cut=64;copy:every=5:error=THROTTLED:retry-after=5ms"


@pytest.fixture(scope="module")
def rows(site):
    with site.milvus.client() as client:
        make_simple(client, COLLECTION, 2000)
    yield read_rows(site.milvus, COLLECTION)
    site.drop({("default", COLLECTION)})


def over_fault(program, folder, rules):
    """The program with both sides wrapped, and rules for the backup's, so that copies stay inside the service."""
    folder.mkdir()
    wrapped = {
        "storageType": "fault",
        "backupStorageType": "fault",
        "options": {"over": program.config["minio"]["storageType"]},
        "backupOptions": {"fault.rules": rules},
    }
    return program.with_changes(folder, minio=wrapped)


@pytest.mark.parametrize(
    "rules",
    ["copy:nth=2:kill", "put:key=full_meta.json:kill", "put:key=backup_meta.json:kill"],
    ids=["before-a-copy", "before-the-levels", "before-the-commit"],
)
def test_killed_up_to_the_commit_it_is_no_backup(site, program, rows, name, tmp_path, rules):
    result = over_fault(program, tmp_path / "fault", rules).run("create", "-n", name, "-c", COLLECTION)
    assert result.code == -signal.SIGKILL, result

    assert site.place.keys(f"{BACKUPS}{name}/")
    assert not program.listed().get(name, False), "list calls it complete"
    assert program.fails("restore", "-n", name, "-s", "_bak").code != 0
    program.ok("create", "-n", name, "-c", COLLECTION, "--resume")
    assert program.listed()[name]
    program.ok("restore", "-n", name, "-s", "_bak")
    assert_same_rows(rows, read_rows(site.milvus, f"{COLLECTION}_bak"))


def test_a_storage_that_fails_all_the_time(site, program, rows, name, tmp_path):
    stormy = over_fault(program, tmp_path / "fault", STORM)
    stormy.ok("create", "-n", name, "-c", COLLECTION)
    assert program.listed()[name]
    stormy.ok("restore", "-n", name, "-s", "_bak")
    assert_same_rows(rows, read_rows(site.milvus, f"{COLLECTION}_bak"))
    stormy.ok("delete", "-n", name)
    assert site.place.keys(f"{BACKUPS}{name}/") == {}


def test_a_commit_that_fails_without_data_can_be_resumed(site, program, rows, name, tmp_path):
    broken = over_fault(program, tmp_path / "fault", "put:key=partition_meta.json:error=FORBIDDEN")
    result = broken.fails("create", "-n", name, "-c", COLLECTION, "--meta_only", code=DENIED)
    assert "--resume" in result.err
    assert not program.listed().get(name, False)
    program.ok("create", "-n", name, "-c", COLLECTION, "--meta_only", "--resume")
    assert program.listed()[name]


def test_a_claim_that_fails_leaves_the_name_free(site, program, rows, name, tmp_path):
    """The look at the name behind the claim record is refused: the third listing of the description."""
    broken = over_fault(program, tmp_path / "fault", "list_open:key=/meta/:nth=3:error=FORBIDDEN")
    broken.fails("create", "-n", name, "-c", COLLECTION, code=DENIED)
    assert site.place.keys(f"{BACKUPS}{name}/") == {}
    program.ok("create", "-n", name, "-c", COLLECTION)


def test_a_committed_backup_is_a_success(site, program, rows, name, tmp_path):
    """Once the key file is there the backup is made, even if the claim record cannot be taken away."""
    broken = over_fault(program, tmp_path / "fault", "remove:key=in_progress.json:error=FORBIDDEN")
    broken.ok("create", "-n", name, "-c", COLLECTION)
    assert program.listed()[name]
    assert "claim record could not be removed" in broken.log()
