"""A backup is committed or it is not there, whatever ends the program and when."""

import signal
import time

import pytest
from testbed import Toxiproxy, VersityGw
from testbed.data import make_simple
from testbed.places import BucketPlace
from testbed.program import Program
from testbed.rows import assert_same_rows, read_rows
from testbed.server import wait_until

pytestmark = pytest.mark.parametrize("site", ["s3"], indirect=True)
COLLECTION = "weighty"  # about 10 MB


@pytest.fixture(scope="module")
def weighty(site):
    with site.milvus.client() as client:
        make_simple(client, COLLECTION, 20000, dim=128)
    yield read_rows(site.milvus, COLLECTION)
    site.drop({("default", COLLECTION)})


class SlowBackupStore:
    """Another S3 server for the backups, behind a line whose speed is set."""

    def __init__(self, store, proxy):
        self.store = store
        self.proxy = proxy
        self.place = BucketPlace(store, "backups")

    def slow(self, kilobytes_per_second):
        for stream in ("upstream", "downstream"):
            self.proxy.add("bandwidth", stream, rate=kilobytes_per_second)

    def fast(self):
        """For the next command: connections that are still there are cut."""
        self.proxy.clear()


@pytest.fixture
def line():
    with VersityGw() as store, Toxiproxy() as toxiproxy:
        store.make_bucket("backups")
        yield SlowBackupStore(store, toxiproxy.proxy(store.port))


@pytest.fixture
def program(site, weighty, line, tmp_path):
    keys = line.store.storage("backups", "backup", backup=True)
    before = site.collections()
    yield Program(tmp_path, {**site.config, "minio": {**site.config["minio"], **keys, "backupPort": line.proxy.port}})
    site.drop(site.collections() - before)


def interrupted(program, line, arguments, prefix, place, signals):
    """Starts a command over a slow line, sends signals once a binlog lies below prefix, gives its result."""
    line.slow(400)
    process = program.start(*arguments)

    def begun():
        return any("/insert_log/" in key for key in place.keys(prefix)) or process.poll() is not None

    try:
        wait_until(begun, 60, f"a binlog below {prefix}")
        for number in signals:
            process.send_signal(number)
        sent = time.monotonic()
        result = program.finish(process, timeout=60)
        result.took = time.monotonic() - sent
    finally:
        process.kill()
        line.fast()
    return result


def create(name):
    return ["create", "-n", name, "-c", COLLECTION]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_create_is_no_backup(site, program, line, name, weighty, how):
    result = interrupted(program, line, create(name), f"backup/{name}/binlogs/", line.place, [how])
    assert result.code == (-how if how == signal.SIGKILL else 128 + how)
    assert "success" not in result.out

    assert not program.listed().get(name, False), "list calls it complete"
    assert f"backup/{name}/meta/backup_meta.json" not in line.place.keys()
    again = program.fails(*create(name))
    assert name in again.err
    assert program.fails("restore", "-n", name, "-s", "_bak").code != 0

    program.ok("delete", "-n", name)
    assert line.place.keys(f"backup/{name}/") == {}
    assert line.place.rubbish("") == []
    program.ok(*create(name))
    program.ok("restore", "-n", name, "-s", "_bak")
    assert_same_rows(weighty, read_rows(site.milvus, f"{COLLECTION}_bak"))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_polite_end_comes_soon_and_leaves_no_uploads(program, line, name, how):
    result = interrupted(program, line, create(name), f"backup/{name}/binlogs/", line.place, [how])
    assert result.took < 20
    assert line.place.rubbish("") == []


def test_resume_goes_on_from_what_is_there(site, program, line, name, weighty):
    interrupted(program, line, create(name), f"backup/{name}/binlogs/", line.place, [signal.SIGKILL])
    program.ok(*create(name), "--resume")
    assert line.place.rubbish("") == [], "uploads of the killed run are still there"
    assert program.listed()[name]
    program.ok("restore", "-n", name, "-s", "_bak")
    assert_same_rows(weighty, read_rows(site.milvus, f"{COLLECTION}_bak"))


def test_uploads_that_the_killed_run_begins_late_are_aborted(program, line, name, tmp_path):
    """A service may still be working on its last requests while the next one takes over: that finds no uploads."""
    interrupted(program, line, create(name), f"backup/{name}/binlogs/", line.place, [signal.SIGKILL])
    line.store.client().create_multipart_upload(Bucket="backups", Key=f"backup/{name}/binlogs/late")
    over, rules = program.config["minio"]["storageType"], "mpu_list:nth=1:error=UNSUPPORTED"
    wrapped = {"storageType": "fault", "backupStorageType": "fault", "options": {"over": over}}
    blind = program.with_changes(tmp_path / "blind", minio={**wrapped, "backupOptions": {"fault.rules": rules}})
    blind.ok(*create(name), "--resume")
    assert line.place.rubbish("") == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_restore_takes_its_staging_away(site, program, line, name, how):
    program.ok(*create(name))
    arguments = ["restore", "-n", name, "-s", "_bak"]
    result = interrupted(program, line, arguments, "restore-temp-", site.place, [how])
    assert result.code == 128 + how
    assert site.place.keys("restore-temp-") == {}
    assert site.place.rubbish("restore-temp-") == []


def test_the_staging_of_a_killed_restore_goes_with_the_next(site, program, line, name, weighty):
    program.ok(*create(name))
    interrupted(program, line, ["restore", "-n", name, "-s", "_killed"], "restore-temp-", site.place, [signal.SIGKILL])
    theirs = "restore-temp-1-~owner"
    site.place.put(theirs, b"another-machine, process 1, pid:[1]")
    left = set(site.place.keys("restore-temp-")) - {theirs}
    assert left
    program.ok("restore", "-n", name, "-s", "_bak")
    assert set(site.place.keys("restore-temp-")) == {theirs}
    assert site.place.rubbish("restore-temp-") == []
    site.place.remove(theirs)
    assert_same_rows(weighty, read_rows(site.milvus, f"{COLLECTION}_bak"))


def test_a_restore_from_another_store_takes_its_staging_away(site, program, line, name, weighty):
    program.ok(*create(name))
    program.ok("restore", "-n", name, "-s", "_bak")
    assert_same_rows(weighty, read_rows(site.milvus, f"{COLLECTION}_bak"))
    assert site.place.keys("restore-temp-") == {}


def test_of_two_creates_of_one_name_one_wins(program, line, name):
    running = [program.start(*create(name)) for _ in range(2)]
    results = [program.finish(process) for process in running]
    codes = sorted(result.code for result in results)
    assert codes[0] == 0 and codes[1] > 0, "\n".join(map(str, results))
    assert program.listed()[name]


def test_a_store_that_dies_in_the_middle_is_told(program, line, name):
    line.slow(400)
    process = program.start(*create(name))
    wait_until(lambda: line.place.keys(f"backup/{name}/binlogs/"), 60, "a first object")
    line.store.halt()
    result = program.finish(process, timeout=180)
    line.store.start()
    line.fast()
    assert 0 < result.code < 128 and result.err.strip()
    assert not program.listed().get(name, False)
