"""Milvus servers that are set up otherwise: passwords, TLS, an older release."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy
import pytest
from testbed import Milvus
from testbed.data import DELETED, make_collections, make_simple, some_rows
from testbed.format import check_backup
from testbed.program import Program
from testbed.rows import assert_same_rows, describe, describe_indexes, read_collections, read_rows
from testbed.tls import Certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


def round_trip(milvus, folder):
    """Backs up and restores one collection; gives the program for more."""
    with milvus.client() as client:
        make_simple(client, "coll", 100)
    program = Program(folder, milvus.config())
    program.ok("create", "-n", "trip", "-c", "coll")
    program.ok("restore", "-n", "trip", "-c", "coll", "-s", "_bak", "--restore_index")
    assert_same_rows(read_rows(milvus, "coll"), read_rows(milvus, "coll_bak"))
    return program


def test_password(tmp_path):
    with Milvus(authorization=True) as milvus:
        program = round_trip(milvus, tmp_path)
        program.configure(milvus={"password": "wrong-password"})
        result = program.fails("create", "-n", "denied", "-c", "coll")
        assert "milvus.user" in result.err or "milvus.password" in result.err
        assert "wrong-password" not in result.err + program.log()


def test_tls(tmp_path, certificates):
    with Milvus(tls=certificates) as milvus:
        program = round_trip(milvus, tmp_path)
        for wrong in ({"caCertPath": ""}, {"tlsMode": 0}, {"serverName": "another-host"}):
            program.configure(milvus=wrong)
            result = program.fails("create", "-n", "denied", "-c", "coll")
            assert "milvus." in result.err, (wrong, result)


def test_mutual_tls(tmp_path, certificates):
    with Milvus(tls=certificates, mutual=True, authorization=True) as milvus:
        program = round_trip(milvus, tmp_path)
        program.configure(milvus={"tlsMode": 1})
        program.fails("create", "-n", "denied", "-c", "coll")


def test_older_milvus(tmp_path):
    with Milvus("2.2.16") as milvus:
        program = round_trip(milvus, tmp_path)
        assert check_backup(Path(milvus.root_path) / "backup" / "trip") == []
        rows = read_rows(milvus, "coll")
        time.sleep(0.1)
        then = datetime.now(UTC).isoformat(timespec="milliseconds")
        time.sleep(0.1)
        with milvus.client() as client:
            client.insert("coll", some_rows(100, 120))
        program.ok("create", "-n", "later", "-c", "coll", "--backup_index_extra")
        full = json.loads((Path(milvus.root_path) / "backup" / "later" / "meta" / "full_meta.json").read_text())
        assert all("field_id" in index for index in full["collection_backups"][0]["index_infos"])
        program.ok("restore", "-n", "later", "-r", "coll:before", "--until", then)
        assert_same_rows(rows, read_rows(milvus, "before"))


def test_from_an_older_milvus_to_a_newer_one(tmp_path):
    """Every kind of collection, through a backup that lies outside of both."""
    backups = {"backupRootPath": str(tmp_path / "backups")}
    with Milvus("2.2.16") as old:
        collections = make_collections(old)
        rows = read_collections(old, collections)
        shapes = shapes_of(old, collections)
        program = Program(tmp_path / "old", old.config())
        program.configure(minio=backups)
        warnings = program.ok("create", "-n", "moves", "--json").json()["warnings"]
    with Milvus() as new:
        program = Program(tmp_path / "new", new.config())
        program.configure(minio=backups)
        program.ok("restore", "-n", "moves", "--restore_index")
        restored = read_collections(new, collections)
        assert shapes_of(new, collections) == shapes
    assert any("deleted lately" in warning for warning in warnings), warnings
    for at, found in restored.items():
        deleted = sum(DELETED, []) if at == ("default", "partitions") else []  # the warning is about them
        found = [row for row in found if row["id"] not in deleted]
        vectors = {row["id"]: row.pop("vec") for row in found}  # which a 2.2 does not tell
        assert_same_rows(rows[at], found, ".".join(at))
        if at[1] in ("all_types", "partitions"):
            assert vectors == {key: floats(key) for key in vectors}


def floats(key):
    [row] = some_rows(key, key + 1)
    return [float(numpy.float32(number)) for number in row["vec"]]


def shapes_of(milvus, collections):
    return {
        (database, name): (describe(milvus, name, database), describe_indexes(milvus, name, database))
        for database, name in collections
    }
