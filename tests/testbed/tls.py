"""A certificate authority of our own, a server certificate for this machine and one for a client."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"


@dataclass
class Certificate:
    certificate: Path
    key: Path


class Certificates:
    """Files in a folder: authority, server, client. Valid for a day; expired was valid until yesterday."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.authority = self._make("authority", "basicConstraints=critical,CA:TRUE")
        self.server = self._make("server", NAMES, self.authority)
        self.client = self._make("client", "extendedKeyUsage=clientAuth", self.authority)

    @property
    def expired(self):
        """As client, and named alike."""
        made = Certificate(self.folder / "expired.pem", self.client.key)
        request = self.folder / "expired.csr"
        self._run("openssl", "req", "-new", "-key", made.key, "-subj", "/CN=testbed client", "-out", request)
        signed = ("-CA", self.authority.certificate, "-CAkey", self.authority.key, "-days", "-1")
        self._run("openssl", "x509", "-req", "-in", request, *signed, "-out", made.certificate)
        return made

    def _make(self, name, extension, issuer=None):
        made = Certificate(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        signed = ["-CA", issuer.certificate, "-CAkey", issuer.key] if issuer else []
        command = [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN=testbed {name}"),
            *("-addext", extension, "-keyout", made.key, "-out", made.certificate, *signed),
        ]
        self._run(*command)
        return made

    @property
    def stranger(self):
        """A client whom nobody has heard of."""
        return self._make("stranger", "extendedKeyUsage=clientAuth", self.authority)

    @property
    def server_only(self):
        """Not meant for a client."""
        return self._make("server_only", "extendedKeyUsage=serverAuth", self.authority)

    def _run(self, *command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
