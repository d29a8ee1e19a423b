"""Who may call the server: every route with every wrong kind of credential, and none of them changes anything."""

import datetime
import json
import socket
import time

import pytest
from testbed import credentials
from testbed.credentials import basic, bearer
from testbed.server import wait_until

from wire.guarded import LINES, PASSWORD, READ, WRITE, WRONG, ask, start

API = "/api/v1"
# What a caller may have who shows nothing.
OPEN = {("GET", f"{API}/hello"), ("GET", f"{API}/docs/openapi.json"), ("GET", "/healthz"), ("GET", "/readyz")}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    with start(folder, folder / "store") as server:
        yield server


@pytest.fixture(scope="module")
def routes(server):
    """All that the server's own description names: it is made from the table that serves them."""
    paths = ask(server, "GET", f"{API}/docs/openapi.json").json()["paths"]
    found = {
        (method.upper(), path if path.startswith(API) or path in ("/metrics", "/healthz", "/readyz") else API + path)
        for path, methods in paths.items()
        for method in methods
        if method in ("get", "post", "put", "delete", "patch")
    }
    assert len(found) >= 10
    return found - OPEN


def refused(answer, status):
    assert answer.status == status, answer
    envelope = answer.json()
    assert envelope["code"] == 2 and envelope["msg"], envelope
    assert answer.headers["Content-Type"].startswith("application/json")
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    text = str(answer.headers) + answer.text
    assert not any(secret in text for secret in (READ, WRITE, PASSWORD, "$scrypt$", "$sha256$"))
    return answer


def test_what_is_open_is_open(server):
    for method, path in OPEN:
        wanted = 503 if path == "/readyz" else 200  # there is no Milvus
        assert ask(server, method, path, [bearer("wrong")]).status == wanted
    assert ask(server, "GET", "/").status == 200
    assert ask(server, "GET", f"{API}/no-such-route").status == 404


@pytest.mark.parametrize("kind", WRONG)
def test_no_route_takes_a_wrong_credential(server, routes, kind):
    for method, path in sorted(routes):
        answer = refused(ask(server, method, path, WRONG[kind], {"backup_name": "made_by_nobody"}), 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")
    assert ask(server, "GET", f"{API}/tasks", [bearer(READ)]).data == []


@pytest.mark.parametrize("shown", [bearer(READ), basic("bob", "the password of bob")], ids=["token", "password"])
def test_the_role_read_changes_nothing(server, routes, shown):
    for method, path in sorted(routes):
        answer = ask(server, method, path, [shown], {"backup_name": "made_by_a_reader"})
        if method == "GET":
            assert answer.status not in (401, 403), (method, path, answer)
        else:
            refused(answer, 403)
    assert ask(server, "GET", f"{API}/tasks", [bearer(READ)]).data == []


@pytest.mark.parametrize(
    "shown",
    [bearer(WRITE), f"bEaReR   {WRITE}", basic("alice", PASSWORD), basic("alice", PASSWORD).replace("Basic", "BASIC")],
)
def test_the_role_write_may_everything(server, routes, shown):
    for method, path in sorted(routes):
        assert ask(server, method, path, [shown], b"no json").status not in (401, 403), (method, path)


def test_who_is_let_in_is_told_to_the_task(server):
    answer = ask(server, "POST", f"{API}/verify", [basic("alice", PASSWORD)], {"backup_name": "not_there", "async": True})
    [task] = ask(server, "GET", f"{API}/tasks", [bearer(READ)]).data
    assert task["caller"] == "alice", answer


def test_a_credential_that_is_taken_away_is_refused_at_once(tmp_path):
    lines = [credentials.token_line("ci", "write", WRITE), credentials.password_line("alice", "read", PASSWORD)]
    with start(tmp_path, tmp_path / "store", lines=lines) as server:
        file = tmp_path / "credentials"
        both = [[bearer(WRITE)], [basic("alice", PASSWORD)]]
        assert [ask(server, "GET", f"{API}/tasks", shown).status for shown in both] == [200, 200]
        credentials.write(file, lines[0])
        assert [ask(server, "GET", f"{API}/tasks", shown).status for shown in both] == [200, 401]
        file.write_text(lines[1] + "\n")
        assert [ask(server, "GET", f"{API}/tasks", shown).status for shown in both] == [401, 200]
        file.write_text(f"{lines[0]}\nhunter2:write:token:hunter2\n")  # broken: the one before stays
        assert [ask(server, "GET", f"{API}/tasks", shown).status for shown in both] == [401, 200]
        assert f"{file}:2: " in server.log() and "hunter2" not in server.log()
        file.unlink()
        assert [ask(server, "GET", f"{API}/tasks", shown).status for shown in both] == [401, 200]
        file.write_text("# nobody\n")
        assert [ask(server, "GET", f"{API}/tasks", shown).status for shown in both] == [401, 401]


def test_a_credential_ends_when_its_line_says(tmp_path):
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
    expires = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [credentials.token_line("ci", "write", WRITE, expires)]
    with start(tmp_path, tmp_path / "store", lines=lines) as server:
        assert ask(server, "GET", f"{API}/tasks", [bearer(WRITE)]).status == 200
        wait_until(lambda: ask(server, "GET", f"{API}/tasks", [bearer(WRITE)]).status == 401, 10, "the credential's end")
        assert "expired" in ask(server, "GET", f"{API}/tasks", [bearer(WRITE)]).json()["msg"]


def test_a_token_of_the_environment(tmp_path):
    with start(tmp_path, tmp_path / "store", lines=LINES[:1], environment={"MILVUS_BACKUP_TOKEN": WRITE}) as server:
        assert ask(server, "POST", f"{API}/cancel?id=none", [bearer(WRITE)]).status == 200
        refused(ask(server, "POST", f"{API}/cancel?id=none", [bearer(READ)]), 403)
        cmdline = open(f"/proc/{server.pid}/cmdline", "rb").read()
        assert WRITE.encode() not in cmdline and WRITE not in server.log() + server.said()


def test_guesses_slow_down_whoever_makes_them_and_nobody_else(server):
    where = "127.9.9.9"
    assert ask(server, "GET", f"{API}/tasks", [basic("alice", PASSWORD)]).status == 200
    answers = [ask(server, "GET", f"{API}/tasks", [basic("alice", f"guess {i}")], address=where) for i in range(30)]
    assert [answer.status for answer in answers[:10]] == [401] * 10
    late = [answer for answer in answers if answer.status == 429]
    assert late and all(1 <= int(answer.headers["Retry-After"]) <= 2 for answer in late)
    assert ask(server, "GET", f"{API}/tasks", [basic("alice", PASSWORD)], address=where).status == 200
    assert ask(server, "GET", f"{API}/tasks", [bearer(READ)], address=where).status == 200
    assert ask(server, "GET", f"{API}/tasks", [basic("alice", "guess 0")]).status == 401


def test_the_log_tells_of_refusals_without_what_was_shown(server):
    ask(server, "GET", f"{API}/tasks", [basic("hunter2", "hunter3")], address="127.9.8.7")
    ask(server, "GET", f"{API}/tasks", [bearer("hunter4")], address="127.9.8.7")
    log = server.log()
    assert "127.9.8." in log or "refused a request" in log
    assert "hunter" not in log and PASSWORD not in log


def test_known_and_unknown_names_take_as_long(server):
    """As far as one can see through the noise of a machine with other work: by the fastest of several."""

    def fastest(name):
        times = []
        for i in range(8):
            began = time.perf_counter()
            ask(server, "GET", f"{API}/tasks", [basic(name, f"guess {name} {i}")])
            times.append(time.perf_counter() - began)
        return min(times)

    known, unknown = fastest("alice"), fastest("nobody")
    assert 0.3 < known / unknown < 3


def test_json_of_a_refusal_is_the_usual_envelope(server):
    answer = ask(server, "GET", f"{API}/tasks", headers={"request_id": "my-request"})
    assert json.loads(answer.body)["requestId"] == "my-request"


def test_what_stands_behind_a_nul_makes_no_token_right(server):
    for value in (f"Bearer {WRITE[:-1]}\0{WRITE[-1]}", f"Bearer \0{WRITE}", f"\0Bearer {WRITE}", f"Bearer\0 {WRITE}"):
        request = f"GET {API}/tasks HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {value}\r\n\r\n".encode()
        with socket.create_connection((server.host, server.port), timeout=30) as connection:
            connection.sendall(request)
            reply = b"".join(iter(lambda: connection.recv(4096), b""))
        assert not reply.startswith(b"HTTP/1.1 200"), reply


# --- bodies of those who may not come in -------------------------------------------------------------------------


def begin(server, shown, length=1 << 20, sent=0):
    """A create whose body does not come as a whole."""
    lines = ["POST /api/v1/create HTTP/1.1", "Host: localhost", f"Content-Length: {length}"]
    lines += [f"Authorization: {value}" for value in shown]
    client = socket.create_connection((server.host, server.port), timeout=20)
    client.sendall("\r\n".join([*lines, "", ""]).encode() + b" " * sent)
    return client


@pytest.mark.parametrize("kind", ["none", "unknown token", "scheme alone", "two headers"])
def test_who_shows_nothing_good_is_refused_before_the_body(server, kind):
    with begin(server, WRONG[kind]) as client:
        assert client.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_a_reader_is_refused_before_the_body(server):
    with begin(server, [bearer(READ)]) as client:
        assert client.recv(4096).startswith(b"HTTP/1.1 403 ")


def test_strangers_leave_room_for_the_bodies_of_others(tmp_path):
    """Their passwords are looked at when the body is there: until then they hold what strangers may."""
    size = 1 << 20
    body = {"backup_name": "1", "x": " " * (size - 100)}
    with start(tmp_path, tmp_path / "store", {"bodyLimitMiB": 1}) as server:
        crowd = [begin(server, [basic("alice", f"wrong {i}")], size, size - 1) for i in range(12)]
        try:
            assert {ask(server, "POST", "/api/v1/create", [bearer(WRITE)], body).code for _ in range(5)} == {400}
        finally:
            for client in crowd:
                client.close()
