"""`milvus-backup credential`: lines for the file of those who may call, and no secret where others can see it."""

import base64
import hashlib
import os
import pty
import re
import subprocess

import pytest
from testbed.program import SANITIZER_OPTIONS, USAGE, find_binary


def command(*arguments):
    return [str(find_binary()), "credential", *arguments]


def run(*arguments, given=b""):
    environment = {**SANITIZER_OPTIONS, **os.environ}
    return subprocess.run(command(*arguments), input=given, capture_output=True, env=environment, timeout=60)


def unpadded(text):
    return base64.b64decode(text + "=" * (-len(text) % 4))


def is_of(line, password):
    """Is it what any other implementation of scrypt makes of the password?"""
    name, role, kind, text, *_ = line.split(":")
    log_n, r, p, salt, key = re.fullmatch(r"\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)", text).groups()
    made = hashlib.scrypt(
        password, salt=unpadded(salt), n=1 << int(log_n), r=int(r), p=int(p), maxmem=256 << 20, dklen=32
    )
    return made == unpadded(key)


def test_a_password_is_hashed_with_scrypt_and_a_salt_of_its_own(tmp_path):
    (tmp_path / "password").write_bytes("pässwörter\r\nand a second line\n".encode())
    asked = run("-u", "alice", "--role", "write", "--expires", "2027-01-31", given="pässwörter\n".encode())
    stdin = run("-u", "alice", "--role", "write", "--password-file", "-", given="pässwörter".encode())
    file = run("-u", "alice", "--role", "write", "--password-file", str(tmp_path / "password"))
    lines = [result.stdout.decode().rstrip("\n") for result in (asked, stdin, file)]
    assert lines[0].startswith("alice:write:password:") and lines[0].endswith(":2027-01-31T00:00:00Z")
    assert all(is_of(line, "pässwörter".encode()) for line in lines)
    assert len({line.split("$")[3] for line in lines}) == 3


def test_a_token_is_told_apart_from_its_line():
    result = run("--user", "ci", "--role", "read", "--token")
    (token,) = re.findall(rb"^    ([\w-]{43})$", result.stderr, re.MULTILINE)
    assert result.stdout.decode() == f"ci:read:token:$sha256${hashlib.sha256(token).hexdigest()}\n"
    assert run("--user", "ci", "--role", "read", "--certificate").stdout == b"ci:read:certificate:\n"


@pytest.mark.parametrize(
    "arguments, given, word",
    [
        (["--role", "read"], b"", b"user"),
        (["-u", "a:b", "--role", "read", "--token"], b"", b"colon"),
        (["-u", "schedule x", "--role", "read", "--token"], b"", b"schedule"),
        (["-u", "a", "--role", "admin", "--token"], b"", b"read"),
        (["-u", "a", "--role", "", "--token"], b"", b"--role"),
        (["-u", "a", "--role", "read", "--token", "--certificate"], b"", b"--certificate"),
        (["-u", "a", "--role", "read", "--token", "--expires", "tomorrow"], b"", b"--expires"),
        (["-u", "a", "--role", "read"], b"", b"8 bytes"),
        (["-u", "a", "--role", "read"], b"hunter2\n", b"8 bytes"),
        (["-u", "a", "--role", "read"], b"hunter22\0x\n", b"byte 0"),
        (["-u", "a", "--role", "read"], b"hunter22\tx\n", b"control"),
        (["-u", "a", "--role", "read"], b"hunter22" * 200, b"1023"),
    ],
)
def test_what_makes_no_line_is_said(arguments, given, word):
    result = run(*arguments, given=given)
    assert result.returncode == USAGE and result.stdout == b""
    assert word in result.stderr and b"hunter2" not in result.stderr


def at_a_terminal(*typed):
    """What the terminal shows, and the process, while somebody types."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(str(find_binary()), command("-u", "alice", "--role", "write"), {**SANITIZER_OPTIONS, **os.environ})
    shown = b""
    for prompt, answer in typed:
        while prompt not in shown:
            shown += os.read(terminal, 1000)
        os.write(terminal, answer)
    while True:
        try:
            more = os.read(terminal, 1000)
        except OSError:  # all that had it open are gone
            break
        if not more:
            break
        shown += more
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return shown.decode(), status


def test_a_terminal_does_not_show_what_is_typed():
    shown, status = at_a_terminal((b"Password: ", b"hunter22\n"), (b"Once more: ", b"hunter22\n"))
    assert status == 0 and "hunter22" not in shown
    assert is_of(shown.splitlines()[-1], b"hunter22")
    shown, status = at_a_terminal((b"Password: ", b"hunter22\n"), (b"Once more: ", b"hunter23\n"))
    assert status == USAGE and "twice" in shown and "hunter2" not in shown
    shown, status = at_a_terminal((b"Password: ", b"hunter22\x03"))
    assert status == 130 and "hunter22" not in shown
