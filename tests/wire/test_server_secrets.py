"""No secret of the configuration is said by a server, whatever it is asked and whatever storages answer."""

import http.server
import re
import threading
from xml.sax.saxutils import escape

import pytest
from testbed import credentials
from testbed.backup_server import BackupServer
from testbed.credentials import basic, bearer
from testbed.ports import free_port
from testbed.program import Program
from testbed.server import wait_until

API = "/api/v1"
# Each is told apart from all else that a server may say.
MARK = "hidden-marker"
SECRETS = {
    name: f"{MARK}-{name}-0123456789abcdefghijklmnopqrstuv"
    for name in ("milvus", "storage", "session", "backup", "backup-session", "cloud", "environment", "peer", "token")
}
PASSWORD = f"{MARK}-password"


class Telltale(http.server.BaseHTTPRequestHandler):
    """A storage that refuses everything, and says in its refusal all that it was sent."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = f"<Error><Code>AccessDenied</Code><Message>{escape(str(self.headers))}</Message></Error>".encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def telltale():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Telltale)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


def configuration(port, secret, session):
    return {
        "storageType": "minio",
        "address": "127.0.0.1",
        "port": port,
        "accessKeyID": "visible",
        "secretAccessKey": secret,
        "token": session,
        "bucketName": "bucket",
        "rootPath": "files",
    }


def start(folder, minio, **changes):
    file = folder / "credentials"
    credentials.write(
        file,
        credentials.token_line("ci", "write", SECRETS["token"]),
        credentials.password_line("alice", "write", PASSWORD),
    )
    config = {
        "milvus": {"address": "127.0.0.1", "port": free_port(), "user": "root", "password": SECRETS["milvus"], "authorizationEnabled": True},
        "minio": minio,
        "cloud": {"apikey": SECRETS["cloud"]},
        "log": {"level": "trace"},
        "http": {"debugMode": True},
        "server": {"credentialsFile": str(file), "stateDir": str(folder / "state")},
        **changes,
    }
    environment = {"MILVUS_BACKUP_TOKEN": SECRETS["environment"]}
    return BackupServer(Program(folder / "program", config, environment=environment))


BODIES = {
    "create": {"backup_name": "made", "async": True},
    "restore": {"backup_name": "made", "async": True},
    "restore_secondary": {"backup_name": "made", "async": True},
    "verify": {"backup_name": "made", "async": True},
    "l0compact": {"backup_name": "made", "async": True},
    "transfer": {"backup_name": "made", "peer": "other", "async": True},
    "prune": {"keep_last": 1, "dry_run": False, "async": True},
}
QUERY = {"backup_name": "made", "id": "none", "collection_name": "x"}


def ask_everything(server):
    """All that every route says, with the right credential, with half a body and with a wrong credential."""
    said = []
    right = [bearer(SECRETS["token"]), bearer(SECRETS["environment"]), basic("alice", PASSWORD)]
    wrong = [bearer(SECRETS["token"][:-1]), basic("alice", PASSWORD + "!"), basic(SECRETS["milvus"], "x")]
    paths = server.get("docs/openapi.json").json()["paths"]
    for i, shown in enumerate(right + wrong):
        for path, methods in paths.items():
            for method in methods:
                body = BODIES.get(path.rsplit("/", 1)[1]) if method == "post" else None
                headers = {"Authorization": shown, "request_id": f"{method}-{i}"}
                said.append(server.request(method.upper(), path, body, QUERY, headers))
                if method == "post" and i == 0:
                    said.append(server.request("POST", path, b'{"backup_name": 1', QUERY, headers))
    return said


def ended(server):
    tasks = server.get("tasks").data
    return all(task["state"] in ("succeeded", "failed", "cancelled") for task in tasks)


def everything_said(server, folder):
    """Replies, output, logs, history, and what others see of the process, each by a name."""
    server.headers = {"Authorization": bearer(SECRETS["token"])}
    replies = ask_everything(server)
    wait_until(lambda: ended(server), 120, "the end of the tasks")
    replies += [server.get("task", id=task["id"]) for task in server.get("tasks").data] + [server.get("tasks")]
    replies += ask_everything(server)
    wait_until(lambda: ended(server), 120, "the end of the tasks")
    files = [path for path in (*folder.rglob("*.log*"), *(folder / "state").rglob("*"), server.output) if path.is_file()]
    said = {str(path): path.read_text(errors="replace") for path in files}
    said["process list"] = open(f"/proc/{server.pid}/cmdline", "rb").read().decode()
    said |= {f"reply {i}": f"{reply.headers}\n{reply.body.decode(errors='replace')}" for i, reply in enumerate(replies)}
    assert len(said) > 60 and any(path.endswith("tasks.jsonl") for path in said)
    return said


def leaks(said):
    # A secret that was cut, or masked in its middle only, is a secret all the same.
    return [(name, text[max(0, at.start() - 200) : at.end() + 40]) for name, text in said.items() for at in re.finditer(MARK, text)]


def test_nothing_that_is_said_holds_a_secret(telltale, tmp_path):
    minio = configuration(telltale, SECRETS["storage"], SECRETS["session"])
    minio |= {"backupSecretAccessKey": SECRETS["backup"], "backupToken": SECRETS["backup-session"], "backupRootPath": "backup"}
    server = start(tmp_path, minio)
    peers = tmp_path / "program" / "configs" / "peers"
    peers.mkdir()
    (peers / "other.yaml").write_text(f"minio: {configuration(telltale, SECRETS['peer'], SECRETS['peer'])}\n")
    with server:
        said = everything_said(server, tmp_path)
    said["end"] = server.said() + server.log()
    assert leaks(said) == []
