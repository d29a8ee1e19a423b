import pytest
from testbed.stores import VersityGw
from testbed.strict_proxy import StrictProxy

from wire.drivers import Drivers
from wire.transferring import BUCKET


@pytest.fixture
def drivers():
    process = Drivers()
    yield process
    process.close()


@pytest.fixture(scope="module")
def store():
    """A gateway with the bucket, unless the test's file has a store of its own."""
    with VersityGw() as store:
        store.make_bucket(BUCKET)
        yield store


@pytest.fixture
def behind(store):
    """A proxy before the store; its rules are set by the test."""
    with StrictProxy(store.port) as proxy:
        yield proxy


@pytest.fixture
def root(request):
    """A folder of the bucket that no other test uses."""
    return "".join(c if c.isalnum() else "_" for c in request.node.name)
