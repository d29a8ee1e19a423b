"""Answers to the gcpnative driver without what the protocol promises, and answers that are not the service's."""

import json
import re

import pytest

from wire.clouds import as_json
from wire.scripted import Answer, Scripted

PAGE = b"<!DOCTYPE html>\n<html><body>Hello</body></html>"
HTML = {"Content-Type": "text/html"}
ONE = {"store": "a", "key": "k"}


def opened(drivers, port):
    where = {"address": "127.0.0.1", "port": port, "useSSL": False, "bucketName": "b", "auth.type": "none"}
    assert drivers.open("gcpnative", where)["status"] == "ok"
    return drivers


def described(size, generation="17"):
    return as_json(200, name="k", size=str(size), generation=generation)


def test_get_of_an_object_whose_size_the_answer_does_not_tell(drivers):
    def unsized(body):
        return Answer(200, body, {"Content-Length": None, "X-Goog-Generation": "17"}, close=True)

    replaced = described(5, generation="18")
    with Scripted(unsized(b"01234"), described(5), unsized(b"012"), described(5), unsized(b"01234"), replaced) as server:
        opened(drivers, server.port)
        got = drivers.ok("get", **ONE)
        assert got["data"] == b"01234" and got["size"] == 5
        assert drivers.fails("unavailable", "get", **ONE)["retryable"]
        assert drivers.fails("unavailable", "get", **ONE)["retryable"]


@pytest.mark.parametrize(
    "status, body, wanted, says",
    [
        (413, PAGE, "unsupported", "413 Request Entity Too Large; .*limits the size of a request"),
        (404, PAGE, "config", "not how Google Cloud Storage says it: check address and port"),
        (404, b'{"detail": "Not Found"}', "config", "not how Google Cloud Storage says it"),
        (405, b"", "unsupported", "405 Method Not Allowed; .*not Google Cloud Storage"),
        (403, PAGE, "forbidden", "a proxy or firewall gave it"),
        (503, PAGE, "unavailable", "503 Slow Down; .*got no answer from it"),
        (400, b"<html>The plain HTTP request was sent to HTTPS port", "config", "set useSSL to true"),
    ],
)
def test_statuses_without_an_error_say_who_sent_them(drivers, status, body, wanted, says):
    with Scripted(rule=lambda asked: Answer(status, body, {"Server": "nginx", **HTML})) as server:
        opened(drivers, server.port)
        for operation in ({"op": "put", "data": b"1"}, {"op": "get"}, {"op": "remove"}):
            error = drivers.fails(wanted, **operation, **ONE)
            assert re.search(says, error["message"]), error["message"]
            assert "Storage Object Admin" not in error["message"]


@pytest.mark.parametrize("status", [302, 308])
def test_a_redirect_says_what_to_set(drivers, status):
    with Scripted() as server:
        server.rule = lambda asked: Answer(status, PAGE, {"Location": f"http://other.example:{server.port}/x?sig=SECRET"})
        opened(drivers, server.port)
        message = drivers.fails("config", "put", **ONE, data=b"1")["message"]
    assert "set address to 'other.example'" in message and "SECRET" not in message


@pytest.mark.parametrize("op", ["put", "get", "stat", "remove", "list", "check", "create_bucket", "mpu_begin", "mpu_list"])
def test_a_web_page_is_no_success(drivers, op):
    arguments = {"list": {}, "check": {}, "create_bucket": {}, "mpu_list": {"prefix": "k"}}.get(op, {"key": "k"})
    with Scripted(rule=lambda asked: Answer(200, PAGE, HTML)) as server:
        answer = opened(drivers, server.port).call(op, store="a", **arguments, **({"data": b"1"} if op == "put" else {}))
    assert answer["status"] == "protocol", answer
    assert answer.get("received", 0) == 0


@pytest.mark.parametrize("op", ["list", "check", "mpu_list"])
def test_an_answer_of_something_else_is_no_empty_listing(drivers, op):
    healthy = as_json(200, health="ok")
    arguments = {"prefix": "k"} if op == "mpu_list" else {}
    with Scripted(healthy, as_json(200, kind="storage#objects")) as server:
        opened(drivers, server.port)
        assert "check address and port" in drivers.fails("protocol", op, store="a", **arguments)["message"]
        assert drivers.call(op, store="a", **arguments)["status"] in ("ok", "end")
    assert all("kind" in asked.query["fields"].split(",") for asked in server.asked)


def refusal(status, reason, message="no"):
    return Answer(status, json.dumps({"error": {"message": message, "errors": [{"reason": reason}]}}).encode())


def test_damage_on_the_way_may_be_tried_again(drivers):
    with Scripted(refusal(400, "invalid", "Provided CRC32C \"x\" doesn't match calculated CRC32C \"y\".")) as server:
        opened(drivers, server.port)
        assert drivers.fails("corrupt", "put", **ONE, data=b"1")["retryable"]


@pytest.mark.parametrize("answer", [refusal(400, "invalid"), refusal(412, "conditionNotMet"), refusal(409, "conflict")])
def test_a_copy_that_is_declined_is_for_the_host_to_stream(drivers, answer):
    copy = {**ONE, "from_key": "from", "from": "a"}
    with Scripted(rule=lambda asked: answer) as server:
        opened(drivers, server.port)
        drivers.fails("unsupported", "copy", **copy)
        drivers.fails("exists" if answer.status != 400 else "unsupported", "copy", **copy, if_absent=True)
