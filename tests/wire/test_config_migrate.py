"""config migrate as a person uses it: where the new file goes, what stands on which stream, what is left when it fails."""

import json
import os
import re
import stat

import pytest
import yaml
from testbed.program import Program

OLD = """\
milvus: {address: milvus-1, user: u, password: hush-1}
minio: {storageType: ali, accessKeyID: ak, secretAccessKey: hush-2, bucketName: b, backupRootPath: kept}
"""

MORE = "http: {swaggerBasePath: " + 2000 * "x" + "}\n"
SMALL = """trap '' XFSZ; ulimit -f 1; exec "$0" "$@\""""


@pytest.fixture
def migrate(tmp_path):
    """Runs config migrate over a file with this text."""

    def run(*arguments, text=OLD, prefix=(), **environment):
        (tmp_path / "old.yaml").write_text(text)
        program = Program(tmp_path / "program", {}, prefix=prefix, environment=environment)
        return program.run("config", "migrate", "--config", tmp_path / "old.yaml", *arguments)

    return run


def test_goes_to_standard_output_and_is_read_again(migrate, tmp_path):
    """Both files show the same values, whatever else `config show` says of them."""
    done = migrate()
    assert done.code == 0, done.err
    assert done.err == ""
    new = yaml.safe_load(done.out)
    assert new["configVersion"] == "v2"
    assert new["milvus"]["storage"]["provider"] == "aliyun"
    (tmp_path / "new.yaml").write_text(done.out)
    program = Program(tmp_path / "other", {})
    shown = [
        {row["parameter"]: row["value"] for row in program.ok("config", "show", "--json", "--config", path).json()}
        for path in (tmp_path / "old.yaml", tmp_path / "new.yaml")
    ]
    for parameter in ("Milvus.AuthorizationEnabled", "Server.Enabled"):
        shown[0].pop(parameter)
    assert shown[0] == shown[1]


def test_report_tells_losses_and_new_names_but_no_secret(migrate, tmp_path):
    done = migrate(
        "-o",
        "-",
        "--set",
        "milvus.port=1",
        text=OLD.replace("backupRootPath: kept", "backupToken: t") + "http: {enabled: false}\n",
        MINIO_SECRET_KEY="hush-3",
    )
    assert done.code == 0
    lines = done.err.splitlines()
    assert lines[0].startswith("warning: --set is ignored")
    assert lines[1] == f"# migration report for {tmp_path / 'old.yaml'}"
    assert lines[-1] == "  MINIO_SECRET_KEY -> MILVUS_STORAGE_AUTH_SECRET_ACCESS_KEY"
    assert any("http.enabled" in line for line in lines if line.startswith("warning: "))
    assert "hush" not in done.err
    assert "hush-2" not in done.out and "hush-3" not in done.out and "port:" not in done.out


def test_file_is_private_and_kept_unless_forced(migrate, tmp_path):
    new = tmp_path / "new.yaml"
    done = migrate("--output", new)
    assert (done.code, done.out) == (0, "")
    assert done.err == f"wrote v2 config to {new}\n"
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    new.write_text("precious")
    os.chmod(new, 0o644)
    refused = migrate("-o", new)
    assert refused.code == 4
    assert refused.err == f"Error: output file {new} already exists, use --force to overwrite\n"
    assert new.read_text() == "precious"
    assert migrate("-o", new, "--force").code == 0
    assert "hush-2" in new.read_text()
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    again = migrate("-o", tmp_path / "third.yaml", text=new.read_text())
    assert again.code == 2
    assert again.err == f"Error: {tmp_path / 'old.yaml'} is already a v2 config\n"
    assert not (tmp_path / "third.yaml").exists()


def test_link_is_followed_when_forced(migrate, tmp_path):
    (tmp_path / "real.yaml").write_text("x")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    assert migrate("-o", tmp_path / "link.yaml").code == 4
    assert migrate("-o", tmp_path / "link.yaml", "--force").code == 0
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text().startswith("# Configuration")


def test_strict_writes_nothing_that_would_be_refused(migrate, tmp_path):
    bad = OLD.replace("ak", "''")
    new = tmp_path / "new.yaml"
    lax = migrate("-o", new, text=bad)
    assert lax.code == 0
    assert "auth.accessKeyID: is empty" in lax.err
    assert new.exists()
    new.unlink()
    strict = migrate("-o", new, "--strict", text=bad)
    assert strict.code == 2
    assert re.search(r"^Error: the new file would be refused: .*auth\.accessKeyID", strict.err, re.MULTILINE)
    assert not new.exists()
    assert migrate("-o", new, "--strict").code == 0


def test_nothing_half_written_stays(migrate, tmp_path):
    """A folder that takes no file, and a disk that is full after the first bytes."""
    folder = tmp_path / "folder"
    folder.mkdir()
    assert migrate("-o", folder / "none" / "new.yaml").code != 0
    assert migrate("-o", folder, "--force").code == 2
    (folder / "kept.yaml").write_text("precious")

    full = migrate("-o", folder / "kept.yaml", "--force", prefix=["sh", "-c", SMALL], text=OLD + MORE)
    assert full.code != 0
    assert "kept.yaml" in full.err
    assert [path.name for path in folder.iterdir()] == ["kept.yaml"]
    assert (folder / "kept.yaml").read_text() == "precious"


def test_json_has_everything_at_once(migrate, tmp_path):
    done = migrate("--json", MINIO_BACKUP_SECRET_KEY="hush-4")
    answer = json.loads(done.out)
    assert done.err == ""
    assert answer["valid"] is True
    assert answer["renames"] == [{"from": "MINIO_BACKUP_SECRET_KEY", "to": "BACKUP_STORAGE_AUTH_SECRET_ACCESS_KEY"}]
    assert yaml.safe_load(answer["text"])["configVersion"] == "v2"
    written = json.loads(migrate("--json", "-o", tmp_path / "new.yaml").out)
    assert written["output"] == str(tmp_path / "new.yaml")
    assert "text" not in written


@pytest.mark.parametrize("name", ["nbsp", "tabs", "mixed-indent", "template", "whole-configmap"])
def test_broken_files_are_refused_as_they_are_everywhere(migrate, name):
    path = f"tests/data/field/{name}.yaml"
    with open(path) as file:
        text = file.read()
    refused = migrate(text=text)
    assert refused.code == 2
    assert refused.out == ""
    assert "Error: " in refused.err
    assert "migration report" not in refused.err


def test_anchors_are_replaced_by_what_they_stand_for(migrate):
    with open("tests/data/field/anchors.yaml") as file:
        done = migrate(text=file.read())
    assert done.code == 0
    assert yaml.safe_load(done.out)["milvus"]["storage"]["auth"]["accessKeyID"] == "minioadmin"
