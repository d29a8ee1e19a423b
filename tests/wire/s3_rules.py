"""Rules of the strict proxy for services that the emulator behind it is not quite like."""

import re

from testbed.sigv4 import resign
from testbed.strict_proxy import Rule, UpperCaseEtags, s3_error


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


class Unsized(Rule):
    """No answer about an object tells its length, and of a part only where it lies: so a proxy does that changes bodies."""

    def __init__(self):
        self.hits = 0

    def response(self, request, response):
        if request.method not in ("GET", "HEAD") or "list-type" in request.query or not 200 <= response.status < 300:
            return
        self.hits += 1
        response.unsized = True
        response.headers = [
            (name, re.sub(r"/\d+$", "/*", value) if name.lower() == "content-range" else value)
            for name, value in response.headers
            if name.lower() != "content-length"
        ]


class ContentMd5(Rule):
    """An older service: it knows no checksums and wants Content-MD5 with every body."""

    def __init__(self):
        self.refused = []

    def request(self, request):
        if any(name.lower().startswith("x-amz-checksum-") for name in request.headers):
            return self.refuse(501, "NotImplemented", "A header means something that this service does not do")
        if request.body and "Content-MD5" not in request.headers:
            return self.refuse(400, "InvalidRequest", "Missing required header for this request: Content-MD5")
        return None

    def refuse(self, status, code, message):
        self.refused.append(code)
        return s3_error(status, code, message)
