"""How alerts stand: what nobody has, and whether the addresses work. For `alerts list`, the gate and `ops`."""

import msgspec

from tarazu.app.alerts.alert import Kept
from tarazu.app.alerts.box import Box
from tarazu.app.alerts.urls import AlertUrls, read_alert_urls
from tarazu.app.alerts.words import worst_first
from tarazu.app.home import Home


class ChannelStanding(msgspec.Struct, frozen=True):
    channel: str
    second: bool
    """Of the second list, which is told of what nobody acknowledges."""
    arrived_ns: int
    """When something last arrived there; 0: nothing did, as far as the outbox knows."""
    failing: str
    """Why the last try did not arrive; empty when it did, or none was made."""


class AlertsStanding(msgspec.Struct, frozen=True):
    channels: tuple[ChannelStanding, ...]
    """None: alerts go nowhere."""
    unacked: tuple[Kept, ...]
    """SEV1 and SEV2 that nobody has, the worst first."""
    unreadable: tuple[str, ...]
    """Files of the outbox that do not read."""


def alerts_standing(home: Home) -> AlertsStanding:
    """Raises `app.secrets.store.BadSecrets`, OSError."""
    box, urls = Box(home.alerts), read_alert_urls(home)
    kept = box.alerts()
    return AlertsStanding(
        channels=channel_standings(kept, urls),
        unacked=tuple(worst_first([one for one in kept if one.is_open])),
        unreadable=tuple(path.name for path in box.unreadable()),
    )


def channel_standings(kept: list[Kept], urls: AlertUrls) -> tuple[ChannelStanding, ...]:
    """In the order of the lists."""
    return tuple(_standing(kept, one.channel, one in urls.second) for one in urls.addresses)


def _standing(kept: list[Kept], channel: str, second: bool) -> ChannelStanding:
    tried = [one.sendings[channel] for one in kept if channel in one.sendings]
    last = max(tried, key=lambda one: one.tried_ns, default=None)
    arrived_ns = max((one.arrived_ns for one in tried), default=0)
    return ChannelStanding(channel, second, arrived_ns, last.failing if last else "")
