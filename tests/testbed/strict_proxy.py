"""A scriptable HTTP proxy before an object store: it enforces what a real service enforces and an emulator does not.

    with StrictProxy(store.port, [RefusePathStyle("oss.test"), RefuseAwsChunked(), UpperCaseEtags()]) as proxy:
        ... talk to 127.0.0.1:proxy.port ...

A rule sees every request before it is forwarded and may answer it itself, and sees every response before it is sent
and may change it. Rules are asked in order; those that count are thread-safe.
"""

import http.client
import json
import re
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class Request:
    method: str
    target: str  # path and query as sent
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def query(self):
        return {key: values[-1] for key, values in parse_qs(urlsplit(self.target).query, keep_blank_values=True).items()}

    def with_query(self, **changes):
        parts = urlsplit(self.target)
        pairs = dict(parse_qsl(parts.query, keep_blank_values=True))
        pairs.update(changes)
        self.target = f"{parts.path}?{urlencode(pairs)}"

    @property
    def is_copy(self):
        return self.method == "PUT" and any(name.lower().endswith("-copy-source") for name in self.headers)


@dataclass
class Response:
    status: int
    headers: list  # of (name, value)
    body: bytes
    cut_after: int = None  # send only this many bytes of the body, then close
    unsized: bool = False  # no Content-Length: the end of the connection is that of the body

    def header(self, name, value):
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()] + [(name, value)]


def s3_error(status, code, message="refused by the strict proxy", headers=()):
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(status, [("Content-Type", "application/xml"), *headers], body.encode())


def json_error(status, reason, message="refused by the strict proxy", headers=()):
    body = {"error": {"code": status, "message": message, "errors": [{"reason": reason}]}}
    return Response(status, [("Content-Type", "application/json"), *headers], json.dumps(body).encode())


class Rule:
    def request(self, request):
        """None to go on, or the Response to answer with."""
        return None

    def response(self, request, response):
        """Changes the response in place."""


class RefusePathStyle(Rule):
    """The bucket must be a host below the domain, as Aliyun OSS and Tencent COS demand."""

    def __init__(self, domain, code="SecondLevelDomainForbidden"):
        self.domain = domain
        self.code = code

    def request(self, request):
        host = request.headers.get("Host", "").rsplit(":", 1)[0]
        if host.endswith("." + self.domain):
            return None
        return s3_error(403, self.code, "The bucket you are attempting to access must be addressed as a host")


class RefuseAwsChunked(Rule):
    """Bodies must be plain: no chunks with signatures, no trailers."""

    def request(self, request):
        encoding = request.headers.get("Content-Encoding", "")
        hashed = request.headers.get("x-amz-content-sha256", "")
        if "aws-chunked" in encoding or hashed.startswith("STREAMING-") or request.headers.get("x-amz-trailer"):
            return s3_error(400, "InvalidArgument", "aws-chunked encoding is not supported")
        return None


class UpperCaseEtags(Rule):
    """ETags in capitals, in headers and documents."""

    def response(self, request, response):
        response.headers = [(k, v.upper() if k.lower() == "etag" else v) for k, v in response.headers]
        response.body = re.sub(rb"<ETag>.*?</ETag>", lambda m: b"<ETag>" + m[0][6:-7].upper() + b"</ETag>", response.body)
        response.body = response.body.replace(b"&QUOT;", b"&quot;")


class Nth(Rule):
    """Acts on the first `times` requests that match; a subclass says which and how."""

    def __init__(self, times=1, matches=lambda request: True):
        self.left = times
        self.matches = matches
        self.lock = threading.Lock()
        self.hits = 0

    def take(self, request):
        if not self.matches(request):
            return False
        with self.lock:
            if self.left <= 0:
                return False
            self.left -= 1
            self.hits += 1
            return True


class Answer(Nth):
    """Answers with a fixed response instead of forwarding: 503 SlowDown, 401, whatever."""

    def __init__(self, response, times=1, matches=lambda request: True):
        super().__init__(times, matches)
        self.answer = response

    def request(self, request):
        if not self.take(request):
            return None
        return Response(self.answer.status, list(self.answer.headers), self.answer.body)


def slow_down(times=1, retry_after=1, matches=lambda request: True):
    return Answer(s3_error(503, "SlowDown", headers=[("Retry-After", str(retry_after))]), times, matches)


class ErrorInside200(Nth):
    """The work is not done, and the answer is 200 with an error document: copy and complete-multipart can do so."""

    def __init__(self, times=1, code="InternalError", matches=None):
        super().__init__(times, matches or (lambda r: r.is_copy or (r.method == "POST" and "uploadId" in r.query)))
        self.code = code

    def request(self, request):
        if not self.take(request):
            return None
        return s3_error(200, self.code)


class CutBody(Nth):
    """Closes the connection in the middle of a body."""

    def __init__(self, after, times=1, matches=lambda request: request.method == "GET"):
        super().__init__(times, matches)
        self.after = after

    def response(self, request, response):
        if response.status < 300 and len(response.body) > self.after and self.take(request):
            response.cut_after = self.after


class WrongEtag(Nth):
    """An answer carries an ETag that is not the object's MD5."""

    def __init__(self, etag='"00000000000000000000000000000000"', times=1, matches=lambda request: True):
        super().__init__(times, matches)
        self.etag = etag

    def response(self, request, response):
        if response.status < 300 and self.take(request):
            response.header("ETag", self.etag)
            response.body = re.sub(rb"<ETag>.*?</ETag>", f"<ETag>{escape(self.etag)}</ETag>".encode(), response.body)


def _listed(request, response):
    """What an S3 listing is about, or None when the answer is no page of one."""
    if b"<ListBucketResult" not in response.body:
        return None
    return request.path, request.query.get("prefix"), request.query.get("delimiter")


class DuplicateListEntry(Rule):
    """Each S3 listing page begins with the last key of the page before it, as a service under change may do."""

    def __init__(self):
        self.last = {}
        self.hits = 0

    def response(self, request, response):
        what = _listed(request, response)
        entries = re.findall(rb"<(Contents|CommonPrefixes)>(.*?)</\1>", response.body, re.S) if what else []
        if not entries:
            return
        entries = [b"<%s>%s</%s>" % (kind, inner, kind) for kind, inner in entries]
        if what in self.last and "continuation-token" in request.query:
            response.body = response.body.replace(entries[0], self.last[what] + entries[0], 1)
            self.hits += 1
        self.last[what] = entries[-1]


class StaleListPage(Nth):
    """Where an S3 listing's third page belongs comes the first one again, its old continuation included.

    So it is for `times` requests; a service that never gets over it sends the client round for ever.
    """

    def __init__(self, times=1):
        super().__init__(times)
        self.pages = {}  # what is listed -> the continuation asked for -> the page

    def response(self, request, response):
        what = _listed(request, response)
        if what is None:
            return
        asked = request.query.get("continuation-token")
        if asked is None:
            self.pages[what] = {}
        pages = self.pages[what]
        if len(pages) >= 2 and asked not in pages and self.take(request):
            response.body = pages[None]
        else:
            pages[asked] = response.body


class ChecksumOfEveryPart(Rule):
    """An upload that was begun with a checksum's name wants that checksum with each part, and one that is copied has none
    to give: so MinIO answers since its release of 2025-10-15."""

    def __init__(self):
        self.announced = {}  # upload -> the algorithm that it was begun with
        self.refused = 0

    def request(self, request):
        wanted = self.announced.get(request.query.get("uploadId")) if request.is_copy else None
        if wanted is None:
            return None
        self.refused += 1
        return s3_error(400, "InvalidArgument", f'checksum missing, want "{wanted}", got ""')

    def response(self, request, response):
        algorithm = request.headers.get("x-amz-checksum-algorithm")
        if algorithm and request.method == "POST" and "uploads" in request.query and response.status == 200:
            self.announced[re.search(rb"<UploadId>(.*?)</UploadId>", response.body)[1].decode()] = algorithm


class SmallJsonPages(Rule):
    """Google: no page holds more than `size` names, whatever is asked for."""

    def __init__(self, size):
        self.size = size

    def request(self, request):
        if request.method == "GET" and re.search(r"/b/[^/]+/o$", request.path):
            asked = int(request.query.get("maxResults", self.size))
            request.with_query(maxResults=str(min(asked, self.size)))
        return None


class RewriteInSteps(Rule):
    """Google: a rewrite answers done:false with a token `steps` times before it is done."""

    def __init__(self, steps):
        self.steps = steps
        self.seen = {}
        self.lock = threading.Lock()

    def request(self, request):
        if "/rewriteTo/" not in request.path:
            return None
        token = request.query.get("rewriteToken")
        with self.lock:
            count = self.seen.get(request.path, 0)
            if count > 0 and token != f"step-{count}":
                return json_error(400, "invalid", "rewriteToken is not the one that was given")
            if count == self.steps:
                del self.seen[request.path]
                parts = urlsplit(request.target)
                pairs = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != "rewriteToken"]
                request.target = f"{parts.path}?{urlencode(pairs)}"
                return None
            self.seen[request.path] = count + 1
        body = {"kind": "storage#rewriteResponse", "done": False, "totalBytesRewritten": "0", "objectSize": "1"}
        body["rewriteToken"] = f"step-{count + 1}"
        return Response(200, [("Content-Type", "application/json")], json.dumps(body).encode())


class RequireBearer(Rule):
    """Only the given token passes; `token` may be changed while running (an expired credential)."""

    def __init__(self, token):
        self.token = token
        self.refused = 0

    def request(self, request):
        if request.headers.get("Authorization") == f"Bearer {self.token}":
            return None
        self.refused += 1
        return json_error(401, "authError", "Invalid Credentials", [("WWW-Authenticate", 'Bearer realm="strict"')])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.upstream = None

    def finish(self):
        if self.upstream:
            self.upstream.close()
        super().finish()

    def handle_any(self):
        proxy = self.server.proxy
        request = Request(self.command, self.path, self.headers, self._read_body())
        proxy.requests.append((request.method, request.target))
        response = None
        for rule in proxy.rules:
            response = rule.request(request)
            if response is not None:
                break
        if response is None:
            response = self._forward(request)
        for rule in proxy.rules:
            rule.response(request, response)
        self._send(response)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = handle_any

    def _read_body(self):
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(iter(self._read_chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _read_chunk(self):
        size = int(self.rfile.readline().split(b";")[0], 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def _forward(self, request):
        """Headers pass as they are, Host included: a signature covers them."""
        if self.upstream is None:
            self.upstream = http.client.HTTPConnection("127.0.0.1", self.server.proxy.upstream_port, timeout=60)
        self.upstream.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "expect"):
                self.upstream.putheader(name, value)
        if request.body or request.method in ("PUT", "POST"):
            self.upstream.putheader("Content-Length", str(len(request.body)))
        self.upstream.endheaders(request.body)
        reply = self.upstream.getresponse()
        body = reply.read()
        headers = [(name, value) for name, value in reply.getheaders() if name.lower() not in HOP_BY_HOP]
        if request.method == "HEAD" and reply.getheader("Content-Length"):
            headers.append(("Content-Length", reply.getheader("Content-Length")))
        return Response(reply.status, headers, body)

    def _send(self, response):
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if response.unsized:
            self.close_connection = True
        elif not any(name.lower() == "content-length" for name, _ in response.headers):
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(response.body[: response.cut_after])
        if response.cut_after is not None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        """A client that hangs up is part of many tests."""


class StrictProxy:
    """Listens on a free port of 127.0.0.1 and forwards to another one; `requests` tells what came."""

    def __init__(self, upstream_port, rules=()):
        self.upstream_port = upstream_port
        self.rules = list(rules)
        self.requests = []
        self.server = _HttpServer(("127.0.0.1", 0), _Handler)
        self.server.proxy = self
        self.port = self.server.server_address[1]

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
