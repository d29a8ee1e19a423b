"""Lines of a file of credentials, made without the program, and the headers that go with them."""

import base64
import hashlib
import os

SALT = b"sixteen letters."


def _unpadded(data):
    return base64.b64encode(data).decode().rstrip("=")


def token_line(name, role, token, expires=None):
    line = f"{name}:{role}:token:$sha256${hashlib.sha256(token.encode()).hexdigest()}"
    return line if expires is None else f"{line}:{expires}"


def password_line(name, role, password, expires=None):
    """With the least work that is taken, since tests hash many."""
    key = hashlib.scrypt(password.encode(), salt=SALT, n=1024, r=1, p=1, dklen=32)
    line = f"{name}:{role}:password:$scrypt$ln=10,r=1,p=1${_unpadded(SALT)}${_unpadded(key)}"
    return line if expires is None else f"{line}:{expires}"


def certificate_line(name, role):
    return f"{name}:{role}:certificate:"


def bearer(token):
    return f"Bearer {token}"


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def write(path, *lines):
    """In one step, as an administrator does who does not want a broken one to be read."""
    beside = path.with_name(path.name + ".new")
    beside.touch(mode=0o600)
    beside.write_text("".join(f"{line}\n" for line in lines))
    os.replace(beside, path)
