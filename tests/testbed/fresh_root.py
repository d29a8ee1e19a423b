"""A root of its own for what is installed: the smallest Debian, or one with nothing in it, thrown away afterwards."""

import shlex
import subprocess
from pathlib import Path

from testbed import components

MOUNTS = "mount -t proc proc proc && mount --bind /dev dev && mount -t tmpfs tmpfs tmp"


class FreshRoot:
    """A folder that commands see as /. Mounts live in the namespace of one command only, so nothing is left of them."""

    def __init__(self, path, base=None):
        self.base = base
        self.path = Path(path) / "root"
        for folder in ("root", "upper", "work"):
            (Path(path) / folder).mkdir()
        self.upper = Path(path) / ("upper" if base else "root")
        for name in ("proc", "dev", "tmp"):
            (self.upper / name).mkdir(exist_ok=True)
        self.binds = {}

    def write(self, name, text, mode=0o644):
        path = self.upper / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def command(self, *tracer, user=0, read_only=False):
        """What to put before a command so that it runs inside; tracer is a command of this machine that it runs under.

        read_only: all but /tmp and what is bound."""
        work = self.upper.parent / "work"
        overlay = f"mount -t overlay overlay -o lowerdir={self.base},upperdir={self.upper},workdir={work} {self.path}"
        lines = ["set -e", overlay if self.base else "true", f"cd {self.path}", MOUNTS]
        lines += [f"mkdir -p .{inside} && mount --bind {outside} .{inside}" for inside, outside in self.binds.items()]
        lines += ["mount -o remount,bind,ro ."] if read_only else []
        lines.append(f'exec {shlex.join(map(str, tracer))} chroot --userspec={user}:{user} . "$@"')
        return ["unshare", "--mount", "sh", "-c", "\n".join(lines), "sh"]

    def run(self, *command, environment=None, timeout=300, **how):
        clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(
            [*self.command(**how), *map(str, command)],
            env={**clean, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def ok(self, *command, **options):
        result = self.run(*command, **options)
        assert result.returncode == 0, f"{command}\n{result.stdout[-4000:]}\n{result.stderr[-4000:]}"
        return result.stdout


class DebianRoot(FreshRoot):
    """Debian as debootstrap leaves it; packages that are fetched into it once are kept for the next one."""

    def __init__(self, path):
        base = components.folder("debian-root")
        super().__init__(path, base)
        archives = base.parent / "debian-archives"
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        self.binds["/var/cache/apt/archives"] = archives
        self.write("/etc/resolv.conf", Path("/etc/resolv.conf").read_text())
        self.write("/etc/hosts", Path("/etc/hosts").read_text())

    def install(self, *packages):
        """Names and files, with what they depend on and nothing that is only recommended."""
        command = ["apt-get", "-o", "DPkg::Lock::Timeout=600", "install", "-y", "-q", "--no-install-recommends", *packages]
        if self.run(*command, timeout=600).returncode != 0:  # what is known of the archive may have grown old
            self.ok("apt-get", "-q", "update")
            self.ok(*command, timeout=600)
