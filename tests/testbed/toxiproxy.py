"""Faults of the network between a client and a server of the test bed."""

import json
import urllib.request

from testbed import ports
from testbed.server import Server, http_status


class Proxy:
    """One listening port that leads to another; toxics are added while it runs."""

    def __init__(self, api, upstream):
        self._api = api
        self._upstream = upstream
        self.port = ports.free_port()
        self.name = f"{upstream}-by-{self.port}"

    def make(self):
        listen = f"127.0.0.1:{self.port}"
        proxy = {"name": self.name, "listen": listen, "upstream": self._upstream, "enabled": True}
        self._api("POST", "/proxies", proxy)

    def add(self, kind, stream, **attributes):
        """Adds a toxic: latency (latency, jitter), bandwidth (rate, KB/s), reset_peer (timeout), limit_data (bytes)..."""
        toxic = {"type": kind, "stream": stream, "toxicity": 1.0, "attributes": attributes}
        self._api("POST", f"/proxies/{self.name}/toxics", toxic)

    def clear(self):
        """Cuts the running connections and begins anew without toxics.

        Taking a toxic away hangs in toxiproxy when a connection was closed in the middle of what it holds back.
        """
        self._api("DELETE", f"/proxies/{self.name}")
        self.make()


class Toxiproxy(Server):
    """Latency, resets, bandwidth and cuts between a client and a server."""

    component = "toxiproxy"

    def __init__(self, folder=None):
        super().__init__(folder)
        self.port = ports.free_port()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def command(self):
        return [self.install / "bin" / "server", "-host", "127.0.0.1", "-port", self.port]

    def is_ready(self):
        return http_status(f"{self.endpoint}/version") == 200

    def _call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self.endpoint + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read() or b"{}")

    def proxy(self, upstream_port):
        proxy = Proxy(self._call, f"127.0.0.1:{upstream_port}")
        proxy.make()
        return proxy
