"""What restore does when what was chosen matches nothing: no success without a word."""

import pytest
from testbed.program import NOT_FOUND

from wire.restoring import Server, backup, data, restore


@pytest.fixture
def server(backup):
    backup.partition(10, "_default").segment(20).write()
    with Server("2.3.5") as running:
        yield running


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--filter", "nothing"], "default.nothing"),
        (["--filter", "c", "-s", "_x"], "default.c would have matched before: it becomes default.c_x"),
        (["--filter", "c", "-r", "c:d"], "default.c would have matched before: it becomes default.d"),
        (["--filter", "nowhere.*"], "nowhere.*"),
        (["-c", "d"], "default.d"),
        (["-d", "nowhere"], "nowhere"),
        (["-a", '{"nowhere": []}'], "nowhere"),
        (["-r", "d:e"], "--rename"),
        (["--filter", "nothing", "--quiet"], "default.nothing"),
    ],
)
def test_nothing_is_no_success(server, restore, arguments, named):
    result = restore(server, *arguments, ok=False, code=NOT_FOUND)
    assert named in result.err and server.collections == {} and server.imports == []


def test_nothing_is_no_success_for_machines(server, restore):
    error = restore(server, "--filter", "nothing", "--json", ok=False, code=NOT_FOUND).json()["error"]
    assert "default.nothing" in error["message"] and error["exit_code"] == NOT_FOUND


@pytest.mark.parametrize(
    ("arguments", "warned", "made"),
    [
        (["--filter", "c_x,d_x", "-s", "_x"], "filter default.d_x", "c_x"),
        (["--filter", "d,d.*", "-r", "c:d"], "filter d.*", "d"),
    ],
)
def test_a_part_that_matches_nothing_is_told(server, restore, arguments, warned, made):
    result = restore(server, *arguments, "--json")
    [warning] = result.json()["warnings"]
    assert warned in warning and f"warning: {warning}" in result.err
    assert list(server.collections) == [made]


def test_an_empty_backup_is_told(backup, restore):
    backup.full["collection_backups"] = []
    backup.write()
    with Server("2.3.5") as server:
        result = restore(server)
    assert "warning: backup b holds no collections" in result.err
