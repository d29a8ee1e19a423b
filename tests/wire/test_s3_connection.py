"""Connections of the S3 drivers: kept, cut, slow, given up, over TLS."""

import ssl
import time

import pytest

from testbed.tls import Certificates
from wire.s3 import KEYS, document, fault, listing, opened
from wire.scripted import Answer, Scripted


def test_one_connection_serves_many_requests(drivers):
    with Scripted(rule=lambda asked: Answer(headers={"ETag": '"x"'})) as server:
        opened(drivers, server)
        for _ in range(20):
            drivers.ok("put", store="a", key="k", data=b"1")
        assert server.connections == 1
        for _ in range(4):
            answers = drivers.ok("put", store="a", key="k", fill=100_000, threads=16)["answers"]
            assert {answer["status"] for answer in answers} == {"ok"}
        assert server.connections <= 16
        assert len(server.asked) == 20 + 64


def test_errors_do_not_cost_the_connection(drivers):
    with Scripted(rule=lambda asked: fault(404, "NoSuchKey")) as server:
        opened(drivers, server)
        for _ in range(5):
            drivers.fails("not_found", "get", store="a", key="k")
        assert server.connections == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_cut_bodies(drivers, chunked):
    answer = (
        Answer(200, pauses=[(0, b"01234")], cut_after=0, headers={"ETag": '"e"'})
        if chunked
        else Answer(200, b"0123456789", cut_after=5)
    )
    with Scripted(answer, Answer(headers={"Content-Length": 10, "ETag": '"e"'})) as server:
        opened(drivers, server)
        assert drivers.fails("unavailable", "get", store="a", key="k")["retryable"]
    assert len(server.asked) == (2 if chunked else 1)


def test_cut_error_and_listing(drivers):
    cut = listing("a", "b")
    cut.cut_after = 100
    error = fault(404, "NoSuchKey")
    error.cut_after = 30
    with Scripted(cut, error) as server:
        opened(drivers, server)
        assert drivers.fails("unavailable", "list", store="a")["retryable"]
        assert drivers.fails("unavailable", "get", store="a", key="k")["retryable"]


def test_nobody_there(drivers):
    with Scripted() as server:
        pass
    opened(drivers, server)
    error = drivers.fails("unavailable", "check", store="a")
    assert error["retryable"] and "check address and port" in error["message"]


def test_a_connection_that_breaks_during_a_put_is_ambiguous(drivers):
    with Scripted(Answer(200, b"", length=5, cut_after=0)) as server:
        opened(drivers, server)
        error = drivers.fails("unavailable", "put", store="a", key="k", data=b"1")
        assert error["ambiguous"] and error["retryable"]


def test_cancel_and_deadline(drivers):
    with Scripted(rule=lambda asked: Answer(wait=20)) as server:
        opened(drivers, server)
        answer = drivers.call("get", store="a", key="k", cancel_after_ms=300)
        assert answer["status"] == "cancelled" and answer["took_ms"] < 1300
        answer = drivers.call("get", store="a", key="k", timeout_ms=300)
        assert answer["status"] == "timeout" and answer["took_ms"] < 1300
        assert drivers.call("put", store="a", key="k", data=b"1", timeout_ms=300)["error"]["ambiguous"]


def test_silence_ends_after_the_idle_timeout_but_copies_may_take_longer(drivers):
    body = document("CopyObjectResult", ETag="&quot;e&quot;")
    with Scripted(Answer(wait=20), Answer(200, body, wait=2)) as server:
        opened(drivers, server, idleTimeout="1s")
        answer = drivers.call("get", store="a", key="k")
        assert answer["status"] == "timeout" and answer["error"]["retryable"] and answer["took_ms"] < 4000
        drivers.ok("copy", store="a", key="k", from_key="x", **{"from": "a"})


def test_a_reader_that_stops(drivers):
    with Scripted(Answer(200, b"x" * 1_000_000)) as server:
        opened(drivers, server)
        drivers.fails("callback", "get", store="a", key="k", refuse_after=1000)


def test_a_source_that_fails(drivers):
    with Scripted(rule=lambda asked: Answer(headers={"ETag": '"x"'})) as server:
        opened(drivers, server)
        drivers.fails("callback", "put", store="a", key="k", fill=1_000_000, step=1000, refuse_after=5000)
        drivers.fails("callback", "put", store="a", key="k", fill=10, refuse_after=0, unknown_size=True)


def test_keys_that_are_no_keys(drivers):
    with Scripted() as server:
        opened(drivers, server)
        for op in ("get", "put", "stat", "remove", "mpu_begin"):
            drivers.fails("invalid", op, store="a", key="", data=b"1")
        drivers.fails("invalid", "get", store="a", key="k" * 5000)
        drivers.fails("invalid", "list", store="a", token="nonsense")
        drivers.fails("invalid", "put", store="a", key="k", data=b"1", content_type="a/b\r\nX: 1")
        assert server.connections == 0


def test_dots_in_keys_stay(drivers):
    with Scripted(Answer(204)) as server:
        opened(drivers, server)
        drivers.ok("remove", store="a", key="a/../b/./c//d")
    assert server.asked[0].target == "/b/a/../b/./c//d"


def test_ipv6(drivers):
    try:
        server = Scripted(Answer(204), host="::1")
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with server:
        opened(drivers, server)
        drivers.ok("remove", store="a", key="k")
    assert server.asked[0].headers["host"] == f"[::1]:{server.port}"


def test_virtual_host_style(drivers):
    with Scripted(Answer(204)) as server:
        opened(drivers, server, address="s3.localhost", addressing="virtual")
        drivers.ok("remove", store="a", key="k")
    assert server.asked[0].headers["host"] == f"b.s3.localhost:{server.port}"
    assert server.asked[0].target == "/k"


def test_through_a_proxy(drivers):
    with Scripted(Answer(204)) as proxy:
        values = {"address": "minio.test", "port": 9000, "bucketName": "b", "region": "r", **KEYS}
        drivers.open("minio", {**values, "proxy": f"http://127.0.0.1:{proxy.port}"})
        assert drivers.call("remove", store="a", key="k")["status"] == "ok"
    assert proxy.asked[0].target == "http://minio.test:9000/b/k"


@pytest.mark.parametrize(
    "proxy",
    [
        "odd://joe:hunter2@127.0.0.1:1",
        "http://joe:hunter2@127.0.0.1:port",
        "joe:hunter2@127.0.0.1:port",
        "http://joe:hunter2@127.0.0.1:1",
        "http://joe:hunter2@no-such-host.invalid:1",
    ],
)
def test_the_password_of_a_proxy_is_in_no_message(drivers, proxy):
    with Scripted() as server:
        opened(drivers, server, proxy=proxy)
        message = drivers.fails("unavailable", "get", store="a", key="k")["message"]
        assert server.connections == 0
    assert "hunter2" not in message and "joe" not in message
    assert not any("hunter2" in line for line in drivers.log)


def test_bandwidth_and_requests_have_ceilings(drivers):
    with Scripted(rule=lambda asked: Answer(200, b"x" * 200_000)) as server:
        opened(drivers, server, maxBandwidth="400000")
        answers = drivers.ok("get", store="a", key="k", threads=3)["answers"]
        assert max(answer["took_ms"] for answer in answers) >= 1000  # 600,000 bytes, a tenth of a second's at once
        opened(drivers, server, store="calm", maxRequests=10)
        begun = time.monotonic()
        for _ in range(11):
            drivers.ok("get", store="calm", key="k")
        assert time.monotonic() - begun >= 0.85


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls"))


def server_context(certificates, client=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server.certificate, certificates.server.key)
    if client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # with 1.3 the refusal may get lost in a reset
        context.load_verify_locations(certificates.authority.certificate)
    return context


def test_own_authority(drivers, certificates):
    with Scripted(rule=lambda asked: Answer(204), tls=server_context(certificates)) as server:
        opened(drivers, server, useSSL=True, caFile=certificates.authority.certificate)
        drivers.ok("remove", store="a", key="k")
        drivers.ok("remove", store="a", key="k")
        assert server.connections == 1
        opened(drivers, server, store="untrusting", useSSL=True)
        error = drivers.fails("config", "remove", store="untrusting", key="k")
        assert "caFile" in error["message"] and "skipVerify" in error["message"] and not error["retryable"]
        opened(drivers, server, store="careless", useSSL=True, skipVerify=True)
        drivers.ok("remove", store="careless", key="k")
        opened(drivers, server, store="nofile", useSSL=True, caFile="/nonexistent/ca.pem")
        assert "caFile '/nonexistent/ca.pem'" in drivers.fails("config", "remove", store="nofile", key="k")["message"]
    assert any("skipVerify" in line for line in drivers.log)


def test_client_certificate(drivers, certificates):
    with Scripted(rule=lambda asked: Answer(204), tls=server_context(certificates, client=True)) as server:
        trusted = {"useSSL": True, "caFile": certificates.authority.certificate}
        shown = {"clientCert": certificates.client.certificate, "clientKey": certificates.client.key}
        opened(drivers, server, **trusted, **shown)
        drivers.ok("remove", store="a", key="k")
        opened(drivers, server, store="without", **trusted)
        assert "clientCert" in drivers.fails("config", "remove", store="without", key="k")["message"]


def test_tls_and_plain_mixed_up(drivers):
    with Scripted(rule=lambda asked: Answer(204)) as plain:
        opened(drivers, plain, useSSL=True)
        error = drivers.fails("config", "remove", store="a", key="k")
        assert "useSSL" in error["message"]
