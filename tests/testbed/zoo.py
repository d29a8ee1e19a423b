"""More S3 servers, for scripts/zoo: each deviates from the protocol in its own way."""

import secrets
import subprocess
import uuid

from testbed import ports
from testbed.components import ROOT
from testbed.server import Server
from testbed.stores import GoFakeS3, S3Store


class Moto(S3Store):
    """moto: AWS in Python, for tests; it checks no credentials."""

    component = "moto"
    checks_credentials = False

    def command(self):
        return [self.install / "bin" / "python", "-m", "moto.server", "-H", self.address, "-p", self.port]


class S3Mock(S3Store):
    """Adobe S3Mock: S3 in Java, for tests; it checks no credentials."""

    component = "s3mock"
    checks_credentials = False

    def command(self):
        return [
            *("java", "-Xmx512m", f"-Djava.io.tmpdir={self.data}", "-cp", self.install / "lib" / "*"),
            *(ROOT / "tests" / "zoo" / "LoopbackS3Mock.java", f"--server.address={self.address}"),
            *(f"--server.port={self.port}", "--com.adobe.testing.s3mock.httpPort=0"),
        ]


class S3Proxy(S3Store):
    """S3Proxy: S3 in Java before other kinds of storage, here a folder."""

    component = "s3proxy"

    def prepare(self):
        super().prepare()
        settings = {
            "s3proxy.endpoint": self.endpoint,
            "s3proxy.authorization": "aws-v2-or-v4",
            "s3proxy.identity": self.access_key,
            "s3proxy.credential": self.secret_key,
            "jclouds.provider": "filesystem-nio2",
            "jclouds.identity": "unused",
            "jclouds.credential": "unused",
            "jclouds.filesystem.basedir": self.data,
        }
        text = "".join(f"{key}={value}\n" for key, value in settings.items())
        (self.folder / "s3proxy.properties").write_text(text)
        (self.folder / "logback.xml").write_text('<configuration><root level="WARN"/></configuration>')

    def command(self):
        return [
            *("java", "-Xmx512m", f"-Dlogback.configurationFile={self.folder / 'logback.xml'}"),
            *("-cp", self.install / "lib" / "*", "org.gaul.s3proxy.Main"),
            *("--properties", self.folder / "s3proxy.properties"),
        ]


class Garage(S3Store):
    """Garage: a distributed store in Rust, here one node of it."""

    component = "garage"

    def __init__(self, folder=None):
        super().__init__(folder, access_key=f"GK{secrets.token_hex(12)}", secret_key=secrets.token_hex(32))
        self.rpc_port = ports.free_port()

    @property
    def settings(self):
        return self.folder / "garage.toml"

    def prepare(self):
        super().prepare()
        self.settings.write_text(
            f"""
metadata_dir = "{self.data / "meta"}"
data_dir = "{self.data / "data"}"
db_engine = "sqlite"
replication_factor = 1
rpc_bind_addr = "{self.address}:{self.rpc_port}"
rpc_public_addr = "{self.address}:{self.rpc_port}"
rpc_secret = "{secrets.token_hex(32)}"
[s3_api]
s3_region = "{self.region}"
api_bind_addr = "{self.address}:{self.port}"
"""
        )

    def garage(self, *arguments):
        return [self.install / "bin" / "garage", "-c", self.settings, *arguments]

    def tell(self, *arguments):
        done = subprocess.run(self.garage(*arguments), capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"garage {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def command(self):
        return self.garage("server")

    def start(self):
        super().start()
        node = self.tell("node", "id", "-q").split("@")[0]
        self.tell("layout", "assign", "-z", "here", "-c", "10G", node)
        self.tell("layout", "apply", "--version", "1")
        self.tell("key", "import", "--yes", "-n", "test", self.access_key, self.secret_key)
        self.tell("key", "allow", "--create-bucket", self.access_key)
        return self


class CephDaemon(Server):
    """The monitor or the object store daemon below a radosgw."""

    def __init__(self, ceph, kind, number, ready):
        super().__init__(ceph.folder / kind)
        self.ceph = ceph
        self.arguments = [f"ceph-{kind}", "-f", "-i", number, "-c", ceph.settings]
        self.ready = ready

    def command(self):
        return self.arguments

    def is_ready(self):
        return self.ready()


class CephRgw(S3Store):
    """Ceph's RADOS gateway, over one monitor and one object store in memory."""

    component = "ceph"
    region = "default"

    def __init__(self, folder=None, **kwargs):
        super().__init__(folder, **kwargs)
        self.id = str(uuid.uuid4())
        self.monitor_port = ports.free_port()
        self.monitor = CephDaemon(self, "mon", "a", lambda: ports.is_open(self.monitor_port))
        self.osd = CephDaemon(self, "osd", "0", self._is_osd_up)

    @property
    def settings(self):
        return self.folder / "ceph.conf"

    def prepare(self):
        super().prepare()
        self.settings.write_text(
            f"""
[global]
fsid = {self.id}
mon_host = v2:{self.address}:{self.monitor_port}
public_addr = {self.address}
cluster_addr = {self.address}
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc
run_dir = {self.folder}
admin_socket =
pid_file =
log_file =
log_to_file = false
log_to_stderr = true
mon_data = {self.data / "mon"}
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
mon_data_avail_crit = 1
mon_pg_warn_min_per_osd = 0
osd_data = {self.data / "osd"}
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
keyring = {self.folder / "keyring"}
rgw_data = {self.data / "rgw"}
rgw_frontends = beast endpoint={self.address}:{self.port}
"""
        )
        for part in ("mon", "osd", "rgw"):
            (self.data / part).mkdir(exist_ok=True)
        self._start_cluster()
        owner = ("--uid", "test", "--display-name", "test")
        self.run("radosgw-admin", "-c", self.settings, "user", "create", *owner, *self._keys())

    def _keys(self):
        return "--access-key", self.access_key, "--secret-key", self.secret_key

    def run(self, *command, timeout=120):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def ceph(self, *arguments):
        return self.run("ceph", "-c", self.settings, "--connect-timeout", 60, *arguments)

    def _start_cluster(self):
        keyring = self.folder / "keyring"
        self.run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "client.admin")
        self.run("ceph-authtool", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        monitors = self.folder / "monmap"
        address = f"[v2:{self.address}:{self.monitor_port}]"
        self.run("monmaptool", "--create", "--fsid", self.id, "--addv", "a", address, monitors)
        self.run("ceph-mon", "--mkfs", "-i", "a", "-c", self.settings, "--monmap", monitors, "--keyring", keyring)
        self.monitor.start()
        disk = str(uuid.uuid4())
        self.ceph("osd", "new", disk)
        self.run("ceph-osd", "--mkfs", "-i", 0, "-c", self.settings, "--osd-uuid", disk)
        self.osd.start()

    def _is_osd_up(self):
        return " 1 up" in self.ceph("osd", "stat")

    def command(self):
        return ["radosgw", "-f", "-n", "client.admin", "-c", self.settings]

    def stop(self):
        for server in (self.osd, self.monitor):
            server.stop()
        super().stop()

    def start(self):
        try:
            return super().start()
        except BaseException:
            self.stop()
            raise


ZOO = {
    "gofakes3": GoFakeS3,
    "moto": Moto,
    "s3mock": S3Mock,
    "s3proxy": S3Proxy,
    "garage": Garage,
    "ceph": CephRgw,
}
