"""What the Go program has and this one has not is refused by name, and nothing is done instead."""

import pytest
from testbed.program import USAGE, Program


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["create", "-n", "b", "--format", "bundle"], "format"),
        (["check", "backup_yaml"], "backup_yaml"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_it_is_refused(tmp_path, arguments, named):
    keys = {"storageType": "local", "rootPath": str(tmp_path / "data"), "backupRootPath": str(tmp_path / "backups")}
    program = Program(tmp_path / "program", {"minio": keys})
    assert named in program.fails(*arguments, code=USAGE).err
    assert not (tmp_path / "backups").exists()
