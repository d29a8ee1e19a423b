"""The packages for Debian, installed where nothing is but the smallest Debian."""

import re
import subprocess

import pytest
from testbed.components import ROOT
from testbed.fresh_root import DebianRoot

PACKAGES = {"milvus-backup", "milvus-backup-drivers", "libmilvus-backup0", "libmilvus-backup-dev", "milvus-backup-driver-dev"}
# CPack calls ldconfig in addition to the trigger.
ACCEPTED = {("libmilvus-backup0", "maintscript-calls-ldconfig")}
LOCAL = """
minio:
  storageType: local
  rootPath: /srv/milvus
  backupRootPath: /srv/backups
"""


def field(path, name):
    return subprocess.run(["dpkg-deb", "-f", path, name], check=True, capture_output=True, text=True).stdout.strip()


def installed_root(path, packages, names, *more):
    root = DebianRoot(path)
    root.binds["/packages"] = packages["milvus-backup"].parent
    root.install(*(f"/packages/{packages[name].name}" for name in names), *more)
    return root


def test_every_package_says_what_it_is(packages):
    assert set(packages) == PACKAGES
    version = re.search(r"VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text().split("project(")[1]).group(1)
    for name, path in packages.items():
        assert field(path, "Version") == version
        assert field(path, "Description").count("\n") >= 1 and len(field(path, "Description").splitlines()[0]) < 70
        assert "libc6 (>= " in field(path, "Depends") or name == "libmilvus-backup-dev"
    assert "libxml2" in field(packages["milvus-backup-drivers"], "Depends")


def test_lintian_finds_nothing(packages):
    found = subprocess.run(["lintian", "--allow-root", *packages.values()], capture_output=True, text=True)
    tags = {tuple(re.match(r"[EW]: (\S+): (\S+)", line).groups()) for line in found.stdout.splitlines() if re.match("[EW]:", line)}
    assert tags - ACCEPTED == set(), found.stdout


@pytest.fixture(scope="module")
def program_root(packages, tmp_path_factory):
    return installed_root(tmp_path_factory.mktemp("program"), packages, ["milvus-backup", "milvus-backup-drivers"])


def test_the_program_runs_where_only_its_package_is(program_root):
    root = program_root
    assert "milvus-backup" in root.ok("milvus-backup", "version")
    assert {"local", "minio", "s3", "azure", "gcpnative"} <= set(re.findall(r"^(\w+) ", root.ok("milvus-backup", "drivers"), re.M))
    root.write("/srv/local.yaml", LOCAL)
    root.ok("mkdir", "-p", "/srv/milvus")
    root.write("/srv/backups/kept/binlogs/insert_log/1", "rows")
    assert "kept" in root.ok("milvus-backup", "--config", "/srv/local.yaml", "list", "--all")
    missing = root.run("milvus-backup", "--config", "/srv/local.yaml", "get", "-n", "none")
    assert missing.returncode == 3, missing.stderr


def test_the_configuration_is_for_the_server_alone(program_root):
    root = program_root
    assert root.ok("stat", "-c", "%A %U %G", "/etc/milvus-backup/backup.yaml").split() == ["-rw-r-----", "root", "milvus-backup"]
    assert "/etc/milvus-backup/backup.yaml" in root.ok("cat", "/var/lib/dpkg/info/milvus-backup.conffiles")
    shown = root.ok("milvus-backup", "--config", "/etc/milvus-backup/backup.yaml", "--set", "log.file.filename=", "config", "show")
    assert "19530" in shown


def test_what_was_changed_outlives_removal(program_root):
    """And purging the package takes the configuration, but nothing that may hold backups."""
    root = program_root
    root.ok("sh", "-c", "echo '# mine' >> /etc/milvus-backup/backup.yaml; mkdir -p /var/lib/milvus-backup")
    root.ok("dpkg", "--remove", "milvus-backup")
    assert "# mine" in root.ok("cat", "/etc/milvus-backup/backup.yaml")
    root.ok("dpkg", "--purge", "milvus-backup", "milvus-backup-drivers")
    assert root.run("test", "-e", "/etc/milvus-backup/backup.yaml").returncode != 0
    assert root.run("test", "-e", "/usr/lib/milvus-backup").returncode != 0
    root.ok("test", "-d", "/var/lib/milvus-backup")


@pytest.fixture(scope="module")
def drivers_root(packages, tmp_path_factory):
    names = ["milvus-backup", "milvus-backup-drivers", "milvus-backup-driver-dev"]
    return installed_root(tmp_path_factory.mktemp("driver"), packages, names, "gcc", "libc6-dev", "pkg-config")


def test_a_driver_is_made_with_the_package_for_its_authors(drivers_root):
    """As the guide says it for those without CMake, with the example that the package brings."""
    root = drivers_root
    root.ok("mkdir", "-p", "/srv/drivers", "/srv/objects")
    example = "/usr/share/doc/milvus-backup-driver-dev/examples/driver-folder"
    compile_it = f"cc -std=c11 -D_GNU_SOURCE -fPIC -shared -fvisibility=hidden $(pkg-config --cflags milvus-backup) {example}/folder.c -o /srv/drivers/folder.so"
    root.ok("sh", "-c", compile_it)
    root.ok(
        "milvus-backup-driver-check", "--quirks", f"{example}/quirks.txt", "--missing", "folder=/srv/none",
        "--keys", "50", "--threads", "4", "/srv/drivers/folder.so", "folder=/srv/objects",
    )  # fmt: skip
    assert "folder" in root.ok("milvus-backup", "drivers", environment={"MILVUS_BACKUP_PLUGIN_PATH": "/srv/drivers"})
    driverdir = root.ok("pkg-config", "--variable=driverdir", "milvus-backup").strip()
    root.ok("test", "-e", f"{driverdir}/local.so")


CONSUMER = """
#include <milvus_backup.h>
#include <stdio.h>
int main(void)
{
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_session_options options = {.struct_size = sizeof options, .config_path = "/srv/local.yaml"};
    struct mb_session *session = NULL;
    struct mb_driver_list *drivers = NULL;
    if (mb_session_open(&session, &options, &error) != MB_OK || mb_session_drivers(session, NULL, &drivers, &error) != MB_OK)
        return fprintf(stderr, "%s\\n", error.message), 1;
    printf("%s with %zu drivers\\n", mb_library_version(), mb_driver_list_count(drivers));
    mb_driver_list_free(drivers);
    mb_session_close(session);
    return 0;
}
"""


def test_a_program_is_made_with_the_package_of_the_library(packages, tmp_path):
    """By pkg-config, shared, and by CMake, the example, shared and static; this fetches a compiler and all headers."""
    root = installed_root(tmp_path, packages, PACKAGES - {"milvus-backup"}, "gcc", "libc6-dev", "cmake", "make")
    root.write("/srv/local.yaml", LOCAL)
    root.write("/srv/consumer.c", CONSUMER)
    root.ok("sh", "-c", "cc -std=c11 /srv/consumer.c $(pkg-config --cflags --libs milvus_backup) -o /srv/consumer")
    assert re.search(r"with \d\d drivers", root.ok("/srv/consumer"))
    example = "/usr/share/doc/libmilvus-backup-dev/examples/nightly"
    root.ok("cmake", "-S", example, "-B", "/srv/build")
    root.ok("cmake", "--build", "/srv/build", timeout=600)
    root.ok("test", "-x", "/srv/build/nightly_static")
