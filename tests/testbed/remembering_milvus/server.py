"""The fake as a server: gRPC and HTTP on free ports of the loopback, one call after the other on one memory."""

import base64
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf.message_factory import GetMessageClass
from pymilvus.grpc_gen import common_pb2, milvus_pb2

from testbed.places import BucketPlace
from testbed.remembering_milvus import snapshot_messages, wal
from testbed.remembering_milvus.calls import Calls
from testbed.remembering_milvus.errors import Refused, Wrong
from testbed.remembering_milvus.pages import Pages
from testbed.remembering_milvus.secondary import Broken, Secondary
from testbed.remembering_milvus.snapshots import Snapshots
from testbed.remembering_milvus.version import Version
from testbed.stores import storage_keys

SERVICE = milvus_pb2.DESCRIPTOR.services_by_name["MilvusService"]
# Calls that are about no database, or name it in a member of their own.
WITHOUT_DATABASE = {
    *("Connect", "GetVersion", "ListDatabases", "CreateDatabase", "DescribeDatabase", "GetImportState"),
    *("FlushAll", "GetFlushAllState", "ReplicateMessage", "BackupRBAC", "RestoreRBAC"),
    *("GetExportSnapshotState", "GetRestoreSnapshotState"),
    *("GetReplicateInfo", "GetReplicateConfiguration"),
}
# What changes something, and is not for a secondary.
CHANGES = ("Create", "Drop", "Alter", "Add", "Rename", "Load", "Release", "Import", "Restore", "Insert", "Delete", "Flush")
PYTHON_WORDS = {"import": "import_"}


def snake(method):
    """GetImportState -> get_import_state, BackupRBAC -> backup_rbac."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", method).lower()
    return PYTHON_WORDS.get(name, name)


class RememberingMilvus(Snapshots, grpc.GenericRpcHandler):
    """A Milvus of the given version over place (testbed.places), with root as its root path there.

    build_tags and text: what it says of its version, where that is odd.  Calls are kept as (method, request, headers)
    in calls and (path, query, headers, body) in pages_asked, and by their names, in order, in asked.  Leaving the
    `with` raises when anything was asked for that is wrong (violations).  before: method or page -> what is done before it is
    answered, as a test that has things change meanwhile wants it; forbidden: methods that the user may not call;
    lacks: methods that this build has not, though its version says that it should.
    """

    def __init__(self, version, place, root="files", build_tags=None, text=None, user=None, password=None):
        self._grpc = grpc.server(ThreadPoolExecutor(16), handlers=[self])
        self.port = self._grpc.add_insecure_port("127.0.0.1:0")
        self.identifier = 470000 + self.port
        super().__init__(Version.of(version, build_tags, text), place, root, self.port * 10**13 + 1)
        self.login = f"{user}:{password}" if user else None
        self.calls, self.pages_asked, self.asked, self.violations = [], [], [], []
        self.before = {}
        self.forbidden, self.lacks = set(), set()
        self.secondary = None
        self._calls, self._pages = Calls(self), Pages(self)
        self.lock = threading.RLock()
        self._grpc.start()
        self._web = ThreadingHTTPServer(("127.0.0.1", 0), self._web_handler())
        self._web.handle_error = lambda *_: None  # a client that has gone
        self.web = f"http://127.0.0.1:{self._web.server_port}"
        threading.Thread(target=self._web.serve_forever, args=[0.02], daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind is None:
            assert self.violations == [], "\n".join(self.violations)

    def stop(self):
        self._grpc.stop(None)
        self._web.shutdown()
        self._web.server_close()

    def become_secondary(self, source, target="cluster-b", channels=None, edges=None):
        """From now on it takes messages of the cluster called source, and nothing else that changes it."""
        self.secondary = Secondary(self, source, target, channels or self.physical_channels(), edges)
        return self.secondary

    # --- what was asked

    def all_of(self, method):
        """The requests of a call, in their order."""
        return [request for name, request, _ in self.calls if name == method]

    def bodies(self, path):
        """The bodies that were sent to a page whose path ends so."""
        return [body for page, _, _, body in self.pages_asked if page.endswith(path)]

    def forget_calls(self):
        del self.calls[:], self.pages_asked[:], self.asked[:]

    def storage(self, backup=False):
        """The keys of the `minio:` block that say where its data lie."""
        if isinstance(self.place, BucketPlace):
            return self.place.store.storage(self.place.bucket, self.root, backup)
        keys = {"storageType": "local", "bucketName": "none", "rootPath": str(self.place.root / self.root)}
        return storage_keys(keys, backup)

    def config(self):
        """A backup.yaml for it, as nested dicts; backups go beside its data."""
        login = dict(zip(("user", "password"), self.login.split(":"), strict=True)) if self.login else {}
        in_bucket = isinstance(self.place, BucketPlace)
        return {
            "milvus": {"address": "127.0.0.1", "port": self.port, "rest": {"endpoint": self.web}, **login},
            "minio": {**self.storage(), "backupRootPath": "backup" if in_bucket else str(self.place.root / "backup")},
            "backup": {"gcPause": {"address": self.web}},
        }

    # --- gRPC

    def service(self, details):
        service, method = details.method.lstrip("/").split("/")
        known = SERVICE.methods_by_name.get(method) if service == SERVICE.full_name else None
        known = known or snapshot_messages.METHODS.get(method)
        headers = dict(details.invocation_metadata)
        if method in self.lacks:
            return None
        special = {"GetReplicateConfiguration": self._configuration, "CreateReplicateStream": self._stream}.get(method)
        if special and self.version.has_method(method):
            return special(headers)
        if known is None or not hasattr(self._calls, snake(method)) or not self.version.has_method(method):
            with self.lock:
                self.violations.append(f"call {method}, which this version has not")
            return None
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._answer(known, request, headers, context),
            request_deserializer=GetMessageClass(known.input_type).FromString,
            response_serializer=lambda answer: answer.SerializeToString(),
        )

    def _answer(self, method, request, headers, context):
        if method.name in self.forbidden:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{method.name}: permission deny")
        answer_type = GetMessageClass(method.output_type)
        with self.lock:
            self.calls.append((method.name, request, headers))
            self.asked.append(method.name)
            try:
                self.before.get(method.name, lambda: None)()
                self._check_headers(method.name, request, headers)
                if self.secondary and method.name.startswith(CHANGES):
                    raise Wrong("a secondary takes nothing but messages of its source")
                answer = getattr(self._calls, snake(method.name))(request, headers.get("dbname", ""))
            except Refused as error:
                self._note(error, method.name)
                if "status" not in answer_type.DESCRIPTOR.fields_by_name and answer_type is not common_pb2.Status:
                    context.abort(grpc.StatusCode.UNKNOWN, error.reason)
                status = common_pb2.Status(code=error.code, error_code=error.old_code, reason=error.reason)
                return status if answer_type is common_pb2.Status else answer_type(status=status)
        return answer if isinstance(answer, answer_type) else answer_type(**(answer or {}))

    def _configuration(self, headers):
        """GetReplicateConfiguration, which pymilvus does not know yet."""

        def answer(_request, _context):
            with self.lock:
                self.asked.append("GetReplicateConfiguration")
                self._check_identity(headers)
                return wal.configuration(self.secondary)

        return grpc.unary_unary_rpc_method_handler(answer)

    def _stream(self, headers):
        def serve(requests, context):
            if self.secondary is None:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "this cluster is no secondary")
            with self.lock:
                self.asked.append("CreateReplicateStream")
                stream = self.secondary.open()
            try:
                self._check_identity(headers)
                if headers.get("cluster-id") != self.secondary.source:
                    raise Wrong(f"a stream of cluster {headers.get('cluster-id')!r}")
                for request in requests:
                    with self.lock:
                        tick = self.secondary.take(stream, request)
                    if tick is not None:
                        time.sleep(self.secondary.late)
                        confirmed = milvus_pb2.ReplicateConfirmedMessageInfo(confirmed_time_tick=tick)
                        yield milvus_pb2.ReplicateResponse(replicate_confirmed_message_info=confirmed)
            except Broken as broken:
                self._leave(stream)
                if broken.code is not None:
                    context.abort(broken.code, broken.details)
            except Refused as error:
                self._note(error, "CreateReplicateStream")
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.reason)
            finally:
                self._leave(stream)

        return grpc.stream_stream_rpc_method_handler(
            serve,
            response_serializer=lambda answer: answer.SerializeToString(),
        )

    def _leave(self, stream):
        with self.lock:
            self.secondary.close(stream)

    def _note(self, error, where):
        if isinstance(error, Wrong):
            self.violations.append(f"{where}: {error.reason}")

    def _check_identity(self, headers):
        if headers.get("identifier") != str(self.identifier):
            raise Wrong("it comes without the identifier that Connect gave")
        if self.login and headers.get("authorization") != base64.b64encode(self.login.encode()).decode():
            raise Wrong("it comes without the user and the password")

    def _check_headers(self, method, request, headers):
        if method != "Connect":
            self._check_identity(headers)
        if method in WITHOUT_DATABASE:
            return
        if not headers.get("dbname"):
            raise Wrong("it comes without the header dbname")
        if any(getattr(request, name, "") for name in ("db_name", "dbName")):
            raise Wrong("it names its database in the request, where the header belongs")
        self.database(headers["dbname"])

    # --- HTTP

    def _page(self, path, query, headers, body):
        """Status and JSON."""
        with self.lock:
            self.pages_asked.append((path, query, headers, body))
            self.asked.append(path)
            try:
                self.before.get(path, lambda: None)()
                if body is None:
                    answer = self._pages.get(path, query)
                else:
                    self._check_bearer(headers)
                    answer = self._pages.post(path, headers, body)
            except Refused as error:
                self._note(error, path)
                return (400 if body is None else 200), {"code": error.code, "message": error.reason, "msg": error.reason}
            if answer is None:
                self.violations.append(f"page {path}, which this version has not")
                return 404, {"message": "no such page"}
        return 200, answer

    def _check_bearer(self, headers):
        if self.login and headers.get("Authorization") != f"Bearer {self.login}":
            raise Wrong("it comes without the user and the password")

    def _web_handler(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                length = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(length)) if length else None
                path, _, query = self.path.partition("?")
                status, answer = fake._page(path, query, dict(self.headers), body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        return Handler
