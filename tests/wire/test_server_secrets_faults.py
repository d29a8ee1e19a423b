"""No secret is said either while storages and Milvus refuse, hang up, answer nonsense, or repeat what they were sent."""

import base64
import contextlib
import hashlib
import http.server
import json
import threading
import urllib.parse
from xml.sax.saxutils import escape

import grpc
import pytest
from testbed import credentials
from testbed.backup_server import BackupServer
from testbed.credentials import bearer
from testbed.ports import free_port
from testbed.program import Program, merged
from testbed.server import wait_until
from testbed.soak import soak_rounds

from wire.fake_milvus import Abort, FakeMilvus, status
from wire.test_server_secrets import BODIES, QUERY, ended


def secret(name):
    """Of which no part is in another one's: what is known of one says nothing of the next."""
    return hashlib.sha256(name.encode()).hexdigest()[:40]


NAMES = """milvus caller key session container minted minted-key proxy sas client refresh""".split()
SECRETS = {name: secret(name) for name in NAMES}


# ------------------------------------------------------------- what storages answer


def sent(request, body):
    return f"{request.path} {dict(request.headers.items())} {body.decode(errors='replace')}"


def is_told(text):
    return [one for one in SECRETS.values() if one in text]


def sent_secret(request, body):
    """The part of a request that is a secret by itself."""
    return next(iter(is_told(sent(request, body))), "nothing")


def xml(code, message, request_id="r-1"):
    return f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message><RequestId>{escape(request_id)}</RequestId></Error>"


WAYS = {
    "says it in XML": lambda asked, body: (403, {}, xml("AccessDenied", sent(asked, body))),
    "says it in XML, cut": lambda asked, body: (403, {}, xml("AccessDenied", sent_secret(asked, body)[:-9])),
    "calls it the code": lambda asked, body: (403, {}, xml(sent_secret(asked, body), "")),
    "calls it the request's id": lambda asked, body: (400, {}, xml("Odd", "no", sent_secret(asked, body))),
    "puts it into headers": lambda asked, body: (
        403, {name: sent_secret(asked, body) for name in ("x-amz-request-id", "x-ms-request-id", "x-ms-error-code", "Server", "ETag")}, ""),
    "sends elsewhere with it": lambda asked, body: (307, {"Location": f"http://127.0.0.1:1/?{sent_secret(asked, body)}"}, ""),
    "says it in JSON": lambda asked, body: (
        401, {"Content-Type": "application/json"},
        json.dumps({"error": {"code": 401, "message": sent(asked, body), "errors": [{"reason": sent_secret(asked, body)}]},
                    "error_description": sent_secret(asked, body)})),
    "says it in a web page": lambda asked, body: (502, {"Content-Type": "text/html"}, f"<title>{escape(sent(asked, body))}</title>"),
    "says it behind a success": lambda asked, body: (200, {}, xml("InternalError", sent(asked, body))),
    "says it as the reason": lambda asked, body: ((403, sent_secret(asked, body)), {}, ""),
    "hangs up": lambda asked, body: (None, {}, ""),
    "hangs up in the middle": lambda asked, body: (403, {"Content-Length": "100000"}, xml("AccessDenied", sent(asked, body))),
}


class Storage(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if is_told(sent(self, body)):
            self.server.told.add(urllib.parse.urlsplit(self.path).path)
        code, headers, text = self.server.way(self, body)
        self.close_connection = True
        if code is None:
            return
        code, reason = code if isinstance(code, tuple) else (code, None)
        self.send_response(code, reason)
        headers = {"Content-Type": "application/xml", "Content-Length": str(len(text.encode())), **headers}
        for name, value in headers.items():
            self.send_header(name, value.replace("\n", " "))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode())

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def storage(way):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Storage)
    server.way, server.told, server.port = way, set(), server.server_address[1]
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


# --------------------------------------------------------------- what it is told


def s3(port, folder):
    keys = {"accessKeyID": "visible", "secretAccessKey": SECRETS['key'], "token": SECRETS['session']}
    return {"storageType": "minio", **keys}, {}


def s3_by_a_container(port, folder):
    """The service that gives credentials is shown one secret, and the storage what comes of it."""
    service = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{port}/credentials",
               "AWS_CONTAINER_AUTHORIZATION_TOKEN": SECRETS['container']}
    return {"storageType": "s3", "useIAM": True, "backupUseIAM": True}, service


def s3_through_a_proxy(port, folder):
    options = {"proxy": f"http://visible:{SECRETS['proxy']}@127.0.0.1:{port}"}
    return {"storageType": "minio", "accessKeyID": "visible", "secretAccessKey": SECRETS['key'], "options": options, "backupOptions": options}, {}


def azure_by_signature(port, folder):
    options = {"auth.type": "sas", "auth.sasToken": f"sv=2021-08-06&sp=racwdl&sig={SECRETS['sas']}"}
    return {"storageType": "azure", "accessKeyID": "visible", "useIAM": True, "options": options, "backupOptions": options}, {}


def google_by_a_file(port, folder):
    """The file's own secret goes to the address of tokens, and what comes of it to the storage."""
    file = folder / "person.json"
    file.write_text(json.dumps({"type": "authorized_user", "client_id": "visible", "client_secret": SECRETS['client'],
                                "refresh_token": SECRETS['refresh'], "token_uri": f"http://127.0.0.1:{port}/token"}))
    return {"storageType": "gcpnative", "useIAM": True, "backupUseIAM": True, "gcpCredentialJSON": str(file), "backupGcpCredentialJSON": str(file)}, {}


KINDS = (s3, s3_by_a_container, s3_through_a_proxy, azure_by_signature, google_by_a_file)


MINTED = {
    "/token": {"access_token": SECRETS['minted'], "expires_in": 3600, "token_type": "Bearer"},
    "/credentials": {"AccessKeyId": "visible", "SecretAccessKey": SECRETS['minted-key'], "Token": SECRETS['minted'],
                     "Expiration": "2099-01-01T00:00:00Z"},
}


def mint(way):
    """A credential for whoever asks for one; the storage answers all else in its way."""

    def answer(asked, body):
        if asked.path in MINTED:
            return 200, {"Content-Type": "application/json"}, json.dumps(MINTED[asked.path])
        return way(asked, body)

    return answer


@contextlib.contextmanager
def serving(folder, minio, milvus=None, environment=None, **changes):
    file = folder / "credentials"
    credentials.write(file, credentials.token_line("ci", "write", SECRETS["caller"]))
    where = {"address": "127.0.0.1", "port": free_port(), "user": "root", "password": SECRETS['milvus'], "authorizationEnabled": True}
    config = {
        "milvus": merged(where, milvus or {}),
        "minio": {"bucketName": "bucket", "rootPath": "files", "backupBucketName": "bucket", "backupRootPath": "backup", **minio},
        "log": {"level": "trace"},
        "server": {"credentialsFile": str(file), "stateDir": str(folder / "state"), "shutdownTimeout": 0},
    }
    program = Program(folder / "program", merged(config, changes), environment=environment)
    with BackupServer(program, headers={"Authorization": bearer(SECRETS["caller"])}) as server:
        yield server


def everything_said(server, folder):
    """All routes are asked once; the end of the server cancels what still tries."""
    paths = server.get("docs/openapi.json").json()["paths"]
    asked = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    replies = []

    def ask(method, path):
        body = BODIES.get(path.rsplit("/", 1)[1]) if method == "POST" else None
        replies.append(server.request(method, path, body, QUERY, {"request_id": "visible"}, timeout=120))

    asking = [threading.Thread(target=ask, args=one) for one in asked]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(replies) == len(asked)
    wait_until(lambda: ended(server), 120, "the end of the tasks")
    replies += [server.get("tasks"), server.get("/metrics"), server.get("schedules")]
    replies += [server.get("task", id=task["id"]) for task in server.get("tasks").data]
    said = {f"reply {i}": f"{reply.headers}\n{reply.body.decode(errors='replace')}" for i, reply in enumerate(replies)}
    said["process list"] = open(f"/proc/{server.pid}/cmdline", "rb").read().decode()
    for path in (*folder.rglob("*.log*"), *(folder / "state").rglob("*"), server.output):
        if path.is_file():
            said[str(path)] = path.read_text(errors="replace")
    assert " audit " in said[str(server.program.folder / "logs" / "backup.log")]
    return said


def leaks(said):
    """A secret that was cut, or masked in its middle only, is a secret all the same: any ten characters give it away."""
    parts = {one[at : at + 10]: name for name, one in SECRETS.items() for at in (0, 15, 30)}
    parts |= {base64.b64encode(f"root:{SECRETS['milvus']}".encode()).decode()[8:24]: "milvus"}
    return [(where, parts[part], text[max(0, text.index(part) - 150) :][:300]) for where, text in said.items() for part in parts if part in text]


# What answers in these ways is asked eight times, which takes a while.
SLOW = ("says it in a web page", "says it behind a success", "hangs up", "hangs up in the middle")
PAIRS = [(way, kind) for kind in KINDS for way in WAYS if kind in (s3, google_by_a_file) or way not in SLOW]
SAMPLE = [(way, kind) for way, kind in PAIRS if way in ("says it in XML", "puts it into headers", "says it in JSON")]
SAMPLE += [("calls it the code", s3), ("calls it the request's id", s3), ("sends elsewhere with it", s3), ("says it as the reason", s3),
           ("says it in XML, cut", azure_by_signature)]


@pytest.mark.soak
@pytest.mark.parametrize("way, kind", soak_rounds(SAMPLE, PAIRS), ids=lambda one: getattr(one, "__name__", one))
def test_a_storage_that_answers_badly(way, kind, tmp_path):
    with storage(mint(WAYS[way])) as server:
        minio, environment = kind(server.port, tmp_path)
        minio |= {"address": "127.0.0.1", "port": server.port, "useSSL": False}
        with serving(tmp_path, minio, environment=environment) as backup:
            said = everything_said(backup, tmp_path)
        said["end"] = backup.said() + backup.log()
    assert server.told - set(MINTED) or kind is s3_through_a_proxy, "no secret came here, so none could come back"
    assert leaks(said) == []


@pytest.mark.soak
@pytest.mark.parametrize("kind", soak_rounds(KINDS[2:3], KINDS), ids=lambda kind: kind.__name__)
def test_a_storage_that_nobody_listens_for(kind, tmp_path):
    port = free_port()
    minio, environment = kind(port, tmp_path)
    with serving(tmp_path, {**minio, "address": "127.0.0.1", "port": port, "useSSL": False}, environment=environment) as backup:
        said = everything_said(backup, tmp_path)
    said["end"] = backup.said() + backup.log()
    assert leaks(said) == []


# ------------------------------------------------------------------------ Milvus


class Echo(FakeMilvus):
    """Refuses every call, and says in its refusal what it was shown."""

    def __init__(self, refuse):
        super().__init__()
        self.refuse, self.shown = refuse, []

    def _handle(self, method, request, headers, context):
        said = headers.get("authorization", "")
        self.shown.append(said)
        plain = base64.b64decode(said + "==").decode(errors="replace")
        self.answers[method] = [self.refuse(f"no entry for {said}, which is {plain}")]
        return super()._handle(method, request, headers, context)


REFUSALS = {
    "by status": lambda text: Abort(grpc.StatusCode.UNAUTHENTICATED, text),
    "as unavailable": lambda text: Abort(grpc.StatusCode.UNAVAILABLE, text),
    "by an answer": lambda text: status(code=65535, error_code=1, reason=text),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_milvus_that_repeats_what_it_was_shown(refusal, tmp_path):
    (tmp_path / "data").mkdir()
    minio = {"storageType": "local", "rootPath": str(tmp_path / "data"), "backupRootPath": str(tmp_path / "backup")}
    with Echo(REFUSALS[refusal]) as milvus:
        with serving(tmp_path, minio, {"port": milvus.port}) as backup:
            said = everything_said(backup, tmp_path)
        said["end"] = backup.said() + backup.log()
        assert any(milvus.shown), "no credential came here"
    assert leaks(said) == []
