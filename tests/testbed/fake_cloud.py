"""A fake of the managed cloud that `migrate` talks to: its REST API over HTTP, and a volume in a real S3 store.

It knows what the public reference says of two calls and nothing else; whether the real cloud agrees is proved by no
test. What a client has no reason to do (another member, path or order, an object that it could do without) is refused
and kept in `violations`.

    with FakeCloud(store) as cloud:
        cloud.clusters.add("in01-a")
        ... talk to cloud.endpoint with cloud.key ...
"""

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from testbed.sigv4 import is_signed_with, sign_as
from testbed.strict_proxy import Rule, StrictProxy, s3_error

BUCKET = "cloud-volumes"
APPLY = "/v2/volumes/apply"
MIGRATE = "/v2/migrations/startByRemote"
HOUR = 3600


@dataclass
class Grant:
    """Credentials for one path of a volume."""

    key: str
    secret: str
    token: str
    prefix: str  # of the keys that may be put
    left: int = None  # objects of data that may still be put until they expire; None for any number
    put: list = field(default_factory=list)


class Temporary(Rule):
    """Before the store: who has a token that holds may put and list below its prefix, and nothing else.

    The store behind knows no such tokens: what may pass is signed again with its own key.
    """

    def __init__(self, store):
        self.store = store
        self.grants = {}  # by their tokens
        self.refused = []
        self.expires_before = lambda request: False
        self.lock = threading.Lock()

    def request(self, request):
        grant = self.grants.get(request.headers.get("x-amz-security-token"))
        key = request.path.removeprefix(f"/{BUCKET}").lstrip("/")
        if grant is None or f"Credential={grant.key}/" not in request.headers["Authorization"]:
            return s3_error(403, "InvalidAccessKeyId", "no such temporary key")
        if not is_signed_with(request, grant.secret):
            return s3_error(403, "SignatureDoesNotMatch")
        with self.lock:
            if self.expires_before(request):
                grant.left = 0
            if grant.left == 0:
                return s3_error(400, "ExpiredToken", f"the token {grant.token} has expired")
            if not self._allowed(request, key, grant):
                if request.method not in ("GET", "HEAD"):  # who looks, and goes on when he may not, does no harm
                    self.refused.append((request.method, request.target))
                return s3_error(403, "AccessDenied", "the credentials are for putting and listing")
            if request.method == "PUT" and "partNumber" not in request.query:
                self._count(grant, key)
        sign_as(request, self.store.access_key, self.store.secret_key)
        return None

    @staticmethod
    def _allowed(request, key, grant):
        if request.method == "GET":
            return key == "" and request.query.get("prefix", "").startswith(grant.prefix.rstrip("/"))
        if request.method == "DELETE" and "uploadId" not in request.query:
            return False
        return request.method != "HEAD" and key.startswith(grant.prefix)

    @staticmethod
    def _count(grant, key):
        grant.put.append(key)
        if grant.left is not None and "/meta/" not in key:
            grant.left -= 1


class FakeCloud:
    def __init__(self, store):
        self.store = store
        self.key = "key-" + secrets.token_hex(20)
        self.clusters = set()
        self.volumes = {}  # name -> prefix
        self.jobs = {}  # id -> body
        self.calls = []  # (path, body)
        self.failures = {}  # path -> what is answered next, (status, document)
        self.lives = []  # objects of data that each of the next credentials is good for; None for any number
        self.expires = HOUR  # seconds from now on, as the answers tell it
        self.provider = "aws"
        self.condition = {}
        self.answer = lambda data: data  # what an answer of apply is changed into
        self.violations = []
        self.gate = Temporary(store)

    # ------------------------------------------------------------ life

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"cloud": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.storage = StrictProxy(self.store.port, [self.gate])
        self.storage.__enter__()
        return self

    def __exit__(self, *error):
        self.storage.__exit__(*error)
        self.server.shutdown()
        self.server.server_close()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def secrets(self):
        """What nobody may read anywhere."""
        grants = self.gate.grants.values()
        return [self.key, *(secret for grant in grants for secret in (grant.key, grant.secret, grant.token))]

    def objects(self):
        return self.store.keys(BUCKET)

    def asked(self, path):
        return [body for asked, body in self.calls if asked == path]

    # ------------------------------------------------------------ calls

    def serve(self, path, authorization, body):
        self.calls.append((path, body))
        if self.failures.get(path):
            return self.failures[path].pop(0)
        if authorization != f"Bearer {self.key}":
            return 401, {"code": 401, "message": f"invalid API key: {authorization.removeprefix('Bearer ')}"}
        if path == APPLY:
            return self._apply(body)
        if path == MIGRATE:
            return self._migrate(body)
        self.violations.append(("no such call", path))
        return 404, {"code": 404, "message": "no such call"}

    def _wrong(self, what, body):
        self.violations.append((what, body))
        return 400, {"code": 400, "message": what}

    @staticmethod
    def _no_cluster(cluster):
        return 200, {"code": 96018, "message": f"Cluster {cluster} not found."}

    def _apply(self, body):
        name = body.get("volumeName")
        if set(body) != {"path", "volumeName" if name else "clusterId"} or not body["path"].endswith("/"):
            return self._wrong("apply takes a path and either a volume or a cluster", body)
        if name is None:
            if body["clusterId"] not in self.clusters:
                return self._no_cluster(body["clusterId"])
            name = "tmp-" + secrets.token_hex(4)
            self.volumes[name] = f"volumes/{name}/"
        if name not in self.volumes:
            return 200, {"code": 404, "message": f"no volume {name}"}
        return 200, {"code": 0, "data": self.answer(self._place(name, body["path"]))}

    def _place(self, name, path):
        left = self.lives.pop(0) if self.lives else None
        key, secret, token = (f"{kind}{secrets.token_hex(12)}" for kind in ("TMP", "tmp/", "token/"))
        grant = Grant(key, secret, token, self.volumes[name] + path, left)
        self.gate.grants[grant.token] = grant
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.expires))
        credentials = {"tmpAK": key, "tmpSK": secret, "sessionToken": token, "expireTime": until}
        return {
            "endpoint": f"http://127.0.0.1:{self.storage.port}",
            "cloud": self.provider,
            "region": self.store.region,
            "bucketName": BUCKET,
            "volumeName": name,
            "volumePrefix": self.volumes[name],
            "remotePath": self.volumes[name] + path,
            "credentials": credentials,
            "condition": self.condition,
        }

    def _migrate(self, body):
        if set(body) != {"source", "destination"} or set(body["source"]) != {"stageName", "dataPath"}:
            return self._wrong("a migration has a volume, a path in it and a cluster", body)
        if body["destination"].get("clusterId") not in self.clusters:
            return self._no_cluster(body["destination"].get("clusterId"))
        prefix = self.volumes.get(body["source"]["stageName"], "?") + body["source"]["dataPath"]
        if prefix + "meta/backup_meta.json" not in self.objects():
            return self._wrong("there is no complete backup at that path", body)
        job = f"job-{len(self.jobs) + 1:04}"
        self.jobs[job] = body
        return 200, {"code": 0, "data": {"jobId": job}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, document = self.cloud.serve(self.path, self.headers.get("Authorization", ""), json.loads(text))
        reply = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)
