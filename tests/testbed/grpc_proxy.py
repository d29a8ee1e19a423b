"""A gRPC server that hands every call on to another one, and can end the caller at one of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from testbed import ports


class GrpcProxy(grpc.GenericRpcHandler):
    """calls: the methods that went through, in order. Upstream calls are never cut short, whoever goes away.

    at(method, nth, side, what): calls what() at the nth call of the method, "before" it is handed on or "after" it was
    answered, and keeps the answer back.
    """

    def __init__(self, upstream_port):
        self.port = ports.free_port()
        self.calls = []
        self._at = None
        self._lock = threading.Lock()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{upstream_port}")
        self._server = grpc.server(ThreadPoolExecutor(16), handlers=[self])
        self._server.add_insecure_port(f"127.0.0.1:{self.port}")

    def __enter__(self):
        self._server.start()
        return self

    def __exit__(self, *_):
        self._server.stop(None)
        self._channel.close()

    def at(self, method, nth, side, what):
        self.calls = []
        self._at = (method, nth, side, what)

    def forget(self):
        self._at = None
        self.calls = []

    def service(self, details):
        method = details.method
        metadata = [(key, value) for key, value in details.invocation_metadata if not _is_transport(key)]
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self._hand_on(method, metadata, request, context))

    def _hand_on(self, path, metadata, request, context):
        name = path.rsplit("/", 1)[1]
        with self._lock:
            self.calls.append(name)
            here = self._at and self._at[0] == name and self.calls.count(name) == self._at[1]
        if here and self._at[2] == "before":
            self._stop_at(context)
        try:
            answer = self._channel.unary_unary(path)(request, metadata=metadata, timeout=60, wait_for_ready=True)
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
        if here:
            self._stop_at(context)
        return answer

    def _stop_at(self, context):
        self._at[3]()
        context.abort(grpc.StatusCode.UNAVAILABLE, "nobody waits for this answer")


def _is_transport(key):
    return key in ("user-agent", "te", "content-type") or key.startswith("grpc-") or key.startswith(":")
