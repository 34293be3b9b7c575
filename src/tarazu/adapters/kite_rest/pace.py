"""Not too often: a gap between one answer and the next question, whoever asks."""

import threading
import time


class Pace:
    """Kite counts by its own calendar seconds, and we do not know where they begin.

    Questions at least a second after the answer before them arrive in different seconds however long they travel.
    Several threads get their turns a gap apart; then a slow wire may still bring two together.
    """

    def __init__(self, gap_s: float, stopped: threading.Event) -> None:
        self._gap_s = gap_s
        self._stopped = stopped
        self._lock = threading.Lock()
        self._free_s = 0.0

    def wait(self) -> None:
        """Until it is this thread's turn, or `stopped`."""
        with self._lock:
            now_s = time.monotonic()
            turn_s = max(now_s, self._free_s)
            self._free_s = turn_s + self._gap_s
        if turn_s > now_s:
            self._stopped.wait(turn_s - now_s)

    def answered(self) -> None:
        with self._lock:
            self._free_s = max(self._free_s, time.monotonic() + self._gap_s)
