"""`milvus-backup server` on a free port: started, spoken to over HTTP, told to end, and asked how it ended."""

import http.client
import json
import os
import re
import signal
import ssl
import urllib.parse
from dataclasses import dataclass

from testbed.program import SANITIZER_EXIT
from testbed.server import ServerError, wait_until

API = "/api/v1"
LISTENING = re.compile(r"^listening on (https?)://(\S+):(\d+)(?:, gRPC on (\S+):(\d+))?$", re.MULTILINE)


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        """What a call gave that must have succeeded."""
        envelope = self.json()
        assert self.status == 200 and "code" not in envelope, self
        return envelope["data"]

    @property
    def code(self):
        return self.json().get("code", 0)


class BackupServer:
    """Runs the server over a Program's configuration, as a context manager.

    The end of the `with` sends SIGTERM and asserts that the server ended with exit code 0 and without a report of a
    sanitizer. A test that ends it otherwise calls stop(), kill() or finish() itself.
    headers: sent with every request. tls: the authority's file to check the server with; certificate: a client's.
    """

    def __init__(self, program, *arguments, port=0, headers=None, tls=None, certificate=None):
        self.program = program
        self.arguments = [*(() if port is None else ("-p", port)), *arguments]
        self.headers = headers or {}
        self.tls, self.certificate = tls, certificate
        self.process = None
        self.host = self.port = self.scheme = self.grpc_port = None

    # ------------------------------------------------------------------ life

    def start(self, timeout=30):
        self.output = self.program.folder / "server.out"
        with open(self.output, "wb") as output:
            self.process = self.program.start("server", *self.arguments, output=output)
        try:
            wait_until(self._listens_or_ended, timeout, "the server's line that it listens")
        except BaseException:
            self.kill()
            raise
        self.scheme, host, port, _, grpc_port = LISTENING.search(self.said()).groups()
        self.port, self.grpc_port = int(port), int(grpc_port) if grpc_port else None
        self.host = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))
        return self

    def _listens_or_ended(self):
        if LISTENING.search(self.said()):
            return True
        if self.process.poll() is not None:
            raise ServerError(f"the server ended with {self.process.returncode}:\n{self.said()}")
        return False

    def said(self):
        """What it wrote to standard output and standard error."""
        return self.output.read_text(errors="replace")

    def log(self):
        return self.program.log()

    @property
    def pid(self):
        return self.process.pid

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def tell(self, number=signal.SIGTERM):
        os.kill(self.pid, number)

    def finish(self, timeout=60):
        """Waits for its end, which another has brought about; gives the exit code."""
        code = self.process.wait(timeout)
        assert code != SANITIZER_EXIT and "runtime error:" not in self.said(), f"sanitizer report:\n{self.said()}"
        return code

    def stop(self, timeout=60):
        """Tells it to end, which it must do in an orderly way."""
        if self.process is None or self.process.poll() is not None:
            return
        self.tell()
        try:
            code = self.finish(timeout)
        finally:
            self.kill()
        assert code == 0, f"exit code {code}:\n{self.said()}\n--- log\n{self.log()}"

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if self.process.poll() is not None and kind is None:
            assert self.finish() == 0, f"the server ended by itself:\n{self.said()}"
        if kind is None:
            self.stop()
        else:
            self.kill()

    # ----------------------------------------------------------------- calls

    def connect(self, timeout=60):
        """A connection of http.client, to send what it likes."""
        if self.scheme == "http":
            return http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        context = ssl.create_default_context(cafile=self.tls)
        if self.certificate is not None:
            context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=context)

    def request(self, method, path, body=None, query=None, headers=None, timeout=60):
        """One request. A path without a leading slash is below /api/v1; a body that is no text is sent as JSON."""
        target = path if path.startswith("/") else f"{API}/{path}"
        if query:
            target += "?" + urllib.parse.urlencode(query)
        kind = {}
        if body is not None and not isinstance(body, (bytes, str)):
            body, kind = json.dumps(body), {"Content-Type": "application/json"}
        if isinstance(body, str):
            body = body.encode()
        connection = self.connect(timeout)
        try:
            connection.request(method, target, body, {**kind, **self.headers, **(headers or {})})
            reply = connection.getresponse()
            return Answer(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def get(self, path, headers=None, timeout=60, **query):
        return self.request("GET", path, query=query, headers=headers, timeout=timeout)

    def post(self, path, body=None, headers=None, timeout=60, **query):
        return self.request("POST", path, {} if body is None else body, query, headers, timeout)

    def delete(self, path, headers=None, timeout=60, **query):
        return self.request("DELETE", path, query=query, headers=headers, timeout=timeout)

    def task(self, task_id):
        return self.get("task", id=task_id).data

    def wait_for_task(self, task_id, timeout=60):
        """The task once it has ended, however."""
        ended = ("succeeded", "failed", "cancelled")
        wait_until(lambda: self.task(task_id)["state"] in ended, timeout, f"the end of task {task_id}")
        return self.task(task_id)
