"""Waiting for what another process does, where nothing but looking tells."""

import time
from collections.abc import Callable

LOOK_S = 0.05


def until(holds: Callable[[], bool], patience_s: float) -> bool:
    """Look until it holds; False when it does not within `patience_s`."""
    end = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_S)
    return True
