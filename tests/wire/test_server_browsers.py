"""Requests that another website makes somebody's browser send: they reach the loopback address, and are refused."""

import socket

import pytest
from testbed.backup_server import BackupServer
from testbed.program import Program
from testbed.credentials import bearer

from wire.guarded import READ, ask, start

CREATE, HELLO = "/api/v1/create", "/api/v1/hello"
EVIL = {"Origin": "http://evil.example"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Without credentials: everybody on this machine may call."""
    store = tmp_path_factory.mktemp("store")
    config = {"minio": {"storageType": "local", "rootPath": str(store), "backupRootPath": str(store / "backup")}}
    with BackupServer(Program(tmp_path_factory.mktemp("server"), config)) as server:
        yield server


def with_host(server, host, target="/", version="1.1"):
    """The status of a GET with that Host, or without any."""
    line = b"" if host is None else f"Host: {host}\r\n".encode()
    with socket.create_connection((server.host, server.port), timeout=30) as connection:
        connection.sendall(f"GET {target} HTTP/{version}\r\n".encode() + line + b"Connection: close\r\n\r\n")
        reply = b"".join(iter(lambda: connection.recv(4096), b""))
    return int(reply.split()[1])


@pytest.mark.parametrize(
    "headers",
    [
        EVIL,
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://evil.example"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_a_page_of_another_site_changes_nothing(server, method, headers):
    answer = ask(server, method, CREATE, body=b"{}", headers={"Content-Type": "text/plain", **headers})
    assert (answer.status, answer.code) == (403, 2)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_our_own_page_and_programs_may(server):
    for headers in ({}, {"Origin": server.url}, {"Sec-Fetch-Site": "same-origin", "Origin": "https://outside.example"}):
        assert ask(server, "POST", CREATE, body=b"no json", headers=headers).status != 403
    assert ask(server, "GET", HELLO, headers=EVIL).status == 200  # a link


def test_a_name_that_leads_here_is_not_enough(server):
    assert with_host(server, "evil.example") == 403
    assert with_host(server, f"evil.example:{server.port}", HELLO) == 403
    assert with_host(server, f"localhost:{server.port}", HELLO) == 200
    assert with_host(server, f"127.0.0.1:{server.port}", HELLO) == 200
    assert with_host(server, None, HELLO, "1.0") == 200  # a probe of a balancer


def test_with_credentials_it_has_any_name(tmp_path):
    with start(tmp_path, tmp_path / "store") as server:
        assert with_host(server, "backup.example", HELLO) == 200
        assert ask(server, "POST", CREATE, [bearer(READ)], {}, headers=EVIL).status == 403
