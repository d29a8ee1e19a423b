"""Rules of the strict proxy for services that the emulator behind it is not quite like."""

import hashlib
import hmac
import re
from urllib.parse import urlsplit

from testbed.strict_proxy import Rule, UpperCaseEtags


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


class CapitalEtags(UpperCaseEtags):
    """A service whose ETags are in capitals knows them again; the emulator behind the proxy would not."""

    def __init__(self, secret_key):
        self.secret_key = secret_key

    def request(self, request):
        if "If-Match" in request.headers:
            request.headers.replace_header("If-Match", request.headers["If-Match"].lower())
        elif b"<ETag>" in request.body:
            request.body = re.sub(rb"<ETag>.*?</ETag>", lambda m: b"<ETag>" + m[0][6:-7].lower() + b"</ETag>", request.body)
        else:
            return None
        resign(request, self.secret_key)
        return None


class SmallPages(Rule):
    """No page of a listing holds more than `size` keys, whatever is asked for."""

    def __init__(self, size, secret_key):
        self.size = size
        self.secret_key = secret_key

    def request(self, request):
        if request.method == "GET" and "list-type" in request.query:
            request.with_query(**{"max-keys": str(min(int(request.query.get("max-keys", self.size)), self.size))})
            resign(request, self.secret_key)
        return None
