"""A whole transfer through a server that cannot copy parts; scripts/zoo has the others."""

import pytest
from testbed.stores import GoFakeS3

from wire.journeys import BUCKET, Journey


@pytest.mark.parametrize("driver", ["minio", "s3"])
def test_backups_come_back_as_they_were(driver, tmp_path):
    with GoFakeS3() as server:
        server.make_bucket(BUCKET)
        journey = Journey(server, driver, tmp_path)
        journey.run()
        assert journey.declined_parts()
        assert server.uploads(BUCKET) == []
