"""One server of the zoo for all tests: --server NAME (may be repeated; default: every one)."""

import pytest
from conformance.conftest import check  # noqa: F401 (a fixture)
from testbed.zoo import ZOO
from wire.journeys import BUCKET


def pytest_addoption(parser):
    parser.addoption("--server", action="append", choices=ZOO, help="only this server (may be repeated)")


def pytest_generate_tests(metafunc):
    if "server" in metafunc.fixturenames:
        names = metafunc.config.getoption("server") or ZOO
        metafunc.parametrize("server", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(request):
    with ZOO[request.param]() as server:
        server.name = request.param
        server.make_bucket(BUCKET)
        yield server
