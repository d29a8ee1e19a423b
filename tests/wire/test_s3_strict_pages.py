"""What the program makes of an S3 service that repeats pages, hides errors in answers of 200, or has odd ETags."""

import pytest
from testbed.program import DENIED, Program
from testbed.strict_proxy import DuplicateListEntry, ErrorInside200, StaleListPage, UpperCaseEtags, WrongEtag

from wire.drivers import Drivers
from wire.s3_rules import CapitalEtags, SmallPages
from wire.s3_servers import options
from wire.transferring import BUCKET, FOR_EVER, MIB, backup_in, bucket_config, folder_config, move, to

PAGE = 4


@pytest.fixture
def program(store, behind, root, tmp_path):
    return Program(tmp_path / "program", bucket_config(store, behind.port, root))


# --- listings -------------------------------------------------------------------------------------------------------

REPEATS = {"duplicate": DuplicateListEntry, "stale": StaleListPage, "stale-often": lambda: StaleListPage(5)}
repeats = pytest.mark.parametrize("rule", REPEATS.values(), ids=REPEATS.keys())


@repeats
def test_repeated_pages_neither_lose_nor_double_objects(store, behind, program, root, rule, tmp_path):
    made = backup_in(store.data / BUCKET / root / "b")
    behind.rules = [SmallPages(PAGE, store.secret_key), rule()]
    there = folder_config(tmp_path / "there")
    report = program.ok("transfer", "-n", "b", "--to", to(program, there), "--json").json()
    assert behind.rules[1].hits > 0
    assert report["objects"] == len(made)
    arrived = tmp_path / "there" / "b"
    assert {path.relative_to(arrived).as_posix() for path in arrived.rglob("*") if path.is_file()} == made


@repeats
def test_repeated_pages_are_deleted_once_and_whole(store, behind, program, root, rule):
    made = backup_in(store.data / BUCKET / root / "b")
    behind.rules = [SmallPages(PAGE, store.secret_key), rule()]
    report = program.ok("delete", "-n", "b", "--json").json()
    assert behind.rules[1].hits > 0
    assert report["objects"] == len(made)
    assert store.keys(BUCKET, f"{root}/") == {}


@repeats
def test_repeated_pages_name_each_backup_once(store, behind, program, root, rule):
    names = [f"b{number}" for number in range(7)]
    for name in names:
        backup_in(store.data / BUCKET / root / name, segments=1)
    behind.rules = [SmallPages(2, store.secret_key), rule()]
    assert [backup["name"] for backup in program.ok("list", "--json").json()] == names
    assert behind.rules[1].hits > 0


def test_a_listing_that_goes_round_for_ever_is_told(store, behind, program, root, tmp_path):
    made = backup_in(store.data / BUCKET / root / "b")
    behind.rules = [SmallPages(PAGE, store.secret_key), StaleListPage(FOR_EVER)]
    there = folder_config(tmp_path / "there")
    result = program.fails("transfer", "-n", "b", "--to", to(program, there), timeout=60)
    assert "the same page comes again and again" in result.err
    assert not (tmp_path / "there" / "b" / "meta" / "backup_meta.json").exists()
    assert program.fails("delete", "-n", "b", timeout=60).err.count("the same page comes again and again") == 1
    left = {key.removeprefix(f"{root}/b/") for key in store.keys(BUCKET, f"{root}/b/")}
    assert left < made and not any(key.startswith("meta/") for key in left), "the description goes first"


def test_a_listing_of_folders_that_goes_round_for_ever_is_told(store, behind, program, root):
    """With a delimiter nothing is known about the order of the keys, so each page may bring something new."""
    for number in range(7):
        backup_in(store.data / BUCKET / root / f"b{number}", segments=1)
    behind.rules = [SmallPages(2, store.secret_key), StaleListPage(FOR_EVER)]
    assert "the same page comes again and again" in program.fails("list", timeout=60).err


# --- errors inside of 200 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heavy", [False, True], ids=["copy", "complete"])
def test_an_error_inside_of_200_is_tried_again(store, behind, program, root, heavy, tmp_path):
    arguments, made = move(store, behind, program, root, heavy, tmp_path)
    behind.rules = [ErrorInside200(times=2)]
    program.ok(*arguments)
    assert behind.rules[0].hits == 2
    assert "InternalError" in program.log()
    assert {key.removeprefix(f"{root}/to/b/") for key in store.keys(BUCKET, f"{root}/to/b/")} == made
    assert store.uploads(BUCKET) == []


@pytest.mark.parametrize("heavy", [False, True], ids=["copy", "complete"])
def test_an_error_inside_of_200_that_stays_is_told(store, behind, program, root, heavy, tmp_path):
    """Copies are allowed no other way; by itself the program would go on to stream."""
    arguments, _ = move(store, behind, program, root, heavy, tmp_path)
    program.configure(transfer={"mode": "auto" if heavy else "direct"})
    behind.rules = [ErrorInside200(times=FOR_EVER, code="AccessDenied")]
    result = program.fails(*arguments, code=DENIED)
    assert "refused by the strict proxy" in result.err
    keys = store.keys(BUCKET, f"{root}/to/b/")
    assert f"{root}/to/b/meta/backup_meta.json" not in keys
    assert not any("/binlogs/" in key and size > MIB for key, size in keys.items())
    assert store.uploads(BUCKET) == []


# --- ETags ----------------------------------------------------------------------------------------------------------

ODD_ETAGS = ['"00000000000000000000000000000000"', "unquoted", '"QUOTED-3"', 'W/"weak"', '""quoted twice""']


@pytest.fixture
def drivers(store, behind):
    drivers = Drivers()
    config = {**options(store, store.address, behind.port), "bucketName": BUCKET}
    assert drivers.open("minio", config)["status"] == "ok"
    yield drivers
    drivers.close()


@pytest.mark.parametrize("etag", ODD_ETAGS)
def test_an_etag_that_is_no_md5_does_no_harm(behind, drivers, root, etag):
    behind.rules = [WrongEtag(etag, times=FOR_EVER)]
    key, copy = f"{root}/key", f"{root}/copy"
    drivers.ok("put", store="a", key=key, data=b"0123456789", crc32c=True)
    drivers.ok("copy", store="a", key=copy, from_key=key, **{"from": "a"})
    assert drivers.ok("stat", store="a", key=copy)["size"] == 10
    assert drivers.ok("get", store="a", key=copy)["data"] == b"0123456789"
    listed = drivers.ok("list", store="a", prefix=f"{root}/")
    assert [entry["key"] for page in listed["pages"] for entry in page["entries"]] == [copy, key]
    assert behind.rules[0].hits >= 5


def test_a_part_with_a_wrong_etag_is_told_when_the_service_minds(behind, drivers, store, root):
    behind.rules = [WrongEtag(matches=lambda request: "partNumber" in request.query)]
    upload = drivers.ok("mpu_begin", store="a", key=root)["upload_id"]
    same = {"store": "a", "key": root, "upload_id": upload}
    part = drivers.ok("mpu_part", **same, number=1, data=b"0123456789")["part"]
    error = drivers.call("mpu_complete", **same, parts=[part])["error"]
    assert error["code"] == "InvalidPart", error
    drivers.fails("not_found", "stat", store="a", key=root)
    drivers.ok("mpu_abort", **same)


@pytest.mark.parametrize("rule", [CapitalEtags, lambda secret_key: UpperCaseEtags()], ids=["known", "unknown"])
def test_etags_in_capitals(store, behind, program, root, rule, tmp_path):
    made = backup_in(store.data / BUCKET / root / "b", segments=1, weight=24 * MIB)
    behind.rules = [rule(store.secret_key)]
    program.ok("transfer", "-n", "b", "--to", to(program, folder_config(tmp_path / "there")))
    arrived = tmp_path / "there" / "b"
    assert {path.relative_to(arrived).as_posix() for path in arrived.rglob("*") if path.is_file()} == made
