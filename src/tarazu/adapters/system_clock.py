"""The machine's own clock: what `paper` and `live` run by."""

import time


class SystemClock:
    """Implements `ports.clock.Clock`."""

    wall_ns = staticmethod(time.time_ns)
    mono_ns = staticmethod(time.monotonic_ns)
