"""What goes wrong is told in a sentence that names the cause and the key to change, with an exit code that is not 0."""

import shutil
import subprocess

import pytest
from testbed import ports
from testbed.data import make_simple
from testbed.program import CORRUPT, DENIED, EXISTS, NO_SPACE, NOT_FOUND, UNREACHABLE, USAGE
from testbed.rows import assert_same_rows, count_rows, read_rows

on_s3 = pytest.mark.parametrize("site", ["s3"], indirect=True)
on_local = pytest.mark.parametrize("site", ["local"], indirect=True)


def refused(site, program, name, code, *mentioned):
    """create must fail with this exit code, name what is wrong, and leave nothing of a backup."""
    result = program.fails("create", "-n", name, "-c", "auto_id", code=code)
    for words in mentioned:
        assert any(word in result.err for word in words.split("|")), result
    assert "success" not in result.out
    assert site.backup(name) == {}
    return result


@on_s3
def test_wrong_bucket(site, program, name):
    program.configure(minio={"bucketName": "no-such-bucket", "backupBucketName": site.milvus.bucket})
    refused(site, program, name, NOT_FOUND, "minio.bucketName", "no-such-bucket")
    assert "no-such-bucket" not in buckets(site)


@on_s3
@pytest.mark.parametrize(
    "command", [["list"], ["get", "-n", "x"], ["delete", "-n", "x"], ["restore", "-n", "x"]], ids=" ".join
)
def test_only_create_makes_the_backup_bucket(site, program, command):
    program.configure(minio={"backupBucketName": "no-such-bucket"})
    result = program.fails(*command, code=NOT_FOUND)
    assert "minio.backupBucketName" in result.err and "no-such-bucket" in result.err
    assert "no-such-bucket" not in buckets(site)


@on_s3
def test_create_makes_the_backup_bucket(site, program, name):
    program.configure(minio={"backupBucketName": "new-bucket"})
    program.ok("create", "-n", name, "-c", "auto_id")
    assert any(key.startswith(f"backup/{name}/meta/") for key in site.milvus.store.keys("new-bucket"))


def buckets(site):
    return [bucket["Name"] for bucket in site.milvus.store.client().list_buckets()["Buckets"]]


@on_s3
def test_a_bucket_that_milvus_does_not_write_to(site, program, name):
    site.milvus.store.make_bucket("other-bucket")
    program.configure(minio={"bucketName": "other-bucket", "backupBucketName": site.milvus.bucket})
    refused(site, program, name, USAGE, "minio.bucketName")


@pytest.mark.parametrize("root", ["wrong", ""])
@on_s3
def test_wrong_root_path(site, program, name, root):
    program.configure(minio={"rootPath": root})
    refused(site, program, name, USAGE, "minio.rootPath")


@on_local
def test_wrong_local_root_path(site, program, name, tmp_path):
    (tmp_path / "empty").mkdir()
    program.configure(minio={"rootPath": str(tmp_path / "empty")})
    refused(site, program, name, USAGE, "rootPath")


@on_s3
@pytest.mark.parametrize("key", ["accessKeyID", "secretAccessKey"])
def test_wrong_keys(site, program, name, key):
    program.configure(minio={key: "wrong"})
    result = refused(site, program, name, DENIED, "accessKeyID|secretAccessKey")
    assert site.milvus.store.secret_key not in result.err + result.out + program.log()


def test_dead_milvus(site, program, name):
    program.configure(milvus={"port": ports.free_port()})
    refused(site, program, name, UNREACHABLE, "milvus.address|milvus.port")


@on_s3
def test_dead_storage(site, program, name):
    program.configure(minio={"port": ports.free_port()})
    refused(site, program, name, UNREACHABLE, "minio.address|minio.port")


def test_existing_name(site, program, name):
    program.ok("create", "-n", name, "-c", "auto_id")
    before = site.backup(name)
    result = program.fails("create", "-n", name, "-c", "auto_id", code=EXISTS)
    assert name in result.err and "exist" in result.err
    assert site.backup(name) == before
    program.ok("delete", "-n", name)


@pytest.mark.parametrize("command", ["get", "delete", "restore"])
def test_missing_backup(program, command):
    result = program.fails(command, "-n", "never_made", code=NOT_FOUND)
    assert "never_made" in result.err and "not found" in result.err


@on_local
@pytest.mark.parametrize("bad", ["with-dash", "with/slash", "../up", "1digit", "x" * 129])
def test_bad_name(site, program, bad):
    objects = site.place.keys("backup/")
    assert "name" in program.fails("create", "-n", bad, "-c", "empty", "--meta_only", code=USAGE).err
    assert site.place.keys("backup/") == objects


@on_local
def test_kubernetes_service_variable(site, program, name):
    program.environment = {"MILVUS_PORT": "tcp://10.0.0.1:19530"}
    refused(site, program, name, USAGE, "MILVUS_PORT")


@on_local
def test_missing_config(program):
    (program.folder / "configs" / "backup.yaml").unlink()
    assert "backup.yaml" in program.fails("list", code=USAGE).err


@on_local
def test_every_problem_of_the_config_is_told_at_once(program):
    program.configure(milvus={"port": "many"}, minio={"useSSL": "perhaps", "rootpath_": "x"})
    result = program.fails("list", code=USAGE)
    for word in ("milvus.port", "minio.useSSL", "backup.yaml:"):
        assert word in result.err


def on_full_disk(folder):
    """A command prefix under which `folder` is a file system of 300 KB, or else one that fails writes as a full disk."""
    mount = [
        "unshare",
        "--mount",
        "--map-root-user",
        "sh",
        "-c",
        f'mount -t tmpfs -o size=300k none "{folder}" && exec "$@"',
        "sh",
    ]
    if subprocess.run([*mount, "true"], capture_output=True).returncode == 0:
        return mount, {}
    calls = "write,pwrite64,copy_file_range,sendfile"
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", folder, "-e", f"inject={calls}:error=ENOSPC:when=3+"]
    return strace, {"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"}  # the leak checker cannot run below a tracer


@on_local
def test_full_disk(site, program, name, tmp_path):
    with site.milvus.client() as client:
        make_simple(client, "roomy", 2000, dim=128)
    small = tmp_path / "small"
    small.mkdir()
    program.prefix, program.environment = on_full_disk(small)
    program.configure(minio={"backupRootPath": str(small)})
    result = program.fails("create", "-n", name, "-c", "roomy", code=NO_SPACE)
    assert "space" in result.err.lower() or "full" in result.err.lower(), result
    assert "success" not in result.out


@on_local
def test_without_the_drivers_file_the_other_drivers_work(site, program, tmp_path):
    """And the error names the file, the places searched and the drivers that are there."""
    copy = tmp_path / "installed"
    shutil.copytree(
        program.binary.parent, copy / "bin", ignore=lambda _, names: {n for n in names if n != "milvus-backup"}
    )
    shutil.copytree(program.binary.parents[1] / "lib" / "milvus-backup", copy / "lib" / "milvus-backup")
    (copy / "lib" / "milvus-backup" / "drivers" / "minio.so").unlink()
    program.binary = copy / "bin" / "milvus-backup"
    program.ok("list")
    program.configure(minio={"storageType": "minio"})
    result = program.fails("list")
    for word in ("minio.so", str(copy / "lib" / "milvus-backup" / "drivers"), "local"):
        assert word in result.err


@on_local
def test_a_driver_that_others_may_write_is_not_loaded(program, tmp_path):
    drivers = tmp_path / "drivers"
    shutil.copytree(program.binary.parents[1] / "lib" / "milvus-backup" / "drivers", drivers)
    (drivers / "local.so").chmod(0o777)
    result = program.fails("list", "--plugin-dir", drivers)
    assert "local.so" in result.err and "writ" in result.err


@on_local
def test_a_failed_restore_is_told_and_the_rest_is_restored_or_not_but_never_half(site, program, name):
    """An insert log is damaged: Milvus refuses it, and the exit code says so."""
    program.ok("create", "-n", name, "-c", "auto_id")
    key, size = next(item for item in site.backup(name).items() if "/insert_log/" in item[0])
    site.place.put(f"backup/{name}/{key}", b"?" * size)
    result = program.fails("restore", "-n", name, "-s", "_broken", code=CORRUPT)
    assert "auto_id_broken" in result.err


@on_local
def test_what_is_whole_is_finished_and_the_rest_is_done_by_a_second_run(site, program, name):
    """The second of two collections is damaged; the first one serves by then, and its alias leads to it."""
    both = ("sound", "torn")  # in the order of the backup
    with site.milvus.client() as client:
        for collection in both:
            make_simple(client, collection, 30)
            client.create_alias(collection, f"{collection}_now")
        program.ok("create", "-n", name, "-c", ",".join(both))
        rows = {collection: read_rows(site.milvus, collection) for collection in both}
        sound, torn = site.meta(name)["collection_backups"]
        assert (sound["collection_name"], torn["collection_name"]) == both
        place = f"/insert_log/{torn['collection_id']}/"
        key, size = next(item for item in site.backup(name).items() if place in item[0])
        content = site.place.get(f"backup/{name}/{key}")
        for collection in both:
            client.drop_alias(f"{collection}_now")

        site.place.put(f"backup/{name}/{key}", b"?" * size)
        one_by_one = ["--set", "backup.parallelism.restoreCollection=1"]
        result = program.fails("restore", "-n", name, "-s", "_2", "--load", *one_by_one, code=CORRUPT)
        assert "default.sound_2: restored" in result.err and "default.torn_2: not finished" in result.err
        assert "incomplete: default.torn_2" in result.err and "restored: default.sound_2" in result.err
        assert client.describe_alias("sound_now")["collection_name"] == "sound_2"
        assert client.get_load_state("sound_2")["state"].name == "Loaded"

        site.place.put(f"backup/{name}/{key}", content)
        program.ok("restore", "-n", name, "-s", "_2", "--load", "-c", "torn", "--drop_exist_collection")
        for collection in both:
            assert client.describe_alias(f"{collection}_now")["collection_name"] == f"{collection}_2"
            assert_same_rows(rows[collection], read_rows(site.milvus, f"{collection}_2"))


@on_s3
def test_a_segment_that_vanished_from_the_backup_is_noticed(site, program, name):
    program.ok("create", "-n", name, "-c", "auto_id")
    key = next(key for key in site.backup(name) if "/insert_log/" in key)
    segment = key.rsplit("/", 2)[0]
    for lost in site.backup(name):
        if lost.startswith(segment):
            site.place.remove(f"backup/{name}/{lost}")
    program.configure(transfer={"patienceSeconds": 0})
    result = program.fails("restore", "-n", name, "-s", "_lossy", code=CORRUPT)
    assert segment in result.err
    assert ("default", "auto_id_lossy") not in site.collections()


@pytest.mark.parametrize("kind", ["insert_log", "delta_log"])
@on_s3
def test_binlogs_that_vanished_beside_deletes_are_noticed_before_anything_is_dropped(site, program, name, kind):
    program.ok("create", "-n", name, "-c", "partitions")
    assert any("/delta_log/" in key for key in site.backup(name))
    lost = next(key for key in reversed(site.backup(name)) if f"/{kind}/" in key)
    site.place.remove(f"backup/{name}/{lost}")
    with site.milvus.client() as client:
        make_simple(client, "partitions_lossy", 3)
    program.configure(transfer={"patienceSeconds": 0})
    result = program.fails("restore", "-n", name, "-s", "_lossy", "--drop_exist_collection", code=CORRUPT)
    assert lost in result.err and "1 of " in result.err
    assert count_rows(site.milvus, "partitions_lossy") == 3


@pytest.mark.parametrize("flags", [[], ["--drop_first"]], ids=["beside", "drop_first"])
@on_local
def test_what_a_file_manager_left_in_a_backup_does_no_harm(site, program, name, flags):
    """Milvus reads every file of a folder that it imports."""
    program.ok("create", "-n", name, "-c", "partitions")
    folders = {key.rsplit("/", 1)[0] for key in site.backup(name) if "_log/" in key}
    for folder in folders:
        site.place.put(f"backup/{name}/{folder}/.DS_Store", b"left by a Mac")
    with site.milvus.client() as client:
        make_simple(client, "partitions_kept", 3)
    result = program.ok("restore", "-n", name, "-s", "_kept", "--drop_exist_collection", *flags)
    assert f"{len(folders)} objects" in result.err and ".DS_Store" in result.err
    assert_same_rows(site.rows["default", "partitions"], read_rows(site.milvus, "partitions_kept"))


def test_check_sees_both_sides_and_leaves_no_probe(site, program):
    before = site.place.keys()
    result = program.ok("check")
    assert "2.3.5" in result.out
    after = site.place.keys()
    assert {key for key in after if "check" in key} == {key for key in before if "check" in key}


@on_s3
def test_check_names_the_side_that_fails(program):
    program.configure(minio={"backupBucketName": "no-such-bucket", "backupSecretAccessKey": "wrong"})
    result = program.fails("check")
    assert "backup" in result.err + result.out
