"""The server's door for HTTP, over raw sockets where a client's library would be too polite."""

import contextlib
import random
import resource
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from testbed.backup_server import BackupServer
from testbed.ports import free_port
from testbed.program import USAGE, Program
from testbed.server import wait_until
from testbed.soak import soak_rounds
from testbed.tls import Certificates

HELLO = "Hello, This is backup service"
MIB = 1 << 20
LIMIT = 1  # MiB, of a body


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    storage = {"storageType": "local", "rootPath": str(folder), "backupRootPath": str(folder / "backup")}
    return {"minio": storage, "server": {"bodyLimitMiB": LIMIT, "requestTimeout": 2, "connections": 1200}}


@pytest.fixture(scope="module")
def server(config, tmp_path_factory):
    with BackupServer(Program(tmp_path_factory.mktemp("server"), config)) as server:
        yield server


@pytest.fixture
def program(config, tmp_path):
    return Program(tmp_path, config)


class Wire:
    """A connection on which bytes are sent as they are."""

    def __init__(self, server):
        self.socket = socket.create_connection((server.host, server.port), timeout=20)
        self.rest = b""

    def say(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())
        return self

    def hear(self, method="GET"):
        """Status line, headers and body of one answer; or None when the connection ended instead."""
        while b"\r\n\r\n" not in self.rest:
            if not self._more():
                return None
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = 0 if method == "HEAD" else int(headers.get("Content-Length", 0))
        while len(self.rest) < length and self._more():
            pass
        body, self.rest = self.rest[:length], self.rest[length:]
        return int(status.split()[1]), headers, body.decode()

    def _more(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            return False
        self.rest += data
        return data != b""

    def is_over(self):
        return not self._more()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def asked(server, line, headers=(), body=""):
    """The answer to one request given by its line, with headers of its own."""
    with Wire(server) as wire:
        wire.say("\r\n".join([f"{line} HTTP/1.1", f"Host: {server.host}:{server.port}", *headers, "", body]))
        return wire.hear(line.split()[0])


# ------------------------------------------------------------------ what is where


@pytest.mark.parametrize("method", "GET POST PUT PATCH HEAD OPTIONS DELETE CONNECT TRACE".split())
def test_every_method_finds_the_greeting(server, method):
    status, headers, body = asked(server, f"{method} /?a=b")
    assert (status, body) == (200, "" if method in ("HEAD", "CONNECT") else HELLO)
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers.keys() <= {"Content-Type", "Content-Length", "Date", "Connection"}


@pytest.mark.parametrize(
    "line",
    [
        *("FOO /", "GET /unknown", "GET /api/v1", "GET /api/v1/", "GET /api/v1//hello", "GET /API/V1/HELLO"),
        *("GET /api/v1/hello/x", "POST /api/v1/hello", "HEAD /api/v1/hello", "OPTIONS /api/v1/hello", "POST /api/v1/hello/"),
        *("GET /api/v1/../v1/hello", "PUT /console/main.js", "GET /console/", "GET /debug/pprof/", "HEAD /api/v1/docs/index.html"),
    ],
)
def test_everything_else_is_not_found(server, line):
    status, headers, body = asked(server, line)
    assert (status, headers["Content-Type"]) == (404, "text/plain")
    assert body == ("" if line.startswith("HEAD") else "404 page not found")


def test_a_slash_at_the_end_leads_to_the_route(server):
    status, headers, body = asked(server, "GET /api/v1/hello/?a=%20b&c=<\"")
    assert (status, headers["Location"]) == (301, "/api/v1/hello?a=%20b&c=<\"")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert body == '<a href="/api/v1/hello?a=%20b&amp;c=&lt;&#34;">Moved Permanently</a>.\n\n'


@pytest.mark.parametrize("target", ["/api%2Fv1/hello", "/api/v1/hell%6f?x=%zz;&=", "http://some.where/api/v1/hello"])
def test_targets_are_decoded(server, target):
    assert asked(server, f"GET {target}")[2] == HELLO


@pytest.mark.parametrize("target", ["/api/v1/hello%zz", "/%", "/%00", "hello", "*", "/a b", "ftp://x/"])
def test_targets_that_cannot_be_read(server, target):
    status, headers, body = asked(server, f"GET {target}")
    assert (status, body, headers["Connection"]) == (400, "400 Bad Request", "close")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


def test_a_browser_gets_the_console(server):
    status, headers, body = asked(server, "GET /", ["Accept: text/html,application/xhtml+xml"])
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "<html" in body
    assert asked(server, "GET /console/main.js")[1]["X-Content-Type-Options"] == "nosniff"
    assert asked(server, "POST /", ["Accept: text/html"])[2] == HELLO


def test_no_other_site_is_let_in_or_served(server):
    headers = ["Origin: http://evil.example"]
    assert asked(server, "POST /api/v1/create", headers)[0] == 403
    assert asked(server, "DELETE /api/v1/delete?backup_name=x", ["Sec-Fetch-Site: cross-site"])[0] == 403
    status, sent, _ = asked(server, "GET /api/v1/hello", headers)
    assert status == 200
    assert not [name for name in sent if name.startswith("Access-Control")]
    assert asked(server, "OPTIONS /api/v1/create", [*headers, "Access-Control-Request-Method: POST"])[0] == 404
    with Wire(server) as wire:
        assert wire.say("GET /api/v1/hello HTTP/1.1\r\nHost: evil.example\r\n\r\n").hear()[0] == 403


# --------------------------------------------------------------------- its sizes


def test_long_targets_and_headers_are_fine(server):
    long = "x" * 100_000
    assert asked(server, f"GET /api/v1/hello?a={long}")[2] == HELLO
    assert asked(server, "GET /api/v1/hello", [f"X-Long: {long}"])[2] == HELLO
    assert asked(server, f"GET /{long}")[0] == 404


@pytest.mark.parametrize("headers", [["X-Long: " + "x" * 1_200_000], [f"X-{i}: y" for i in range(100_000)]])
def test_headers_beyond_a_mib_are_too_large(server, headers):
    with Wire(server) as wire:
        with contextlib.suppress(OSError):
            wire.say("\r\n".join(["GET /api/v1/hello HTTP/1.1", "Host: localhost", *headers, "", ""]))
        assert wire.hear()[0] == 431
    assert server.get("hello").status == 200


def test_a_body_beyond_the_limit_is_refused_while_it_is_sent(server):
    with Wire(server) as wire:
        wire.say(f"POST /api/v1/create HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LIMIT * MIB + 1}\r\n\r\nbegin")
        status, headers, body = wire.hear()
        assert (status, headers["Connection"]) == (413, "close")
        assert "server.bodyLimitMiB" in body
    status, *_ = asked(server, "POST /api/v1/create", ["Content-Length: 99999999999999", "Expect: 100-continue"])
    assert status == 413


def test_a_client_that_sends_it_all_hears_why_not(server):
    for size in (2 * MIB, 20 * MIB):
        assert server.post("create", b"x" * size).status == 413


def chunked(server, size):
    wire = Wire(server).say("POST /api/v1/unknown HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(size // 65536):
        wire.say(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    return wire


def test_bodies_in_chunks_have_the_same_limit(server):
    with chunked(server, LIMIT * MIB) as wire:
        assert wire.say("0\r\n\r\n").hear()[0] == 404
    with chunked(server, LIMIT * MIB + 65536) as wire:
        assert wire.say("0\r\n\r\n").hear()[0] == 413


def test_an_endless_body_is_cut_off(server):
    with pytest.raises(OSError):
        chunked(server, 64 * MIB)
    assert server.get("hello").status == 200


# ---------------------------------------------------------------- what is malformed


@pytest.mark.parametrize(
    "head",
    [
        "GET /api/v1/hello HTTP/1.1\r\n",
        "GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: one\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length : 3\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(server, head):
    with Wire(server) as wire:
        assert wire.say(head + "\r\n").hear()[0] == 400
        assert wire.is_over()


def test_garbage_harms_nobody(server):
    source = random.Random(20)
    words = [b"GET ", b"POST /", b" HTTP/1.1\r\n", b"Host: x\r\n", b"\r\n", b"%", b"\0", b"\xff", b"Content-Length: 5\r\n", b"0\r\n"]
    for _ in range(soak_rounds(60, 20000)):
        with Wire(server) as wire, contextlib.suppress(OSError):
            parts = [source.choice([source.choice(words), source.randbytes(source.randrange(20))]) for _ in range(12)]
            wire.say(b"".join(parts))
            if source.random() < 0.5:
                wire.socket.shutdown(socket.SHUT_WR)
                wire.hear()
    assert server.get("hello").text == HELLO


# ------------------------------------------------------------------ slow and many


def drip(wire, text):
    """Sends a byte every now and then until the other side has had enough; gives the seconds that took."""
    begun = time.monotonic()
    with contextlib.suppress(OSError):
        for at in range(len(text)):
            wire.say(text[at : at + 1])
            wire.socket.settimeout(0.05)
            with contextlib.suppress(TimeoutError):
                if not wire.socket.recv(1):
                    break
    return time.monotonic() - begun


@pytest.mark.parametrize(
    "begin, text",
    [("", b"GET /api/v1/hello?" + b"a" * 200), ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\r\n", b"b" * 200)],
)
def test_slow_clients_are_cut_off(server, begin, text):
    with Wire(server) as wire:
        assert 1.5 < drip(wire.say(begin), text) < 9


def rss(server):
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def test_a_thousand_idle_connections(program):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    program.configure(server={"requestTimeout": 60})
    try:
        with BackupServer(program) as server, contextlib.ExitStack() as stack:
            server.get("hello")
            before = rss(server)
            idle = [stack.enter_context(Wire(server)) for _ in range(1000)]
            assert server.get("hello").text == HELLO
            assert rss(server) - before < 40
            for wire in idle:  # and so many that were used once
                wire.say("GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert [wire.hear()[0] for wire in idle] == [200] * 1000
            assert server.get("hello").text == HELLO
            assert rss(server) - before < 120
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_limit_of_connections_is_told_once(program):
    program.configure(server={"connections": 5, "requestTimeout": 1})
    with BackupServer(program) as server, contextlib.ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(Wire(server))
        assert server.get("hello").text == HELLO  # once the others have had their time
        assert server.log().count("5 connections are open, as many as server.connections allows") == 1


def test_many_requests_on_one_connection(server):
    request = "GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with Wire(server) as wire:
        wire.say(request * 50)
        assert [wire.hear()[2] for _ in range(50)] == [HELLO] * 50
        wire.say(request.replace("1.1", "1.0"))
        assert wire.hear()[2] == HELLO
        assert wire.is_over()


# ---------------------------------------------------------------------- addresses


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "[::1]"])
def test_addresses_of_this_machine(program, address):
    with BackupServer(program, "--address", address) as server:
        assert server.get("hello").text == HELLO
        assert address.strip("[]") in server.url


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_listening_beyond_this_machine_takes_a_decision(program, address):
    refused = program.fails("server", "-p", "0", "--address", address, code=USAGE).err
    for way in ("server.credentialsFile", "MILVUS_BACKUP_TOKEN", "127.0.0.1", "server.allowUnauthenticated: true"):
        assert way in refused
    program.environment = {"SERVER_ALLOW_UNAUTHENTICATED": "true"}
    with BackupServer(program, "--address", address) as server:
        assert server.get("hello").text == HELLO
        server.host = "127.0.0.1"
        assert server.get("hello").text == HELLO


def test_who_says_where_it_listens(program):
    ports = [free_port() for _ in range(3)]
    program.configure(server={"port": ports[0]})
    with BackupServer(program, port=None) as server:
        assert server.port == ports[0]
    program.environment = {"SERVER_PORT": str(ports[1])}
    with BackupServer(program, port=None) as server:
        assert server.port == ports[1]
        program.environment = {"SERVER_PORT": str(ports[0]), "SERVER_STATE_DIR": str(program.folder / "other")}
        with BackupServer(program, port=ports[2]) as other:
            assert other.port == ports[2]


def test_a_port_that_is_taken(program):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = program.fails("server", "-p", port, code=USAGE).err
    assert f"port {port} at 127.0.0.1 is in use" in refused
    assert "server.port" in refused


# ----------------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls"))


def over_tls(program, certificates, **more):
    tls = {"certPath": str(certificates.server.certificate), "keyPath": str(certificates.server.key), **more}
    program.configure(server={"tls": tls})


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls(program, certificates):
    over_tls(program, certificates)
    with BackupServer(program, tls=certificates.authority.certificate) as server:
        assert server.url.startswith("https://")
        assert server.get("hello").text == HELLO
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(certificates.authority.certificate)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection((server.host, server.port)) as plain, pytest.raises(OSError):
            old.wrap_socket(plain, server_hostname="localhost")
        with Wire(server) as wire:
            assert wire.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").is_over() or b"HTTP" not in wire.rest
        assert server.get("hello").text == HELLO


def test_clients_show_certificates(program, certificates, tmp_path):
    over_tls(program, certificates, clientCAPath=str(certificates.authority.certificate))
    authority = certificates.authority.certificate
    with BackupServer(program, "--address", "0.0.0.0", tls=authority, certificate=certificates.client) as server:
        assert server.get("hello").text == HELLO
        for wrong in (None, Certificates(tmp_path / "others").client):
            server.certificate = wrong
            with pytest.raises(OSError):
                server.get("hello")


def test_files_of_tls_that_cannot_be_used(program, certificates, tmp_path):
    good = {"certPath": str(certificates.server.certificate), "keyPath": str(certificates.server.key)}
    (tmp_path / "garbage.pem").write_text("no PEM")
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "rsa", "-aes128", "-passout", "pass:secret", "-in", certificates.server.key, "-out", locked],
        check=True,
        capture_output=True,
    )
    for key, path, what in [
        ("certPath", tmp_path / "missing.pem", "no such file"),
        ("keyPath", tmp_path / "missing.pem", "no such file"),
        ("certPath", tmp_path / "garbage.pem", "holds no certificate in PEM"),
        ("certPath", tmp_path, "directory"),
        ("keyPath", tmp_path / "garbage.pem", "holds no key in PEM"),
        ("keyPath", locked, "has a passphrase"),
        ("keyPath", certificates.client.key, "is not that of the certificate"),
        ("clientCAPath", tmp_path / "garbage.pem", "holds no certificate in PEM"),
    ]:
        program.configure(server={"tls": {**good, key: str(path)}})
        refused = program.fails("server", "-p", "0", code=USAGE).err
        assert f"server.tls.{key}" in refused and str(path) in refused and what.lower() in refused.lower(), refused


# ---------------------------------------------------------------------------- life


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(program, number):
    with BackupServer(program) as server, Wire(server) as idle:
        idle.say("GET /api")
        server.tell(number)
        assert server.finish() == 0
        assert idle.is_over()


def test_the_service_manager_is_told(program, tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(20)
        program.environment = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"}
        with BackupServer(program) as server:
            assert manager.recv(4096).decode() == f"READY=1\nSTATUS=listening on {server.url}"
            assert [manager.recv(4096) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        said = []
        while not said or not said[-1].startswith(b"STOPPING=1\nEXTEND_TIMEOUT_USEC="):
            said.append(manager.recv(4096))


def test_requests_are_logged_on_request(program):
    program.configure(http={"debugMode": True})
    with BackupServer(program) as server:
        server.get("hello", headers={"request_id": "the one"})
        wait_until(lambda: "GET /api/v1/hello: 200, 29 bytes in" in server.log(), 10, "a line about the request")
        assert "for 127.0.0.1, request the one" in server.log()


@pytest.mark.parametrize("target", ["list", "get_backup?backup_name=b&path=other"], ids=["here", "in another place"])
def test_a_storage_that_hangs_hangs_nothing_else(config, tmp_path, target):
    with socket.create_server(("127.0.0.1", 0), backlog=200) as storage, contextlib.ExitStack() as stack:
        address = {"storageType": "s3", "address": "127.0.0.1", "port": storage.getsockname()[1], "bucketName": "b", "rootPath": "r"}
        keys = {"accessKeyID": "a", "secretAccessKey": "s", "useSSL": False, "backupBucketName": "b", "backupRootPath": "k"}
        places = {**config["server"], "rootPaths": ["other"]}
        program = Program(tmp_path, {**config, "minio": {**address, **keys}, "server": places})
        with BackupServer(program) as server:
            clients = [stack.enter_context(Wire(server)) for _ in range(40)]
            for client in clients:
                client.say(f"GET /api/v1/{target} HTTP/1.1\r\nHost: localhost\r\n\r\n")
            storage.settimeout(20)
            asking, _ = storage.accept()
            with asking:
                assert server.get("hello").text == HELLO
                assert server.get("tasks").data == []
                for client in clients[:20]:
                    client.close()
                assert server.get("hello").text == HELLO
                server.tell()
                assert server.finish(timeout=20) == 0
                for client in clients[20:]:
                    assert "code" in client.hear()[2]
