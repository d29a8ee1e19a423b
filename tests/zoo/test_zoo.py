"""What docs/servers.md tells of each server: the promises that it makes a driver break, and how backups travel through it."""

import pytest
from testbed.program import CORRUPT, FAILURE
from wire.journeys import BUCKET, INSIDE, OUT, Journey, make_many, make_of_ours, unpack_of_go
from wire.s3_servers import options

drivers = pytest.mark.parametrize("driver", ["minio", "s3"])
DECLINES_COPIED_PARTS = ("gofakes3",)
TELLS_WRONG_CHECKSUMS = ("moto",)
ENCODES_TOKENS = ("s3proxy",)  # so that a listing goes wrong where a page ends with a key that has a blank


def clear(server):
    """Removes every object, with no listing of more than one page."""
    client = server.client()
    while page := client.list_objects_v2(Bucket=BUCKET).get("Contents"):
        for item in page:
            client.delete_object(Bucket=BUCKET, Key=item["Key"])


@pytest.fixture
def empty(server):
    """The server with nothing in its bucket, whatever the test before left there."""
    clear(server)
    return server


@drivers
def test_conformance(check, server, driver):
    changes = {"region": server.region, "bucketName": BUCKET}
    check.run(
        driver,
        [server.name],
        {**options(server, server.address, server.port), **changes},
        bad={"auth.secretAccessKey": "another-secret-key"} if server.checks_credentials else None,
        missing={"bucketName": "no-such-bucket"},
    )


@drivers
def test_backups_come_back_as_they_were(empty, driver, tmp_path):
    makers = [unpack_of_go]
    if empty.name not in TELLS_WRONG_CHECKSUMS:
        makers.append(make_of_ours)
    if empty.name not in ENCODES_TOKENS:
        makers.append(make_many)
    journey = Journey(empty, driver, tmp_path, makers)
    journey.run()
    if make_of_ours in makers:
        assert journey.declined_parts() == (empty.name in DECLINES_COPIED_PARTS)


@drivers
def test_a_wrong_checksum_of_a_copy_is_no_success(empty, driver, tmp_path):
    """Streaming is the way out."""
    if empty.name not in TELLS_WRONG_CHECKSUMS:
        pytest.skip("it tells right checksums of copies, or none")
    journey = Journey(empty, driver, tmp_path, (make_of_ours, make_many))
    name = journey.names[0]
    journey.move(name, journey.local(journey.home), journey.bucket(OUT))
    to = journey.other(journey.bucket(INSIDE))
    program = journey.program(journey.bucket(OUT))
    assert "CRC32C" in program.fails("transfer", "-n", name, "--to", to, code=CORRUPT).err
    for root in (INSIDE, OUT):
        journey.program(journey.bucket(root)).ok("delete", "-n", name)
    journey.run(mode="streaming")


@drivers
def test_a_listing_that_tells_wrong_tokens_is_no_success(empty, driver, tmp_path):
    """A root path without odd letters is the way out."""
    if empty.name not in ENCODES_TOKENS:
        pytest.skip("it tells tokens as they are to be sent back")
    journey = Journey(empty, driver, tmp_path, [make_many])
    journey.move("many", journey.local(journey.home), journey.bucket(OUT))
    to = journey.other(journey.bucket(INSIDE))
    result = journey.program(journey.bucket(OUT)).fails("transfer", "-n", "many", "--to", to, code=FAILURE)
    assert "is not complete" in result.err
    clear(empty)
    Journey(empty, driver, tmp_path / "plain", [make_many], roots=("out", "inside")).run()
