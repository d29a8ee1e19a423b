"""Milvus standalone with its embedded etcd, from the wheel that scripts/setup unpacked."""

import contextlib
import importlib.util
import json
import logging
import uuid

from testbed import ports
from testbed.server import Server, http_status
from testbed.stores import storage_keys

USER, PASSWORD = "root", "Milvus"
# Flush and load wait for timers of seconds; with short ones a test takes half the time.
QUICK = {
    "dataCoord.segment.assignmentExpiration": 200,
    "indexCoord.scheduler.interval": 100,
    "queryCoord.checkInterval": 100,
    "queryCoord.checkChannelInterval": 100,
    "queryCoord.checkSegmentInterval": 100,
    "queryCoord.checkIndexInterval": 500,
    "queryCoord.distPullInterval": 100,
    "queryCoord.leaderViewUpdateInterval": 1,
    "queryCoord.UpdateNextTargetInterval": 1,
}


class Milvus(Server):
    """Milvus standalone on local disk or on an S3 store.

    storage: "local", or a running S3 store in which Milvus makes its bucket.

    quick: with short timers (QUICK); False to measure the server as it is delivered.
    settings: keys of milvus.yaml ("dataCoord.gc.interval") and their values.
    authorization: clients must log in; the user is root, the password Milvus.
    tls: certificates of testbed.tls; mutual: clients must show theirs too.
    """

    foreign_variables = ("MINIO_", "MILVUS_", "COMMON_", "ETCD_")  # it would read them over its configuration file
    ready_timeout = 120
    stop_grace = 0  # it ignores SIGTERM for longer than a test can wait, and its data are not needed any more

    def __init__(
        self,
        version="2.3.5",
        storage="local",
        folder=None,
        *,
        bucket="a-bucket",
        root_path="files",
        quick=True,
        settings=None,
        authorization=False,
        tls=None,
        mutual=False,
    ):
        super().__init__(folder)
        self.version = version
        self.component = f"milvus-{version}"
        self.store = None if storage == "local" else storage
        self.bucket = bucket
        self.root_path = root_path if self.store else str(self.folder / "data")
        self.settings = {**(QUICK if quick else {}), **(settings or {})}
        self.authorization = authorization
        self.tls = tls
        self.mutual = mutual
        self.address = "127.0.0.1"
        self.port = ports.free_port()
        self.management_port = ports.free_port()
        self._etcd_peer_port = ports.free_port()

    @property
    def endpoint(self):
        return f"{'https' if self.tls else 'http'}://{self.address}:{self.port}"

    @property
    def management(self):
        return f"http://{self.address}:{self.management_port}"

    def prepare(self):
        binaries = self.folder / "bin"
        if binaries.exists():
            return
        binaries.symlink_to(self.install / "bin")
        config = self._wheel().MilvusServerConfig(data_dir=str(self.folder))
        inner = {key: ports.free_port() for key in config.configurable_items if key.endswith("_port")}
        inner["proxy_port"] = self.port
        config.update(**inner)
        config.resolve()
        self._write_etcd_config(inner["etcd_port"])

    def _wheel(self):
        """The wheel's module under a name of its own: two versions live side by side in one process."""
        name = "milvus_" + self.version.replace(".", "_")
        spec = importlib.util.spec_from_file_location(name, self.install / "milvus" / "__init__.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _write_etcd_config(self, client_port):
        client = f"http://127.0.0.1:{client_port}"
        peer = f"http://127.0.0.1:{self._etcd_peer_port}"
        config = {
            "name": "default",
            "data-dir": str(self.folder / "data" / "etcd.data"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "unsafe-no-fsync": True,
        }
        (self.folder / "etcd.yaml").write_text(json.dumps(config))

    @property
    def etcd(self):
        """host:port of the etcd inside of it."""
        client = json.loads((self.folder / "etcd.yaml").read_text())["listen-client-urls"]
        return client.removeprefix("http://")

    def environment(self):
        settings = {key.upper().replace(".", "_"): str(value) for key, value in self.settings.items()}
        return {
            "DEPLOY_MODE": "STANDALONE",
            "METRICS_PORT": str(self.management_port),
            "MILVUS_RUN_DIR": str(self.folder / "run"),
            "LD_LIBRARY_PATH": str(self.folder / "bin"),
            "ETCD_CONFIG_PATH": str(self.folder / "etcd.yaml"),
            "ETCD_ENDPOINTS": self.etcd,
            **self._storage_environment(),
            **self._security_environment(),
            **settings,
        }

    def _storage_environment(self):
        if self.store is None:
            return {}
        return {
            "COMMON_STORAGETYPE": "remote",
            "MINIO_ADDRESS": f"{self.store.address}:{self.store.port}",
            "MINIO_PORT": str(self.store.port),
            "MINIO_ACCESSKEYID": self.store.access_key,
            "MINIO_SECRETACCESSKEY": self.store.secret_key,
            "MINIO_BUCKETNAME": self.bucket,
            "MINIO_ROOTPATH": self.root_path,
        }

    def _security_environment(self):
        variables = {"COMMON_SECURITY_AUTHORIZATIONENABLED": str(self.authorization).lower()}
        if self.tls:
            variables["COMMON_SECURITY_TLSMODE"] = "2" if self.mutual else "1"
            variables["TLS_SERVERPEMPATH"] = str(self.tls.server.certificate)
            variables["TLS_SERVERKEYPATH"] = str(self.tls.server.key)
            variables["TLS_CAPEMPATH"] = str(self.tls.authority.certificate)
        return variables

    def command(self):
        return [self.folder / "bin" / "milvus", "run", "standalone"]

    def is_ready(self):
        """Healthy comes a second or two before the proxy serves: a first call must have been answered too."""
        return http_status(f"{self.management}/healthz") == 200 and ports.is_open(self.port) and self._answers()

    def _answers(self):
        from pymilvus import MilvusException

        try:
            with self.client(timeout=5) as client:
                client.list_collections()
        except MilvusException:
            return False
        return True

    @contextlib.contextmanager
    def client(self, database="default", **options):
        """A pymilvus client in one database with a connection of its own, closed at the end."""
        from pymilvus import MilvusClient

        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it prints what it raises anyhow
        options = {"alias": uuid.uuid4().hex, **self._client_security(), **options}
        client = MilvusClient(uri=self.endpoint, db_name=database, **options)
        try:
            yield client
        finally:
            client.close()

    def _client_security(self):
        options = {"user": USER, "password": PASSWORD} if self.authorization else {}
        if self.tls:
            options |= {"secure": True, "server_name": "localhost"}
        if self.tls and self.mutual:
            options |= {
                "ca_pem_path": str(self.tls.authority.certificate),
                "client_pem_path": str(self.tls.client.certificate),
                "client_key_path": str(self.tls.client.key),
            }
        elif self.tls:
            options["server_pem_path"] = str(self.tls.authority.certificate)
        return options

    def storage(self, backup=False):
        """The keys of the `minio:` block that describe where this Milvus keeps its data."""
        if self.store:
            return self.store.storage(self.bucket, self.root_path, backup)
        return storage_keys({"storageType": "local", "bucketName": self.bucket, "rootPath": self.root_path}, backup)

    def config(self):
        """A backup.yaml for this Milvus, as nested dicts; backups go beside its data."""
        backup_root = "backup" if self.store else str(self.folder / "data" / "backup")
        return {
            "milvus": {
                "address": self.address,
                "port": self.port,
                "etcd": {"endpoints": self.etcd},
                **self._config_security(),
            },
            "minio": {**self.storage(), "backupRootPath": backup_root},
            "backup": {"gcPause": {"address": self.management}},
        }

    def _config_security(self):
        keys = {"user": USER, "password": PASSWORD, "authorizationEnabled": True} if self.authorization else {}
        if self.tls:
            keys |= {"tlsMode": 2 if self.mutual else 1, "serverName": "localhost"}
            keys["caCertPath"] = str(self.tls.authority.certificate)
        if self.tls and self.mutual:
            keys |= {"mtlsCertPath": str(self.tls.client.certificate), "mtlsKeyPath": str(self.tls.client.key)}
        return keys

    def snippet(self):
        text = []
        for block, keys in self.config().items():
            text += [f"{block}:", *(f"  {key}: {json.dumps(value)}" for key, value in keys.items())]
        return [*super().snippet(), f"management: {self.management}", "backup.yaml:", *text]
