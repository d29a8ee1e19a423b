"""The built milvus-backup, run as a person runs it: in a folder that holds configs/backup.yaml."""

import copy
import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from testbed.components import ROOT

# Variables that the program would read over its configuration file.
FOREIGN_PREFIXES = ("MINIO_", "MILVUS", "BACKUP_", "GCP_", "ZILLIZ_", "SERVER_PORT", "AWS_")
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "exitcode=99:abort_on_error=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
    "LSAN_OPTIONS": f"suppressions={ROOT / 'tests' / 'leaks.supp'}:print_suppressions=0",
    "TSAN_OPTIONS": "exitcode=99:ignore_noninstrumented_modules=1",
}
IMPATIENT = {"TRANSFER_PATIENCE_SECONDS": "1"}  # what is missing in a test is missing
SANITIZER_EXIT = 99
FAILURE, USAGE, NOT_FOUND, EXISTS, DENIED, UNREACHABLE, CORRUPT, NO_SPACE = range(1, 9)  # exit codes


def find_binary():
    """MB_BIN, or the newest build in the order of what finds most faults."""
    named = [os.environ["MB_BIN"]] if "MB_BIN" in os.environ else []
    built = [ROOT / "build" / preset / "bin" / "milvus-backup" for preset in ("asan", "debug", "release")]
    for path in map(Path, named or built):
        if path.is_file():
            return path.resolve()
    raise FileNotFoundError(f"no program at {', '.join(map(str, named or built))}: build it or set MB_BIN")


def merged(config, changes):
    """A copy of nested dicts with changes laid over it; a key that is changed to None is left out."""
    result = copy.deepcopy(config)
    for key, value in changes.items():
        if isinstance(value, dict):
            result[key] = merged(result.get(key, {}), value)
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


@dataclass
class Result:
    arguments: list
    code: int
    out: str
    err: str

    def json(self):
        """The first JSON value on stdout."""
        start = min((at for at in (self.out.find("{"), self.out.find("[")) if at >= 0), default=len(self.out))
        return json.JSONDecoder().raw_decode(self.out[start:])[0]

    def __str__(self):
        return f"{' '.join(self.arguments)}\nexit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Program:
    """Runs commands over one configuration.

    prefix: a command to run the program under; binary: another than the built one.
    """

    def __init__(self, folder, config, binary=None, prefix=(), environment=None):
        self.folder = Path(folder)
        self.binary = Path(binary) if binary else find_binary()
        self.prefix = list(prefix)
        self.environment = environment or {}
        self.config = config
        (self.folder / "configs").mkdir(parents=True, exist_ok=True)
        self.configure()

    def configure(self, **changes):
        """Writes configs/backup.yaml with changes laid over the configuration."""
        text = yaml.safe_dump(merged(self.config, changes), allow_unicode=True)
        (self.folder / "configs" / "backup.yaml").write_text(text)

    def with_changes(self, folder, **changes):
        """Another program folder whose configuration differs."""
        return Program(folder, merged(self.config, changes), self.binary, self.prefix, self.environment)

    def _environment(self):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_PREFIXES)}
        return {**SANITIZER_OPTIONS, **IMPATIENT, **inherited, **self.environment}

    def start(self, *arguments, output=None):
        """The running process, in a group of its own; what it says goes to pipes, or all of it to the file output."""
        command = [*self.prefix, str(self.binary), *map(str, arguments)]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.PIPE,
            stderr=output or subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self, process, timeout=240):
        """Waits for a started process; one that does not end is killed and told as a failure."""
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"not finished within {timeout} s:\n{err.decode(errors='replace')}") from None
        result = Result(process.args, process.returncode, out.decode(), err.decode(errors="replace"))
        assert result.code != SANITIZER_EXIT and "runtime error:" not in result.err, f"sanitizer report:\n{result}"
        return result

    def run(self, *arguments, timeout=240):
        return self.finish(self.start(*arguments), timeout)

    def ok(self, *arguments, **options):
        """Runs a command that must succeed."""
        result = self.run(*arguments, **options)
        assert result.code == 0, f"{result}\n--- log\n{self.log()}"
        return result

    def fails(self, *arguments, code=None, **options):
        """Runs a command that must fail in an orderly way: a code for it, a sentence on stderr, no crash."""
        result = self.run(*arguments, **options)
        assert result.code == code if code else 0 < result.code < 128, result
        assert result.err.strip(), f"a failure without a word on stderr: {result}"
        return result

    def log(self):
        path = self.folder / "logs" / "backup.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def listed(self):
        """Backup name -> True when `list` shows it as a complete one."""
        lines = self.ok("list").out.split(">> Backups:\n")[1].splitlines()
        return {line.split()[0]: len(line.split()) == 1 for line in lines if line.strip()}


def restore_by_plan(program, backup, collection):
    """Runs tests/wire/restore_plan.c over a program's configuration: the lines that it tells, sorted."""
    build = find_binary().parents[1]
    config = program.folder / "configs" / "backup.yaml"
    ran = subprocess.run(
        [build / "tests" / "restore_plan", config, build / "lib/milvus-backup/drivers", backup, collection],
        env=SANITIZER_OPTIONS | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return sorted(ran.stdout.splitlines())
