"""The drivers of Azure's and Google's own protocols, each against what stands for its service here."""

import base64
import json

import pytest
from testbed import Azurite
from testbed.strict_proxy import RequireBearer, RewriteInSteps, SmallJsonPages, StrictProxy
from wire.clouds import GcsInMemory, Sessions, Tokens

KEYS = {name: base64.b64encode(name[-1:].encode() * 64).decode() for name in ("account1", "account2")}
MISSING = {"bucketName": "no-such-bucket"}
CREATE = ("--create",)


def test_azure(check):
    with Azurite(accounts=KEYS) as server:
        options = {
            "address": server.address,
            "port": server.port,
            "accountName": "account1",
            "auth.accountKey": KEYS["account1"],
            "bucketName": "a-bucket",
        }
        bad = {"auth.accountKey": KEYS["account2"]}
        check.run("azure", [], options, bad=bad, missing=MISSING, arguments=CREATE)


@pytest.fixture(scope="module")
def google():
    with GcsInMemory() as server:
        yield server


def google_options(port, bucket, **changes):
    return {"address": "127.0.0.1", "port": port, "useSSL": "false", "bucketName": bucket, **changes}


def test_gcpnative(check, google):
    options = google_options(google.port, "plain", **{"auth.type": "none"})
    check.run("gcpnative", [], options, missing=MISSING, arguments=CREATE)


def test_gcpnative_behind_the_strict_proxy(check, google, tmp_path):
    """Tokens, pages of seven names, copies in four steps."""

    def inspect(asked):
        assert asked.path == "/token", "unknown client"

    def credentials(name):
        members = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
        path = tmp_path / name
        path.write_text(json.dumps({**members, "token_uri": f"{tokens.url}/{name}"}))
        return path

    rules = [RequireBearer("the-token"), SmallJsonPages(7), RewriteInSteps(3), Sessions()]
    made = Tokens(make=lambda _: ("the-token", 3600), inspect=inspect)
    with made as tokens, StrictProxy(google.port, rules) as proxy:
        good = {"auth.type": "serviceAccount", "auth.credentialsFile": credentials("token")}
        bad = {"auth.credentialsFile": credentials("nothing-here")}
        options = google_options(proxy.port, "strict", **good)
        check.run("gcpnative", [], options, bad=bad, missing=MISSING, arguments=CREATE)
        assert rules[0].refused == 0 and tokens.given > 0
