"""The relocatable archive, in a root in which nothing else is, as kernels of today and of old see it."""

import re
import ssl
import subprocess

import pytest
from testbed.backup_server import API, BackupServer
from testbed.fresh_root import FreshRoot
from testbed.program import DENIED, Program
from testbed.server import wait_until
from testbed.stores import VersityGw
from testbed.tls import Certificates
from wire.scripted import Answer, Scripted
from wire.transferring import BUCKET, MIB, backup_in, bucket_config, folder_config, keys_below, record, to

# What came after Linux 3.10; of Red Hat's 3.10 and of Ubuntu 18.04's 4.15 some are there.
LATER = (
    "sched_setattr,sched_getattr,renameat2,seccomp,getrandom,memfd_create,bpf,execveat,userfaultfd,membarrier,mlock2,"
    "copy_file_range,preadv2,pwritev2,pkey_mprotect,pkey_alloc,pkey_free,statx,io_pgetevents,rseq,pidfd_send_signal,io_uring_setup,"
    "io_uring_enter,io_uring_register,open_tree,fsopen,pidfd_open,clone3,close_range,openat2,pidfd_getfd,faccessat2,epoll_pwait2,"
    "landlock_create_ruleset,futex_waitv"
)


def kernel(which, log="/dev/null"):
    """For the old one strace, which answers those calls as a kernel does that has none of them."""
    if which == "this":
        return []
    injected = ["-e", f"trace={LATER}", "-e", f"inject={LATER}:error=ENOSYS", "-e", "signal=none"]
    return ["strace", "-D", "-f", "-qq", "-o", log, *injected]


@pytest.fixture(scope="session")
def unpacked(packages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("portable")
    [archive] = packages["milvus-backup"].parent.glob("*.tar.gz")
    subprocess.run(["tar", "-C", folder, "-xf", archive], check=True)
    return next(folder.iterdir())


@pytest.fixture
def root(unpacked, tmp_path):
    root = FreshRoot(tmp_path)
    root.binds["/any/where"] = unpacked
    return root


@pytest.fixture(params=["this", "3.10"])
def program(request, root):
    """It runs in /, with its configuration in /configs."""
    return Program(root.path, {}, binary="/any/where/bin/milvus-backup", prefix=root.command(*kernel(request.param)))


@pytest.fixture
def store():
    with VersityGw() as store:
        store.make_bucket(BUCKET)
        yield store


def inside(program, path):
    """A folder of the root, as the program sees it."""
    (program.folder / path).mkdir(parents=True, exist_ok=True)
    return {"minio": {**folder_config(program.folder / path)["minio"], "rootPath": f"/{path}/m", "backupRootPath": f"/{path}"}}


def move(program, made, config, there):
    program.config = config
    program.configure()
    to(program, there)
    return program.ok("transfer", "-n", "b", made, "/other.yaml")


def test_it_finds_all_that_it_brings(program):
    program.config = inside(program, "backups")
    program.configure()
    backup_in(program.folder / "backups" / "b")
    assert "milvus-backup version" in program.ok("version").out
    assert len(program.ok("drivers").out.splitlines()) > 10
    assert program.listed() == {"b": True}
    assert "19530" in program.ok("config", "show").out


def test_the_old_kernel_is_asked_in_vain(root, tmp_path):
    """Else the tests on it would show nothing."""
    log = tmp_path / "calls"
    Program(root.path, {}, binary="/any/where/bin/milvus-backup", prefix=root.command(*kernel("3.10", log))).ok("drivers")
    asked = {"getrandom", "clone3", "rseq"}
    wait_until(lambda: asked <= set(re.findall(r"(\w+)\(.*ENOSYS", log.read_text())), 10, "calls that are refused")


def test_a_backup_goes_to_a_bucket_and_comes_back(program, store):
    """Threads, sockets, names of hosts, temporary files and the ways in which files are copied."""
    program.folder.joinpath("etc").mkdir()
    program.folder.joinpath("etc", "hosts").write_text("127.0.0.1 store.test\n")
    program.folder.joinpath("etc", "nsswitch.conf").write_text("passwd: sss files\nhosts: files sss myhostname dns\n")
    here, back, beside = (inside(program, name) for name in ("here", "back", "beside"))
    made = backup_in(program.folder / "here" / "b", segments=2, weight=12 * MIB) | record(program.folder / "here" / "b")
    bucket = bucket_config(store, store.port, "kept")
    bucket["minio"]["address"] = "store.test"

    move(program, "--to", here, bucket)
    move(program, "--from", back, bucket)
    move(program, "--to", back, beside)
    assert keys_below(program.folder / "beside" / "b") >= made
    for key in made:
        assert (program.folder / "beside" / "b" / key).read_bytes() == (program.folder / "here" / "b" / key).read_bytes(), key


def test_the_server_serves_and_ends(program):
    program.config = {**inside(program, "backups"), "milvus": {"port": 1}}
    program.configure()
    backup_in(program.folder / "backups" / "b")
    with BackupServer(program) as server:
        assert server.get(f"{API}/hello").status == 200


@pytest.fixture
def certificates(tmp_path):
    return Certificates(tmp_path / "tls")


@pytest.fixture
def refusing(certificates):
    """A service over TLS that turns everybody away."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server.certificate, certificates.server.key)
    with Scripted(rule=lambda request: Answer(403), tls=context) as server:
        yield server


AUTHORITIES = ["etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/certs/ca-bundle.crt", "etc/ssl/ca-bundle.pem"]


@pytest.mark.parametrize("program", ["this"], indirect=True)
def test_who_is_trusted_is_found_where_the_system_has_it(program, certificates, refusing):
    """And where it has nothing, those hold that the archive brings, who do not know our authority."""
    program.config = {"minio": {"storageType": "minio", "address": "127.0.0.1", "port": refusing.port, "useSSL": True,
                                "accessKeyID": "a", "secretAccessKey": "b", "bucketName": "a-bucket"}}  # fmt: skip
    program.configure()
    unknown = program.fails("list")
    assert unknown.code != DENIED and "certificate" in unknown.err and "cannot be used" not in unknown.err
    for place in AUTHORITIES:
        path = program.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(certificates.authority.certificate.read_bytes())
        program.fails("list", code=DENIED)
        path.unlink()


def test_it_may_be_called_by_a_link(root):
    (root.path / "usr" / "bin").mkdir(parents=True)
    (root.path / "usr" / "bin" / "mb").symlink_to("/any/where/bin/milvus-backup")
    assert "milvus-backup version" in root.ok("/usr/bin/mb", "version")
    assert len(root.ok("/usr/bin/mb", "drivers").splitlines()) > 10
    assert "storage_plugin.h" in root.ok("/any/where/bin/milvus-backup-driver-check", "--help")


def test_each_library_is_named_with_its_licence(unpacked):
    table = (unpacked / "share" / "licences" / "TABLE").read_text()
    for path in (unpacked / "runtime").glob("*.so.*"):
        [line] = [line for line in table.splitlines() if line.startswith(path.name + " ")]
        assert (unpacked / "share" / "licences" / line.split()[1]).stat().st_size > 100
