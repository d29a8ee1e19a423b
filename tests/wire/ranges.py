"""Answers to a request for bytes 2 to 6 that hold other bytes, which no reader may ever get."""

from wire.scripted import Answer

WRONG_PARTS = {
    "another": Answer(206, b"xxxxx", {"Content-Range": "bytes 0-4/10"}),
    "shorter": Answer(206, b"xxx", {"Content-Range": "bytes 2-4/10"}),
    "beyond all numbers": Answer(206, b"xxxxx", {"Content-Range": "bytes 9-6/99999999999999999999999"}),
    "not told": Answer(206, b"xxxxx"),
    "the whole": Answer(200, b"0123456789"),
}


def assert_no_wrong_part_is_read(drivers):
    """The store "a" is asked for one."""
    failed = drivers.call("get", store="a", key="k", offset=2, length=5)
    assert failed["status"] == "protocol" and failed["received"] == 0, failed
