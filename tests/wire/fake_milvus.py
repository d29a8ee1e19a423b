"""A Milvus of our own that says what a test tells it to: gRPC with scripted answers, and the HTTP endpoints."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from pymilvus.grpc_gen import common_pb2, milvus_pb2

SERVICE = "milvus.proto.milvus.MilvusService"
REQUESTS = {
    "Connect": "ConnectRequest",
    "GetVersion": "GetVersionRequest",
    "ListDatabases": "ListDatabasesRequest",
    "CreateDatabase": "CreateDatabaseRequest",
    "DescribeDatabase": "DescribeDatabaseRequest",
    "ShowCollections": "ShowCollectionsRequest",
    "HasCollection": "HasCollectionRequest",
    "DescribeCollection": "DescribeCollectionRequest",
    "CreateCollection": "CreateCollectionRequest",
    "DropCollection": "DropCollectionRequest",
    "AddCollectionField": "AddCollectionFieldRequest",
    "AlterCollection": "AlterCollectionRequest",
    "RenameCollection": "RenameCollectionRequest",
    "BackupRBAC": "BackupRBACMetaRequest",
    "RestoreRBAC": "RestoreRBACMetaRequest",
    "CreateAlias": "CreateAliasRequest",
    "AlterAlias": "AlterAliasRequest",
    "ShowPartitions": "ShowPartitionsRequest",
    "CreatePartition": "CreatePartitionRequest",
    "DescribeIndex": "DescribeIndexRequest",
    "CreateIndex": "CreateIndexRequest",
    "LoadCollection": "LoadCollectionRequest",
    "LoadPartitions": "LoadPartitionsRequest",
    "GetReplicas": "GetReplicasRequest",
    "GetLoadState": "GetLoadStateRequest",
    "GetLoadingProgress": "GetLoadingProgressRequest",
    "GetPersistentSegmentInfo": "GetPersistentSegmentInfoRequest",
    "Flush": "FlushRequest",
    "GetFlushState": "GetFlushStateRequest",
    "Import": "ImportRequest",
    "GetImportState": "GetImportStateRequest",
}


class Abort:
    """A gRPC status instead of an answer."""

    def __init__(self, code, details=""):
        self.code = code
        self.details = details


class Hang:
    """No answer until the client has gone or the fake is closed."""


class Held:
    """An answer that is given when the test releases it."""

    def __init__(self, answer):
        self.answer = answer
        self.released = threading.Event()


class Late:
    """An answer after some time; one that nobody waits for any more is counted as cut short."""

    def __init__(self, seconds, answer):
        self.seconds = seconds
        self.answer = answer


def status(code=0, error_code=0, reason=""):
    return common_pb2.Status(code=code, error_code=error_code, reason=reason)


RATE_LIMIT = status(code=8, error_code=49, reason="rate limit exceeded[rate=1]")


class FakeMilvus(grpc.GenericRpcHandler):
    """answers: method -> a list of answers (the last one stays), or a function of the request.

    An answer is a message, bytes, Abort or Hang. Calls are kept as (method, request, headers).
    stream: of a replication: a generator over requests, context and headers that gives the ticks it confirms.
    http: path -> (status, JSON or bytes[, headers]), a function that gives one, or a list of these (the last one stays).
    Requests are kept as (path, query, headers, body).
    """

    def __init__(self, build_tags="v2.3.5", credentials=None):
        self.answers = {
            "Connect": [
                milvus_pb2.ConnectResponse(
                    identifier=4711, server_info=common_pb2.ServerInfo(build_tags=build_tags)
                )
            ],
            "ListDatabases": [milvus_pb2.ListDatabasesResponse(db_names=["default"])],
        }
        self.calls = []
        self.stream = None
        self.http = {}
        self.http_calls = []
        self.cut_short = 0
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._grpc = grpc.server(ThreadPoolExecutor(16), handlers=[self])
        if credentials:
            self.port = self._grpc.add_secure_port("127.0.0.1:0", credentials)
        else:
            self.port = self._grpc.add_insecure_port("127.0.0.1:0")
        self._grpc.start()
        self._web = ThreadingHTTPServer(("127.0.0.1", 0), self._web_handler())
        self._web.handle_error = lambda *_: None  # a client that has gone
        self.web = f"http://127.0.0.1:{self._web.server_port}"
        threading.Thread(target=self._web.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closing.set()
        self._grpc.stop(None)
        self._web.shutdown()
        self._web.server_close()

    def count(self, method):
        return sum(name == method for name, _, _ in self.calls)

    def of(self, method):
        """The one call of a method: request, headers."""
        [(_, request, headers)] = [call for call in self.calls if call[0] == method]
        return request, headers

    def all_of(self, method):
        """The requests of a method, in their order."""
        return [request for name, request, _ in self.calls if name == method]

    def service(self, details):
        service, method = details.method.lstrip("/").split("/")
        if method == "CreateReplicateStream" and self.stream:
            headers = dict(details.invocation_metadata)
            serve = lambda requests, context: self.stream(requests, context, headers)
            return grpc.stream_stream_rpc_method_handler(
                serve,
                request_deserializer=milvus_pb2.ReplicateRequest.FromString,
                response_serializer=lambda tick: milvus_pb2.ReplicateResponse(
                    replicate_confirmed_message_info={"confirmed_time_tick": tick}
                ).SerializeToString(),
            )
        if service != SERVICE or method not in REQUESTS:
            return None
        headers = {key: value for key, value in details.invocation_metadata if not key.startswith("grpc-")}
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._handle(method, request, headers, context),
            request_deserializer=getattr(milvus_pb2, REQUESTS[method]).FromString,
            response_serializer=lambda answer: answer if isinstance(answer, bytes) else answer.SerializeToString(),
        )

    def _handle(self, method, request, headers, context):
        with self._lock:
            self.calls.append((method, request, headers))
            script = self.answers.get(method, Abort(grpc.StatusCode.UNIMPLEMENTED, f"unknown method {method}"))
            if isinstance(script, list):
                answer = script.pop(0) if len(script) > 1 else script[0]
            else:
                answer = script(request) if callable(script) else script
        if isinstance(answer, Abort):
            context.abort(answer.code, answer.details)
        if isinstance(answer, Hang):
            self._closing.wait(60)
            context.abort(grpc.StatusCode.ABORTED, "closing")
        if isinstance(answer, Held):
            answer.released.wait(60)
            return answer.answer
        if isinstance(answer, Late):
            time.sleep(answer.seconds)
            self.cut_short += not context.is_active()
            return answer.answer
        return answer

    def _web_handler(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                length = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(length)) if length else None
                path, _, query = self.path.partition("?")
                fake.http_calls.append((path, query, dict(self.headers), body))
                script = fake.http.get(path, (404, {"message": "no such page"}))
                if isinstance(script, list):
                    script = script.pop(0) if len(script) > 1 else script[0]
                code, answer, *headers = script() if callable(script) else script
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(code)
                for name, value in (headers[0] if headers else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        return Handler
