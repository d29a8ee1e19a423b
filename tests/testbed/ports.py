"""Free ports on 127.0.0.1 that no other test bed of this machine takes meanwhile."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

# Below the kernel's ephemeral range, so that no outgoing connection takes a port between choice and use.
FIRST, LAST = 12000, 30000
_locks = []  # held until this process ends: a port is never given out twice


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def _reserve(folder, port):
    lock = open(folder / str(port), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_free(port):
            _locks.append(lock)
            return True
    except OSError:
        pass
    lock.close()
    return False


def free_port():
    folder = Path(tempfile.gettempdir()) / f"milvus-backup-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for _ in range(1000):
        port = random.randint(FIRST, LAST)
        if _reserve(folder, port):
            return port
    raise RuntimeError(f"no free port between {FIRST} and {LAST}")


def is_open(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
