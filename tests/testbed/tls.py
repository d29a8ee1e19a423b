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
    """Files in a folder: authority, server, client. Valid for a day."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.authority = self._make("authority", "basicConstraints=critical,CA:TRUE")
        self.server = self._make("server", NAMES, self.authority)
        self.client = self._make("client", "extendedKeyUsage=clientAuth", self.authority)

    def _make(self, name, extension, issuer=None):
        made = Certificate(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        signed = ["-CA", issuer.certificate, "-CAkey", issuer.key] if issuer else []
        command = [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN=testbed {name}"),
            *("-addext", extension, "-keyout", made.key, "-out", made.certificate, *signed),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return made
