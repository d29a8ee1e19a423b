"""Milvus servers that are set up otherwise: passwords, TLS, an older release."""

import pytest
from testbed import Milvus
from testbed.data import make_simple
from testbed.program import Program
from testbed.rows import assert_same_rows, read_rows
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
        round_trip(milvus, tmp_path)
