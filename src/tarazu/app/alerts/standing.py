"""Whether the addresses that alerts go to work, by what became of the last alerts."""

import msgspec

from tarazu.app.alerts.alert import Kept
from tarazu.app.alerts.urls import AlertUrls


class ChannelStanding(msgspec.Struct, frozen=True):
    channel: str
    second: bool
    """Of the second list, which is told of what nobody acknowledges."""
    arrived_ns: int
    """When something last arrived there; 0: nothing did, as far as the outbox knows."""
    failing: str
    """Why the last try did not arrive; empty when it did, or none was made."""


def channel_standings(kept: list[Kept], urls: AlertUrls) -> tuple[ChannelStanding, ...]:
    """In the order of the lists."""
    return tuple(_standing(kept, one.channel, one in urls.second) for one in urls.addresses)


def _standing(kept: list[Kept], channel: str, second: bool) -> ChannelStanding:
    tried = [one.sendings[channel] for one in kept if channel in one.sendings]
    last = max(tried, key=lambda one: one.tried_ns, default=None)
    arrived_ns = max((one.arrived_ns for one in tried), default=0)
    return ChannelStanding(channel, second, arrived_ns, last.failing if last else "")
