"""How the fake says no."""

NOT_FOUND, WRONG, FAILED = 100, 1100, 65535  # codes of Milvus' own errors


class Refused(Exception):
    """What a server answers instead of doing it: an alias that is taken, a collection that is not there."""

    def __init__(self, reason, code=FAILED, old_code=1):
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.old_code = old_code


class Wrong(Refused):
    """What no correct client asks for.  It is refused, and kept as a violation that fails the test."""

    def __init__(self, reason):
        super().__init__(reason, WRONG, 5)
