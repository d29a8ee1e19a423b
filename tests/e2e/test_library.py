"""libmilvus_backup as a foreign project meets it: installed, found, linked, and run on the real Milvus."""

import os
import shutil
import subprocess

import pytest
import yaml
from testbed.components import ROOT
from testbed.program import SANITIZER_OPTIONS, find_binary

EXAMPLE = ROOT / "examples" / "nightly"


def run(*command, environment=None, **options):
    result = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **SANITIZER_OPTIONS, **(environment or {})},
        **options,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """An installation of the build that is tested."""
    folder = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", find_binary().parents[1], "--prefix", folder)
    return folder


@pytest.fixture(scope="module")
def sanitized():
    """What a program has to be compiled with to bear a library with sanitizers."""
    return ["-fsanitize=address,undefined"] if find_binary().parents[1].name == "asan" else []


@pytest.fixture(scope="module")
def built(prefix, sanitized, tmp_path_factory):
    """The example as a project of its own, by the package for CMake and by pkg-config."""
    folder = tmp_path_factory.mktemp("foreign")
    shutil.copytree(EXAMPLE, folder / "nightly")
    flags = f"-DCMAKE_C_FLAGS={' '.join(sanitized)}"
    run("cmake", "-S", folder / "nightly", "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}", flags)
    run("cmake", "--build", folder / "build")
    [pc] = prefix.rglob("milvus_backup.pc")
    told = run("pkg-config", "--cflags", "--libs", "milvus_backup", environment={"PKG_CONFIG_PATH": str(pc.parent)}).split()
    plain = folder / "build" / "nightly_plain"
    run("cc", "-std=c11", "-D_GNU_SOURCE", *sanitized, folder / "nightly" / "nightly.c", *told, f"-Wl,-rpath,{pc.parents[1]}", "-o", plain)
    return folder / "build"


@pytest.mark.parametrize("program_name", ["nightly", "nightly_static", "nightly_plain"])
@pytest.mark.parametrize("site", ["local"], indirect=True)
def test_the_example_backs_up_a_real_milvus(site, program, name, built, tmp_path, program_name):
    config = tmp_path / "library.yaml"
    config.write_text(yaml.safe_dump(program.config))
    out = run(built / program_name, config, name, cwd=tmp_path)
    made = dict(line.removeprefix("create ").removesuffix(" rows").split(": ") for line in out.splitlines() if line.startswith("create "))
    for (database, collection), rows in site.rows.items():  # a backup holds deleted rows, too
        assert int(made[f"{database}.{collection}"]) >= len(rows)
    assert f"{name}: complete, {sum(map(int, made.values()))} rows" in out
    assert program.ok("get", "-n", name).json()["name"] == name
    program.ok("delete", "-n", name)
