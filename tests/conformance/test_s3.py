"""Drivers that speak S3, each against every server that stands for its service here."""

import pytest

from wire.s3_servers import PAIRS, SERVERS, STRICT

BUCKET = "a-bucket"
HERE = [*PAIRS, ("gofakes3", "minio"), ("gofakes3", "s3")]


@pytest.fixture(scope="module", params=HERE, ids=["-".join(pair) for pair in HERE])
def place(request):
    make, driver = request.param
    with SERVERS[make]() as (server, options):
        server.make_bucket(BUCKET)
        yield make, driver, server, {**options, "bucketName": BUCKET}


def test_s3(check, place):
    make, driver, server, options = place
    check.run(
        driver,
        ["versitygw", "strict"] if make in STRICT else [make],
        options,
        bad={"auth.secretAccessKey": "another-secret-key"} if server.checks_credentials else None,
        missing={"bucketName": "no-such-bucket"},
    )
    assert server.uploads(BUCKET) == []


NARROW = {
    "checksums": ("multipart.*", "uploads.*"),  # MinIO that wants a checksum with every part
    "older": ("objects.*", "ranges.*", "multipart.*", "remove.*"),  # answers without a length; Content-MD5 wanted
}


@pytest.mark.parametrize("make", NARROW)
def test_s3_behind_the_strict_proxy(check, make):
    only = [word for pattern in NARROW[make] for word in ("--only", pattern)]
    with SERVERS[make]() as (server, options):
        server.make_bucket(BUCKET)
        check.run("minio", ["versitygw", make], {**options, "bucketName": BUCKET}, arguments=only)
        assert server.uploads(BUCKET) == []
