"""Drivers that speak S3, each against every server that stands for its service here."""

import pytest

from wire.s3_servers import PAIRS, SERVERS, STRICT

BUCKET = "a-bucket"


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(pair) for pair in PAIRS])
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
        bad={"auth.secretAccessKey": "another-secret-key"},
        missing={"bucketName": "no-such-bucket"},
    )
    assert server.uploads(BUCKET) == []


def test_minio_that_wants_a_checksum_of_every_part(check):
    with SERVERS["checksums"]() as (server, options):
        server.make_bucket(BUCKET)
        quirks = ["versitygw", "checksums"]
        check.run("minio", quirks, {**options, "bucketName": BUCKET}, arguments=("--only", "multipart.*", "--only", "copy.*"))
        assert server.uploads(BUCKET) == []
