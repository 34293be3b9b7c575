"""The best prices of an instrument, and where to find them: what decisions need of the market at the least."""

from collections.abc import Collection
from typing import Protocol

import msgspec


class Touch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Paise; None is a side without an order, or a price that is none."""

    bid_paise: int | None = None
    bid_qty: int = 0
    ask_paise: int | None = None
    ask_qty: int = 0
    last_paise: int | None = None
    seen_ns: int
    """When its last packet was received, wall clock UTC ns."""

    @property
    def middle_paise(self) -> float | None:
        """None unless both sides have an order."""
        bid, ask = self.bid_paise, self.ask_paise
        return None if bid is None or ask is None else (bid + ask) / 2


class Middles(Protocol):
    """Of one moment."""

    def middle(self, key: str) -> float | None:
        """Paise; None unless both sides had an order."""
        ...


class Quotes(Protocol):
    """The market as of the last frame that was applied to it."""

    def touch(self, key: str) -> Touch | None:
        """None for what is not watched or has not ticked."""
        ...

    def changed(self) -> Collection[str]:
        """Keys that the frames since the message before changed; in an order that the frames alone decide."""
        ...

    def still(self) -> Middles:
        """The middles as they are now: later frames do not change them."""
        ...


class NoQuotes:
    """A market nobody watches."""

    def touch(self, key: str) -> Touch | None:
        return None

    def changed(self) -> Collection[str]:
        return ()

    def still(self) -> "NoQuotes":
        return self

    def middle(self, key: str) -> float | None:
        return None
