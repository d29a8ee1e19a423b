"""Real Milvus servers for the whole session, and the built program with a configuration for them."""

import pytest
from testbed import Milvus, VersityGw
from testbed.program import Program
from testbed.site import Site


def pytest_addoption(parser):
    parser.addoption("--site", choices=["s3", "local"], help="half of the tests: those on S3, or all others")


def pytest_collection_modifyitems(config, items):
    """The halves may run beside each other: each has servers of its own."""
    half = config.getoption("--site")
    if half is None:
        return
    on_s3 = [item for item in items if on_site(item) == "s3"]
    others = [item for item in items if on_site(item) != "s3"]
    items[:], deselected = (on_s3, others) if half == "s3" else (others, on_s3)
    config.hook.pytest_deselected(items=deselected)


def on_site(item):
    return item.callspec.params.get("site") if hasattr(item, "callspec") else None


@pytest.fixture(scope="session")
def local_site():
    with Milvus() as milvus:
        yield Site(milvus)


@pytest.fixture(scope="session")
def s3_site():
    with VersityGw() as store, Milvus(storage=store) as milvus:
        yield Site(milvus)


@pytest.fixture(scope="session", params=["local", "s3"])
def site(request):
    """Every test that asks for it runs twice; `parametrize("site", ["s3"], indirect=True)` makes it once."""
    return request.getfixturevalue(f"{request.param}_site")


@pytest.fixture
def program(site, tmp_path):
    """The program in a folder of its own. What the test leaves in Milvus is dropped."""
    before = site.collections()
    yield Program(tmp_path, site.config)
    site.drop(site.collections() - before)


@pytest.fixture
def name(request):
    """A backup name that no other test uses."""
    return "".join(c if c.isalnum() else "_" for c in f"b_{request.node.name}")[:100]
