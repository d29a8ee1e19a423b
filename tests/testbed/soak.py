"""How long a campaign runs: a sample among the other tests, the whole by scripts/soak."""

import os


def soak_rounds(sample: int, full: int) -> int:
    return full if os.environ.get("MB_SOAK") else sample
