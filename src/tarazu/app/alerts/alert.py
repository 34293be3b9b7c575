"""An alert as it is posted, and as the outbox keeps it."""

from typing import Literal

import msgspec

Severity = Literal["SEV1", "SEV2", "SEV3", "INFO"]
"""SEV1: money is at risk now. SEV2: the desk trades half blind. SEV3: look at it today. INFO: good to know."""

RANK: dict[Severity, int] = {"SEV1": 0, "SEV2": 1, "SEV3": 2, "INFO": 3}
"""The worst first."""


class Alert(msgspec.Struct, frozen=True):
    """What somebody has noticed."""

    code: str
    """`HARD_HALT`, `FEED_STALE`: published, never renamed."""
    severity: Severity
    text: str
    """For a person who is not at the desk; one line, times in IST. Never a secret."""
    key: str
    """What happened, once: posted again with the same key it is counted, not sent anew."""
    hint: str = ""
    """A command to run."""
    runbook: str = ""
    """`sev2-feed-stale`."""
    incident: str = ""
    """The id of the incident it belongs to."""


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """One alert on one channel."""

    tries: int = 0
    """Since it last arrived."""
    arrived: int = 0
    """So often."""
    tried_ns: int = 0
    arrived_ns: int = 0
    """The last time; 0: never."""
    failing: str = ""
    """Why the last try failed, for people; empty when it did not."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An alert in the outbox. Times are UTC ns of the profile's clock."""

    id: str
    """`AL-20261123-003`: the third of its IST day."""
    alert: Alert
    """As it was first posted."""
    who: str
    """The process, or the person, who posted it first."""
    first_ns: int
    last_ns: int
    """When it was last posted."""
    times: int = 1
    acked_by: str = ""
    acked_ns: int = 0
    escalated_ns: int = 0
    """Since when the second list of addresses has it, too; 0: it has not."""
    sendings: dict[str, Sending] = {}
    """By the channel's name, which tells its kind and no secret."""

    @property
    def wants_ack(self) -> bool:
        """SEV1 and SEV2 are repeated until a person says that they have them."""
        return self.alert.severity in ("SEV1", "SEV2")

    @property
    def is_open(self) -> bool:
        """Whether somebody should still take it."""
        return self.wants_ack and not self.acked_by

    @property
    def has_arrived(self) -> bool:
        """Anywhere."""
        return any(one.arrived for one in self.sendings.values())
