"""What lies in a store beside what Milvus and the program put there, and the ways to write a root path."""

import pytest
from testbed.data import DIM, make_simple
from testbed.rows import assert_same_rows, read_rows


def collection_prefix(site, collection):
    with site.milvus.client() as client:
        identity = client.describe_collection(collection)["collection_id"]
    return f"{site.data_prefix}insert_log/{identity}/"


def test_orphans_in_milvus_storage_stay_there(site, program, name):
    """A segment's directory that no live segment owns, as compaction leaves it behind, and an empty marker object."""
    with site.milvus.client() as client:
        make_simple(client, "littered", 50)
    prefix = collection_prefix(site, "littered")
    real = next(iter(site.place.keys(prefix)))
    partition = real.removeprefix(prefix).split("/")[0]
    litter = [f"{prefix}{partition}/999999/{field}/888888" for field in (0, 1, 100, 101, 102)]
    for key in litter:
        site.place.put(key, site.place.get(real))
    site.place.put(f"{prefix}marker", b"")
    program.ok("create", "-n", name, "-c", "littered")
    assert not [key for key in site.backup(name) if "999999" in key or "marker" in key]
    program.ok("restore", "-n", name, "-s", "_clean")
    assert_same_rows(read_rows(site.milvus, "littered"), read_rows(site.milvus, "littered_clean"))


def test_a_dropped_partition_is_left_out(site, program, name):
    """Milvus goes on listing its segments until it collects them."""
    with site.milvus.client() as client:
        make_simple(client, "shrunk", 60)
        client.create_partition("shrunk", "gone")
        client.insert("shrunk", [{"id": 1000 + i, "s": "x", "vec": [0.5] * DIM} for i in range(40)], partition_name="gone")
        client.flush("shrunk")
        client.release_collection("shrunk")
        client.drop_partition("shrunk", "gone")
    program.ok("create", "-n", name, "-c", "shrunk")
    [collection] = site.meta(name)["collection_backups"]
    assert [partition["partition_name"] for partition in collection["partition_backups"]] == ["_default"]
    program.ok("restore", "-n", name, "-s", "_back")
    assert len(read_rows(site.milvus, "shrunk_back")) == 60


@pytest.mark.parametrize("site", ["s3"], indirect=True)
def test_directory_markers_are_no_obstacle(site, program, name):
    """A console that shows folders makes objects of no bytes whose keys end with a slash."""
    prefix = collection_prefix(site, "auto_id")
    program.ok("create", "-n", name, "-c", "auto_id")
    markers = ["backup/", f"backup/{name}/", f"backup/{name}/binlogs/", f"{prefix}"]
    for key in markers:
        site.place.put(key, b"")
    try:
        assert program.listed()[name]
        program.ok("create", "-n", f"{name}_2", "-c", "auto_id")
        program.ok("restore", "-n", name, "-s", "_marked")
        assert_same_rows(site.rows["default", "auto_id"], read_rows(site.milvus, "auto_id_marked"))
        program.ok("delete", "-n", name)
        assert site.place.keys(f"backup/{name}/") == {}
    finally:
        for key in markers:
            site.place.remove(key)


@pytest.mark.parametrize("site", ["s3"], indirect=True)
@pytest.mark.parametrize("root", ["slashes/", "/slashes", "//slashes//", "deep/er/root"])
def test_spellings_of_the_backup_root(site, program, name, root):
    program.configure(minio={"backupRootPath": root, "rootPath": f"/{site.milvus.root_path}/"})
    program.ok("create", "-n", name, "-c", "auto_id")
    assert f"{root.strip('/')}/{name}/meta/full_meta.json" in site.place.keys()
    assert program.listed()[name]
    program.ok("restore", "-n", name, "-s", "_spelled")
    assert_same_rows(site.rows["default", "auto_id"], read_rows(site.milvus, "auto_id_spelled"))
    program.ok("delete", "-n", name)


@pytest.mark.parametrize("site", ["s3"], indirect=True)
def test_an_empty_backup_root_is_the_top_of_the_bucket(site, program, name):
    program.configure(minio={"backupRootPath": "", "backupBucketName": "top-bucket"})
    program.ok("create", "-n", name, "-c", "auto_id")
    assert f"{name}/meta/full_meta.json" in site.milvus.store.keys("top-bucket")
    assert program.listed()[name]
    program.ok("restore", "-n", name, "-s", "_top")
    assert_same_rows(site.rows["default", "auto_id"], read_rows(site.milvus, "auto_id_top"))
    program.ok("delete", "-n", name)
    assert site.milvus.store.keys("top-bucket") == {}


@pytest.mark.parametrize("site", ["local"], indirect=True)
def test_a_backup_root_that_does_not_exist_yet(site, program, name, tmp_path):
    program.configure(minio={"backupRootPath": str(tmp_path / "not" / "yet")})
    program.ok("create", "-n", name, "-c", "auto_id")
    assert (tmp_path / "not" / "yet" / name / "meta" / "full_meta.json").is_file()
    program.ok("restore", "-n", name, "-s", "_outside")
    assert_same_rows(site.rows["default", "auto_id"], read_rows(site.milvus, "auto_id_outside"))
    assert [key for key in site.place.keys() if "restore-temp" in key] == []


@pytest.mark.parametrize("site", ["local"], indirect=True)
def test_other_things_below_the_backup_root_are_no_backups(site, program, tmp_path):
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "folder" / "file").write_text("not a backup")
    (root / "file").write_text("neither")
    program.configure(minio={"backupRootPath": str(root)})
    assert not any(program.listed().values())
