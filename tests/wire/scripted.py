"""A scripted HTTP server: it remembers exactly what it was asked and plays the answers it was given."""

import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

REASONS = {
    **{status.value: status.phrase for status in HTTPStatus if status >= 300},
    **{200: "OK", 204: "No Content", 206: "Partial Content", 503: "Slow Down"},
}


@dataclass
class Asked:
    method: str
    target: str
    headers: dict  # names in lower case
    body: bytes
    connection: int

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def query(self):
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)  # one that is None is left out
    cut_after: int = None  # bytes of the body, then the connection is closed
    wait: float = 0  # before anything is said
    pauses: list = None  # (seconds, bytes) in turn, chunked, instead of body
    close: bool = False
    length: int = None  # what Content-Length says instead of the truth

    def head(self):
        length = len(self.body) if self.length is None else self.length
        framing = {"Transfer-Encoding": "chunked"} if self.pauses else {"Content-Length": length}
        if self.status == 204:
            framing = {}
        fields = {**framing, **self.headers}
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Something')}"]
        lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Scripted:
    """Answers in the order given, whoever asks; with `rule`, a function of what was asked, when there are no more."""

    def __init__(self, *answers, rule=None, tls=None, host="127.0.0.1"):
        self.answers = list(answers)
        self.rule = rule
        self.tls = tls
        self.host = host
        self.asked = []
        self.connections = 0
        self.lock = threading.Lock()
        self.open_sockets = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family)
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.open_sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
                self.open_sockets.append(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection, number):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            elif not connection.recv(1, socket.MSG_PEEK).isalpha():  # TLS, as a rule
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                return
            reader = connection.makefile("rb")
            while (asked := self._read(reader, number)) is not None:
                if not self._play(connection, asked, self._next(asked)):
                    break
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            connection.close()

    def _read(self, reader, number):
        line = reader.readline().decode("latin-1").split()
        if len(line) != 3:
            return None
        headers = {}
        while field_line := reader.readline().decode("latin-1").strip():
            name, value = field_line.split(":", 1)
            headers[name.strip().lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        return Asked(line[0], line[1], headers, body, number)

    def _next(self, asked):
        with self.lock:
            self.asked.append(asked)
            if self.answers:
                return self.answers.pop(0)
        return self.rule(asked) if self.rule else Answer(500, b"the script is at its end")

    @staticmethod
    def _play(connection, asked, answer):
        time.sleep(answer.wait)
        connection.sendall(answer.head())
        if answer.pauses:
            for seconds, data in answer.pauses:
                time.sleep(seconds)
                connection.sendall(b"%x\r\n%s\r\n" % (len(data), data) if data else b"")
            if answer.cut_after is None:
                connection.sendall(b"0\r\n\r\n")
            return answer.cut_after is None
        if asked.method != "HEAD":
            connection.sendall(answer.body[: answer.cut_after])
        return answer.cut_after is None and not answer.close
