"""Services around the clouds' object stores, as small HTTP mocks: token endpoints and metadata servers."""

import base64
import json
import subprocess
import threading
import time
from email.utils import formatdate
from urllib.parse import parse_qs

from testbed.stores import FakeGcs
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


class GcsInMemory(FakeGcs):
    """Without the limits of a file system, whose names Google does not have."""

    def command(self):
        command = list(super().command())
        at = command.index("-backend")
        return [*command[:at], "-backend", "memory"]


