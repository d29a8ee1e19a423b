"""Signatures of S3 requests that a proxy has changed."""

import hashlib
import hmac
import re
from urllib.parse import urlsplit


def _mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def resign(request, secret_key):
    """Signs again (AWS Signature Version 4) for the headers and the body as they are now."""
    authorization = request.headers["Authorization"]
    scope = re.search(r"Credential=[^/]+/([^,]+)", authorization)[1]
    names = re.search(r"SignedHeaders=([^,]+)", authorization)[1]
    payload = request.headers["x-amz-content-sha256"]
    if payload != "UNSIGNED-PAYLOAD":
        payload = hashlib.sha256(request.body).hexdigest()
        request.headers.replace_header("x-amz-content-sha256", payload)
    parts = urlsplit(request.target)
    query = "&".join(sorted(parts.query.split("&")))
    lines = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names.split(";"))
    canonical = "\n".join([request.method, parts.path, query, lines, names, payload])
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, hashed])
    key = ("AWS4" + secret_key).encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    signature = _mac(key, to_sign).hex()
    request.headers.replace_header("Authorization", re.sub(r"Signature=\w+", f"Signature={signature}", authorization))


def sign_as(request, access_key, secret_key):
    """Signs again as somebody else who has no session token."""
    del request.headers["x-amz-security-token"]
    authorization = re.sub(r"Credential=[^/]+/", f"Credential={access_key}/", request.headers["Authorization"])
    request.headers.replace_header("Authorization", authorization.replace(";x-amz-security-token", ""))
    resign(request, secret_key)


def is_signed_with(request, secret_key):
    said = request.headers["Authorization"]
    resign(request, secret_key)
    return request.headers["Authorization"] == said
