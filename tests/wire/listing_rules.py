"""Rules of the strict proxy for S3 services whose listings are late, short or in another order."""

import re
from urllib.parse import unquote

from testbed.strict_proxy import Rule


class Listings(Rule):
    """Changes the entries of recursive S3 listings below `root`."""

    def __init__(self, root):
        self.root = root
        self.hits = 0

    def response(self, request, response):
        query = request.query
        if b"<ListBucketResult" not in response.body or "delimiter" in query or not query.get("prefix", "").startswith(self.root):
            return
        entries = re.findall(rb"<Contents>.*?</Contents>", response.body, re.S)
        changed = self.change(entries)
        if changed != entries:
            self.hits += 1
            rest = re.sub(rb"<Contents>.*?</Contents>", b"", response.body, flags=re.S)
            response.body = rest.replace(b"</ListBucketResult>", b"".join(changed) + b"</ListBucketResult>")


class Backwards(Listings):
    def change(self, entries):
        return entries[::-1]


class Late(Listings):
    """The first `times` listings leave out keys that end like this."""

    def __init__(self, root, end, times):
        super().__init__(root)
        self.end = end
        self.times = times

    def change(self, entries):
        if self.hits >= self.times:
            return entries
        return [entry for entry in entries if self.end + "</Key>" not in unquote(entry.decode())]


class EndsEarly(Rule):
    """Recursive listings have no second page."""

    def __init__(self, root):
        self.root = root

    def response(self, request, response):
        query = request.query
        if b"<ListBucketResult" in response.body and "delimiter" not in query and query.get("prefix", "").startswith(self.root):
            response.body = re.sub(rb"<NextContinuationToken>.*?</NextContinuationToken>", b"", response.body)
            response.body = response.body.replace(b"<IsTruncated>true", b"<IsTruncated>false")
