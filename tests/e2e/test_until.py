"""A restore as of a point in time: what was written later stays out, deletes too."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from testbed.data import make_simple, some_rows
from testbed.program import Program
from testbed.rows import assert_same_rows, read_rows

BACKUP, SOURCE, TARGET = "of_moments", "moments", "moments_then"
APART = 0.05  # seconds, between what is written and a point in time: far more than its millisecond


def tell(moment):
    """Waits a little, so that what follows is later beyond doubt."""
    time.sleep(APART)
    now = datetime.now(moment)
    time.sleep(APART)
    return now


@pytest.fixture(scope="module")
def history(site, tmp_path_factory):
    """Points in time and the rows that there were; all of it is backed up as BACKUP."""
    zone = timezone(timedelta(hours=5, minutes=30))
    states = [(tell(UTC), [])]
    with site.milvus.client() as client:
        make_simple(client, SOURCE, 300)
        client.delete(SOURCE, ids=list(range(10)))
        client.flush(SOURCE)
        states.append((tell(zone), read_rows(site.milvus, SOURCE)))
        client.insert(SOURCE, some_rows(300, 400))
        client.delete(SOURCE, ids=list(range(10, 20)) + [350])
        client.flush(SOURCE)
        states.append((tell(UTC), read_rows(site.milvus, SOURCE)))
    Program(tmp_path_factory.mktemp("moments"), site.config).ok("create", "-n", BACKUP, "-c", SOURCE)
    yield states
    site.drop({("default", SOURCE)})
    site.remove_backup(BACKUP)


def restore(program, moment):
    renamed = f"{SOURCE}:{TARGET}"
    until = moment.isoformat(timespec="milliseconds")
    return program.ok("restore", "-n", BACKUP, "-r", renamed, "--until", until, "--json").json()


@pytest.mark.parametrize("index", [1, 2])
def test_rows_are_those_of_that_moment(site, program, history, index):
    moment, rows = history[index]
    result = restore(program, moment)
    assert_same_rows(rows, read_rows(site.milvus, TARGET))
    assert result["warnings"] == []
    assert result["collections"][0]["rows"] == len(rows)


def test_before_all_rows_there_is_an_empty_collection_and_a_warning(site, program, history):
    moment, rows = history[0]
    result = restore(program, moment)
    assert_same_rows(rows, read_rows(site.milvus, TARGET))
    [warning] = result["warnings"]
    assert f"default.{TARGET} is empty" in warning
