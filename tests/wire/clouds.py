"""Services around the clouds' object stores, as small HTTP mocks: token endpoints and metadata servers."""

import base64
import functools
import json
import re
import subprocess
import threading
import time
from email.utils import formatdate
from urllib.parse import parse_qs

from testbed.stores import FakeGcs
from testbed.strict_proxy import Response, Rule
from wire.scripted import Answer, Scripted


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def skewed_date(seconds):
    return {"Date": formatdate(time.time() + seconds, usegmt=True)}


def as_json(status, **members):
    return Answer(status, json.dumps(members).encode(), {"Content-Type": "application/json"})


class Tokens:
    """Gives out tokens; `make(number)` says what the n-th looks like, from 1, and how many seconds it lives.

    Before a token is given `inspect(asked)` may raise AssertionError, which the client hears as 400.
    """

    def __init__(self, make=lambda number: (f"token-{number}", 3600), inspect=lambda asked: None, expires_as=int):
        self.make = make
        self.inspect = inspect
        self.expires_as = expires_as
        self.given = 0
        self.lock = threading.Lock()
        self.faults = []
        self.server = Scripted(rule=self._answer)

    def _answer(self, asked):
        try:
            self.inspect(asked)
        except AssertionError as fault:
            self.faults.append(str(fault))
            return as_json(400, error="invalid_request", error_description=f"refused: {fault}"[:200])
        with self.lock:
            self.given += 1
            token, seconds = self.make(self.given)
        return as_json(200, access_token=token, token_type="Bearer", expires_in=self.expires_as(seconds))

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *details):
        self.server.__exit__(*details)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def asked(self):
        return self.server.asked


def form_of(asked):
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    return {key: values[0] for key, values in parse_qs(asked.body.decode(), strict_parsing=True).items()}


class RsaKey:
    """An RSA key in a file, and whether it made the signature of a JSON web token."""

    def __init__(self, folder):
        self.path = folder / "account.key"
        command = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.path]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        self.public = folder / "account.pub"
        command = ["openssl", "rsa", "-in", self.path, "-pubout", "-out", self.public]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)

    @property
    def pem(self):
        return self.path.read_text()

    def opened(self, token):
        """Header and claims of a token that this key has signed."""
        head, claims, signature = token.split(".")
        proof = self.public.with_suffix(".sig")
        proof.write_bytes(from_base64url(signature))
        done = subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", self.public, "-signature", proof],
            input=f"{head}.{claims}".encode(),
            stdout=subprocess.PIPE,
        )
        assert done.returncode == 0, "the signature is not that of the account's key"
        return json.loads(from_base64url(head)), json.loads(from_base64url(claims))


@functools.cache
def _crc32c_table():
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in table]
    return table


@functools.cache
def crc32c(data):
    """As Google writes it: base64 of the four bytes."""
    table, crc = _crc32c_table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return base64.b64encode((crc ^ 0xFFFFFFFF).to_bytes(4, "big")).decode()


class _Short:
    """A reader that leaves what is behind a number of bytes of a body."""

    def __init__(self, reader, most):
        self.readline = reader.readline
        self.read = lambda length: reader.read(min(length, most))


class Uploads(Scripted):
    """Google's resumable uploads, one at a time.

    `plan` says what becomes of the pieces in turn: None takes one whole, a number keeps so many of its bytes and says
    so, Cut(n) keeps n bytes and closes the connection, an Answer is given and nothing kept.  As the service does it
    leaves out what it already has.  Without `reuse` the session begins on a connection of its own, so that libcurl does
    not send a piece again by itself.
    """

    class Cut(int):
        pass

    def __init__(self, plan=(), hashed=crc32c, reuse=False):
        super().__init__(rule=self._answer_to)
        self.plan = list(plan)
        self.hashed = hashed
        self.reuse = reuse
        self.kept = b""
        self.done = None

    def _read(self, reader, number):
        cut = self.plan and isinstance(self.plan[0], self.Cut)
        return super()._read(_Short(reader, self.plan[0]) if cut else reader, number)

    def _answer_to(self, asked):
        if asked.method == "POST":
            session = f"http://127.0.0.1:{self.port}/upload/session?upload_id=secret"
            said = {} if self.reuse else {"Connection": "close"}  # or a piece may go into a connection that is about to end
            return Answer(200, b"", {"Location": session, **said}, close=not self.reuse)
        if asked.method == "DELETE":
            return Answer(499 if asked.path == "/upload/session" else 204)
        assert asked.target == "/upload/session?upload_id=secret"
        span = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", asked.headers["content-range"])
        first, last, total = span.groups()
        if first is None:
            assert asked.body == b""
            return self._state(total)
        planned = self.plan.pop(0) if self.plan else None
        known = len(self.kept) - int(first)
        if known < 0:
            return as_json(400, error={"message": "a piece does not follow upon what is kept"})
        if isinstance(planned, Answer):
            return planned
        if not isinstance(planned, self.Cut):
            assert len(asked.body) == int(last) - int(first) + 1
            assert total != "*" and int(last) + 1 == int(total) or len(asked.body) % 262144 == 0
        self.kept += asked.body[known:planned]
        if isinstance(planned, self.Cut):
            raise OSError("cut")
        return self._state(total)

    def _state(self, total):
        if total.isdigit() and int(total) == len(self.kept):
            crc = self.hashed(self.kept)
            self.done = {"name": "k", "size": total, "generation": "17", **({"crc32c": crc} if crc else {})}
            return as_json(200, **self.done)
        return Answer(308, b"", {"Range": f"bytes=0-{len(self.kept) - 1}"} if self.kept else {})


class Sessions(Rule):
    """Google: a resumable upload has the proxy's address, and may be asked how much is kept.

    fake-gcs-server takes such a question for the upload's end.
    """

    def __init__(self):
        self.kept = {}  # upload_id -> the Range that was told last

    def request(self, request):
        asks = re.fullmatch(r"bytes \*/(\d+|\*)", request.headers.get("Content-Range", ""))
        kept = self.kept.get(request.query.get("upload_id"))
        if not asks or (kept and kept == f"bytes=0-{int(asks[1]) - 1 if asks[1] != '*' else '*'}"):
            return None
        return Response(308, [("Range", kept)] if kept else [], b"")

    def response(self, request, response):
        fields = {name.lower(): value for name, value in response.headers}
        if "location" in fields:
            response.header("Location", f"http://{request.headers['Host']}/" + fields["location"].split("/", 3)[3])
        if response.status == 308 and "range" in fields:
            self.kept[request.query["upload_id"]] = fields["range"]


class GcsInMemory(FakeGcs):
    """Without the limits of a file system, whose names Google does not have."""

    def command(self):
        command = list(super().command())
        at = command.index("-backend")
        return [*command[:at], "-backend", "memory"]


