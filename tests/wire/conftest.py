import pytest

from wire.drivers import Drivers


@pytest.fixture
def drivers():
    process = Drivers()
    yield process
    process.close()
