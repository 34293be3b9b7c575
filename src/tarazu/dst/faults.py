"""What goes wrong, and how often: each seed draws its own mix, so that some days are all crashes and some all silence.

Every kind throws its own dice. Muting one leaves the others' throws as they were, which is what makes a failing day
small enough to read.
"""

from random import Random

# Kind: odds of a mild and of a harsh day, by occasion.
ODDS: dict[str, tuple[float, float]] = {
    # Requests about orders, by request.
    "not_sent": (0.02, 0.10),
    "request_lost": (0.02, 0.12),
    "request_late": (0.03, 0.15),
    "server_error_before": (0.02, 0.08),
    "server_error_after": (0.02, 0.10),
    "throttled": (0.02, 0.10),
    "refused": (0.02, 0.12),
    "answer_lost": (0.03, 0.15),
    "answer_slow": (0.10, 0.40),
    # Order updates, by update.
    "update_lost": (0.10, 0.60),
    "update_twice": (0.10, 0.40),
    "update_late": (0.15, 0.50),
    # Reads of the broker's books, by read.
    "read_failed": (0.05, 0.25),
    "read_slow": (0.15, 0.50),
    "read_behind": (0.10, 0.40),
    "read_partial": (0.05, 0.25),
    # The broker and the exchange, by order, cancellation or change.
    "ack_slow": (0.10, 0.40),
    "stuck_pending": (0.01, 0.08),
    "reject_after_ack": (0.02, 0.10),
    "untagged": (0.03, 0.15),
    "row_untagged": (0.02, 0.10),
    "fill_in_parts": (0.30, 0.70),
    "cancel_fills": (0.05, 0.25),
    "cancel_lost": (0.03, 0.15),
    "zombie": (0.05, 0.30),
    "change_late": (0.10, 0.40),
    "change_lost": (0.05, 0.20),
    # The process and its disk, by effect boundary or append.
    "crash": (0.0002, 0.0006),
    "disk_dead": (0.0003, 0.0020),
    # The surroundings, by minute.
    "token_lost": (0.02, 0.10),
    "disk_reserve": (0.01, 0.05),
    "clock_jump": (0.03, 0.15),
    "feed_stale": (0.05, 0.20),
    "second_instance": (0.05, 0.15),
    "hand_order": (0.10, 0.50),
    "hand_cancel": (0.05, 0.30),
    "hand_change": (0.03, 0.15),
    "halt": (0.02, 0.10),
    "flatten": (0.02, 0.06),
    "cancel_entries": (0.03, 0.12),
    "entries_off": (0.02, 0.08),
}


class Faults:
    def __init__(self, seed: int, muted: frozenset[str] = frozenset()) -> None:
        self.counts: dict[str, int] = {}
        self.healed = False
        """From now on nothing goes wrong any more; what is under way still comes."""
        self._muted = muted
        swarm = Random(f"swarm {seed}")
        self._dice = {kind: Random(f"{kind} {seed}") for kind in ODDS}
        self._throws = {kind: (self._dice[kind].random, _drawn(swarm, *odds)) for kind, odds in ODDS.items()}
        self._struck = dict.fromkeys(ODDS, 0)

    def strikes(self, kind: str) -> bool:
        """Whether it happens on this occasion."""
        if self.healed:
            return False
        throw, odds = self._throws[kind]
        if throw() >= odds:
            return False
        self._struck[kind] += 1
        if self._muted and (kind in self._muted or f"{kind}#{self._struck[kind]}" in self._muted):
            return False
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return True

    def between(self, kind: str, low: int, high: int) -> int:
        """How much of it, of the kind's own dice."""
        return self._dice[kind].randint(low, high)


def _drawn(swarm: Random, mild: float, harsh: float) -> float:
    """None at all, somewhere up to mild, or somewhere between mild and harsh."""
    level, part = swarm.random(), swarm.random()
    if level < 0.15:
        return 0.0
    return mild * part if level < 0.5 else mild + (harsh - mild) * part
