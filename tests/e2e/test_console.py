"""What a person and a script see: help, exit codes, stdout for answers only, no secrets anywhere."""

import json

import pytest
from testbed.data import COLLECTIONS
from testbed.program import USAGE

pytestmark = pytest.mark.parametrize("site", ["s3"], indirect=True)
COMMANDS = ["create", "restore", "list", "get", "delete", "check", "drivers"]


def test_help_lists_the_commands(program):
    out = program.ok("--help").out
    assert all(command in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example(program, command):
    out = program.ok(command, "--help").out
    assert f"milvus-backup {command}" in out
    assert "xample" in out


def test_version(program):
    assert any(character.isdigit() for character in program.ok("--version").out)


@pytest.mark.parametrize(
    "arguments, named",
    [
        ([], "command"),
        (["no_such_command"], "no_such_command"),
        (["list", "--no_such_flag"], "no_such_flag"),
        (["restore"], "name"),
        (["create", "-n"], "-n"),
        (["--set", "no-equals-sign", "list"], "no-equals-sign"),
    ],
)
def test_wrong_use(program, arguments, named):
    result = program.fails(*arguments)
    assert named in result.err
    assert result.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["get", "--json"],
        ["get", "--nmae", "x", "--json"],
        ["get", "--json", "-n", "not_there"],
        ["restore", "--json", "-n", "not_there_\udcff"],
    ],
)
def test_a_failure_is_json_too(program, arguments):
    result = program.finish(program.start(*arguments))
    failure = json.loads(result.out)["error"]
    assert failure["exit_code"] == result.code > 0
    assert "get" in failure["message"] or "not_there" in failure["message"]


def test_every_problem_of_the_configuration_is_in_the_json(program):
    result = program.fails("list", "--json", "--set", "log.level=x", "--set", "milvus.port=y", code=USAGE)
    message = json.loads(result.out)["error"]["message"]
    assert "log.level" in message and "milvus.port" in message


@pytest.mark.parametrize("driver", ["local", "minio"])
def test_drivers(program, driver):
    assert driver in program.ok("drivers").out
    assert driver in str(program.ok("drivers", "--json").json())
    options = program.ok("drivers", driver).out
    assert "ABI" in options or "abi" in options


def test_json_is_all_that_is_on_stdout(program, name):
    for arguments in (
        ["create", "-n", name, "-c", "auto_id"],
        ["list"],
        ["get", "-n", name],
        ["restore", "-n", name, "-s", "_json"],
        ["check"],
        ["delete", "-n", name],
    ):
        out = program.ok(*arguments, "--json").out.strip()
        assert out[0] in "{[" and out[-1] in "}]", f"{arguments}: {out}"


def test_logs_go_to_their_file_and_not_to_stdout(program, name):
    program.configure(log={"level": "debug", "console": True})
    result = program.ok("create", "-n", name, "-c", "auto_id")
    assert "DEBUG" not in result.out.upper()
    assert len(result.out.splitlines()) < 20
    assert program.log()


def test_the_summary_names_each_collection(program, name):
    result = program.ok("create", "-n", name)
    shown = result.out + result.err
    assert all(collection in shown for _, collection in COLLECTIONS)


def test_quiet_says_nothing_on_stderr(program, name):
    assert program.ok("create", "-n", name, "-c", "auto_id", "--quiet").err.strip() == ""


def test_secrets_are_never_shown(site, program, name):
    program.configure(log={"level": "debug"}, milvus={"password": "top-secret-password", "user": "root"})
    shown = ""
    for arguments in (["check"], ["create", "-n", name, "-c", "auto_id"], ["get", "-n", name]):
        result = program.run(*arguments)
        shown += result.out + result.err
    shown += program.log()
    assert site.milvus.store.secret_key not in shown
    assert "top-secret-password" not in shown


def test_set_beats_the_environment_beats_the_file(program):
    program.configure(minio={"backupBucketName": "from-the-file"})
    assert "from-the-file" in program.fails("list").err
    program.environment = {"MINIO_BACKUP_BUCKET_NAME": "from-the-environment"}
    assert "from-the-environment" in program.fails("list").err
    assert "from-set" in program.fails("--set", "minio.backupBucketName=from-set", "list").err


def test_list_of_nothing(site, program):
    program.configure(minio={"backupRootPath": "no/backup/was/ever/here"})
    assert program.listed() == {}


def test_list_by_collection(program, name):
    program.ok("create", "-n", name, "-c", "auto_id", "--meta_only")
    assert name in program.ok("list", "-c", "auto_id").out
    assert name not in program.ok("list", "-c", "binary_vectors").out


def test_get_detail_has_the_partitions(program, name):
    program.ok("create", "-n", name, "-c", "partitions")
    detail = program.ok("get", "-n", name, "-d").json()
    partitions = detail["collection_backups"][0]["partition_backups"]
    assert {partition["partition_name"] for partition in partitions} == {"_default", "north", "south", "empty"}
