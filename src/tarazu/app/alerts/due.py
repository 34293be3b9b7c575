"""When an alert goes out on an address: at once, again after a failure, until somebody has it; and when to others."""

from collections.abc import Iterable

from tarazu.app.alerts.alert import Kept, Sending
from tarazu.app.settings import AlertSettings
from tarazu.model.units import HOUR_NS, SECOND_NS

TEST = "ALERT_TEST"
"""`tarazu alerts test` sends its own alert itself."""
RETRY_S = (2, 5, 10, 30, 60, 120, 300)
"""After the first, second ... failure in a row; the last of them from then on."""
TRIED_NS = 6 * HOUR_NS
"""What needs no acknowledgement is not tried any more after so long."""
UNREACHED_TRIES = 3
"""An alert that the first list has not taken after so many tries each goes to the second at once."""


def is_due(kept: Kept, channel: str, settings: AlertSettings, now_ns: int) -> bool:
    """Whether it goes out on this channel now. A clock that went back makes it due: better twice than never."""
    if kept.acked_by or kept.alert.code == TEST:
        return False
    sending = kept.sendings.get(channel, Sending())
    if not sending.tried_ns:
        return kept.wants_ack or now_ns - kept.first_ns <= TRIED_NS
    since_ns = now_ns - sending.tried_ns
    if sending.tries:
        stays = kept.wants_ack or now_ns - kept.first_ns <= TRIED_NS
        return stays and not 0 <= since_ns < RETRY_S[min(sending.tries, len(RETRY_S)) - 1] * SECOND_NS
    repeat_s = repeat_of(kept, settings)
    return repeat_s > 0 and not 0 <= since_ns < repeat_s * SECOND_NS


def repeat_of(kept: Kept, settings: AlertSettings) -> float:
    """Seconds between two sendings until it is acknowledged; 0: it goes out once."""
    return {"SEV1": settings.sev1_repeat_s, "SEV2": settings.sev2_repeat_s}.get(kept.alert.severity, 0.0)


def must_escalate(kept: Kept, first: Iterable[str], settings: AlertSettings, now_ns: int) -> bool:
    """Whether the second list is to have it from now on, too."""
    if not kept.is_open or kept.escalated_ns or kept.alert.code == TEST:
        return False
    if now_ns - kept.first_ns >= settings.escalate_s * SECOND_NS:
        return True
    sendings = [kept.sendings.get(channel, Sending()) for channel in first]
    return all(not one.arrived and one.tries >= UNREACHED_TRIES for one in sendings)
