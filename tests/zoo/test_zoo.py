"""What docs/servers.md tells of each server: the promises that it makes a driver break, and how backups travel through it."""

import pytest
from testbed.program import CORRUPT
from wire.journeys import BUCKET, INSIDE, OUT, Journey, make_many, make_of_ours, unpack_of_go
from wire.s3_servers import options

drivers = pytest.mark.parametrize("driver", ["minio", "s3"])
COPIES_PARTS = ("moto", "s3proxy", "garage", "ceph")
TELLS_WRONG_CHECKSUMS = ("moto",)


@pytest.fixture
def empty(server):
    """The server with nothing in its bucket, whatever the test before left there."""
    client = server.client()
    for key in server.keys(BUCKET):
        client.delete_object(Bucket=BUCKET, Key=key)
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
    makers = (unpack_of_go, make_of_ours, make_many)
    if empty.name in TELLS_WRONG_CHECKSUMS:
        makers = (unpack_of_go,)
    journey = Journey(empty, driver, tmp_path, makers)
    journey.run()
    if make_of_ours in makers:
        assert journey.copied_by_parts == (empty.name in COPIES_PARTS), journey.log()


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
