"""What becomes of copies inside of a service that declines them, and of uploads whose end is told strangely."""

import pytest
from testbed.program import Program
from testbed.strict_proxy import Answer, ChecksumOfEveryPart, Response, Rule, s3_error

from wire.transferring import BUCKET, FOR_EVER, MIB, backup_in, bucket_config, move, to


@pytest.fixture
def program(store, behind, root, tmp_path):
    return Program(tmp_path / "program", bucket_config(store, behind.port, f"{root}/to"))


def is_part_copy(request):
    return request.is_copy and "partNumber" in request.query


def is_whole_copy_of_the_large(request):
    return request.is_copy and not is_part_copy(request) and request.path.endswith("/101/7")


def is_complete(request):
    return request.method == "POST" and "uploadId" in request.query


def decline(response, matches):
    return Answer(response, FOR_EVER, matches)


class NoCopiedParts(Rule):
    """Takes copies of parts and then finds that it cannot complete an upload with them."""

    def __init__(self):
        self.copied = set()
        self.hits = 0

    def request(self, request):
        if is_part_copy(request):
            self.copied.add(request.query["uploadId"])
        if is_complete(request) and request.query["uploadId"] in self.copied:
            self.hits += 1
            return s3_error(400, "InvalidPart")
        return None


LENGTH_REQUIRED = Response(411, [("Content-Type", "text/plain")], b"Length Required")
DECLINES = {
    "411": lambda: decline(LENGTH_REQUIRED, is_part_copy),
    "checksum": lambda: decline(s3_error(400, "InvalidArgument", 'checksum missing, want "CRC32C", got ""'), is_part_copy),
    "method": lambda: decline(Response(405, [("Content-Type", "text/html")], b"<html>no</html>"), is_part_copy),
    "complete": NoCopiedParts,
}


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "streamed"])
@pytest.mark.parametrize("rule", DECLINES.values(), ids=DECLINES.keys())
def test_parts_that_are_not_copied_go_another_way(store, behind, program, root, tmp_path, rule, whole):
    made = backup_in(store.data / BUCKET / root / "from" / "b", segments=2, weight=20 * MIB + 1)
    program.configure(minio={"multipartCopyThresholdMiB": 1})
    behind.rules = [rule()]
    if not whole:
        behind.rules.append(decline(s3_error(400, "InvalidArgument"), is_whole_copy_of_the_large))
    there = bucket_config(store, behind.port, f"{root}/from")
    program.ok("transfer", "-n", "b", "--from", to(program, there))
    assert behind.rules[0].hits > 0
    assert program.log().count("does not copy parts of objects") == 1
    assert program.log().count("they are streamed from now on") == (0 if whole else 1)
    keys = store.keys(BUCKET, f"{root}/to/b/")
    assert {key.removeprefix(f"{root}/to/b/") for key in keys} == made
    assert sum(size == 20 * MIB + 1 for key, size in keys.items()) == 2
    assert store.uploads(BUCKET) == []


def test_parts_are_copied_where_announced_checksums_are_wanted_of_each(store, behind, program, root, tmp_path):
    """As by MinIO since its release of 2025-10-15: what is only copied announces none, so that nothing is streamed."""
    made = backup_in(store.data / BUCKET / root / "from" / "b", segments=2, weight=20 * MIB + 1)
    program.configure(minio={"multipartCopyThresholdMiB": 1}, transfer={"mode": "direct"})
    behind.rules = [ChecksumOfEveryPart()]
    program.ok("transfer", "-n", "b", "--from", to(program, bucket_config(store, behind.port, f"{root}/from")))
    copied = [target for method, target in behind.requests if method == "PUT" and "partNumber=" in target]
    assert behind.rules[0].refused == 0 and len(copied) >= 4
    assert {key.removeprefix(f"{root}/to/b/") for key in store.keys(BUCKET, f"{root}/to/b/")} == made
    assert store.uploads(BUCKET) == []


def test_direct_says_why_copied_parts_do_not_arrive(store, behind, program, root, tmp_path):
    backup_in(store.data / BUCKET / root / "from" / "b", segments=1, weight=12 * MIB)
    program.configure(minio={"multipartCopyThresholdMiB": 1}, transfer={"mode": "direct"})
    behind.rules = [NoCopiedParts()]
    there = bucket_config(store, behind.port, f"{root}/from")
    result = program.fails("transfer", "-n", "b", "--from", to(program, there))
    assert "transfer.mode is direct" in result.err and "InvalidPart" in result.err
    assert store.uploads(BUCKET) == []


class ForgottenComplete(Rule):
    """The answer to each first complete is lost; of the second it says that it is not allowed."""

    def __init__(self):
        self.seen = set()
        self.hits = 0

    def request(self, request):
        if is_complete(request) and request.query["uploadId"] in self.seen:
            self.hits += 1
            return s3_error(403, "AccessDenied")
        return None

    def response(self, request, response):
        if is_complete(request) and request.query["uploadId"] not in self.seen:
            self.seen.add(request.query["uploadId"])
            response.status, response.body = 500, s3_error(500, "InternalError").body


def test_a_complete_that_may_have_worked_is_looked_for(store, behind, program, root, tmp_path):
    arguments, made = move(store, behind, program, root, True, tmp_path)
    behind.rules = [ForgottenComplete()]
    program.ok(*arguments)
    assert behind.rules[0].hits > 0
    assert {key.removeprefix(f"{root}/to/b/") for key in store.keys(BUCKET, f"{root}/to/b/")} == made
