"""A server that takes credentials, every kind of wrong one, and requests that come from where one likes."""

import base64
import http.client
import itertools
import json
from dataclasses import dataclass

from testbed import credentials
from testbed.backup_server import Answer, BackupServer
from testbed.credentials import basic, bearer
from testbed.program import Program

READ = "read-token-0123456789-abcdefghijklmnopqrstuvw"
WRITE = "write-token-0123456789-abcdefghijklmnopqrstuv"
EXPIRED = "expired-token-0123456789-abcdefghijklmnopqrst"
PASSWORD = "pässword:of alice"
LINES = (
    credentials.token_line("reader", "read", READ),
    credentials.token_line("writer", "write", WRITE),
    credentials.token_line("late", "write", EXPIRED, "2026-01-01"),
    credentials.password_line("alice", "write", PASSWORD),
    credentials.password_line("bob", "read", "the password of bob"),
    credentials.password_line("carol", "write", "the password of carol", "2026-01-01T00:00:00Z"),
)
# Sources of requests, each another address to the server: who guesses there is not the next who guesses.
_addresses = (f"127.{a}.{b}.{c}" for a, b, c in itertools.product(range(10, 250), range(250), range(1, 250)))


def _encoded(pair):
    return "Basic " + base64.b64encode(pair).decode()


# Name -> the values of Authorization that a request shows.
WRONG = {
    "none": [],
    "empty": [""],
    "scheme alone": ["Bearer"],
    "scheme and blank": ["Bearer "],
    "token alone": [WRITE],
    "another scheme": [f"Token {WRITE}"],
    "token as basic": [f"Basic {WRITE}"],
    "unknown token": [bearer("unknown-token-0123456789-abcdefghijklmnopqrs")],
    "short unknown token": [bearer("secret")],
    "token cut off": [bearer(WRITE[:-1])],
    "token with more": [bearer(WRITE + "x")],
    "token of other case": [bearer(WRITE.upper())],
    "token with a blank inside": [bearer(WRITE[:9] + " " + WRITE[9:])],
    "expired token": [bearer(EXPIRED)],
    "hash of the token": [bearer(LINES[1].split("$")[2])],
    "two headers": [bearer(WRITE), bearer(WRITE)],
    "right and wrong header": [bearer(WRITE), bearer("wrong")],
    "two in one": [f"{bearer(WRITE)}, {bearer(WRITE)}"],
    "wrong password": [basic("alice", "wrong")],
    "password of another": [basic("alice", "the password of bob")],
    "password of other case": [basic("alice", PASSWORD.upper())],
    "no password": [basic("alice", "")],
    "name without colon": [_encoded(b"alice")],
    "name of other case": [basic("Alice", PASSWORD)],
    "unknown user": [basic("mallory", PASSWORD)],
    "no user": [basic("", PASSWORD)],
    "expired user": [basic("carol", "the password of carol")],
    "password in latin-1": [_encoded(f"alice:{PASSWORD}".encode("latin-1"))],
    "NUL behind the password": [_encoded(f"alice:{PASSWORD}\0".encode())],
    "NUL behind the name": [_encoded(f"alice\0:{PASSWORD}".encode())],
    "no base64": ["Basic %%%%"],
    "cut base64": [basic("alice", PASSWORD)[:-3]],
    "digest": ['Digest username="alice", response="x"'],
    "huge": [bearer("A" * 100_000)],
}


@dataclass
class Route:
    method: str
    path: str


def start(folder, store, changes=None, lines=LINES, environment=None, **options):
    """A server with these lines in its file of credentials, which has its backups in the folder store."""
    file = folder / "credentials"
    credentials.write(file, *lines)
    config = {
        "minio": {"storageType": "local", "rootPath": str(store / "milvus"), "backupRootPath": str(store / "backups")},
        "server": {"credentialsFile": str(file), "stateDir": str(folder / "state"), **(changes or {})},
    }
    (store / "milvus").mkdir(parents=True, exist_ok=True)
    (store / "backups").mkdir(exist_ok=True)
    return BackupServer(Program(folder / "program", config, environment=environment), **options)


def ask(server, method, path, shown=(), body=None, address=None, headers=None):
    """One request that shows these values of Authorization, from an address of its own."""
    connection = http.client.HTTPConnection(
        server.host, server.port, timeout=60, source_address=(address or next(_addresses), 0)
    )
    try:
        connection.putrequest(method, path)
        for value in shown:
            connection.putheader("Authorization", value)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if data or method in ("POST", "PUT"):
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        reply = connection.getresponse()
        return Answer(reply.status, reply.headers, reply.read())
    finally:
        connection.close()
