"""The object store that is measured on."""

from testbed import VersityGw


class KeptVersityGw(VersityGw):
    """Keeps connections open between requests, as MinIO and the services do."""

    def environment(self):
        return {**super().environment(), "VGW_KEEP_ALIVE": "true", "VGW_QUIET": "true"}
