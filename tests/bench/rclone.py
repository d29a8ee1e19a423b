"""The peer: rclone copying between the same servers."""

from testbed import components

TRANSFERS = 64


def _environment(name, store):
    values = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": store.endpoint,
        "ACCESS_KEY_ID": store.access_key,
        "SECRET_ACCESS_KEY": store.secret_key,
        "REGION": store.region,
        "FORCE_PATH_STYLE": "true",
    }
    return {f"RCLONE_CONFIG_{name}_{key}": value for key, value in values.items()}


def environment(src, dst):
    """The variables that make SRC: and DST: remotes."""
    return {"RCLONE_CONFIG": "/dev/null", **_environment("SRC", src), **_environment("DST", dst)}


def copy_command(src, dst):
    program = components.folder("rclone") / "bin" / "rclone"
    return [program, "copy", "--transfers", TRANSFERS, "--checkers", TRANSFERS, "--s3-no-check-bucket", src, dst]
