"""The part of main's health that is of its guards: whether entries wait for leave, what waits, what a pilot may."""

import msgspec


class LegPage(msgspec.Struct, frozen=True, kw_only=True):
    """An order that would be sent; paise."""

    key: str
    side: str
    qty: int
    price_paise: int | None
    """None: MARKET with protection."""
    bid_paise: int | None
    ask_paise: int | None
    last_paise: int | None


class DenialPage(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    observed: str
    limit: str


class WaitingPage(msgspec.Struct, frozen=True, kw_only=True):
    """A want that waits for leave."""

    ref: str
    strategy: str
    kind: str
    """EntryWant, SpreadWant."""
    product: str
    legs: tuple[LegPage, ...]
    left_ns: int
    """Until it ends by itself."""
    sha256: str
    denials: tuple[DenialPage, ...]
    """What the controls said to it at the last second; empty: leave would send it."""


class PilotPage(msgspec.Struct, frozen=True, kw_only=True):
    keys: tuple[str, ...]
    lots_max: int
    order_value_max_paise: int
    day_loss_max_paise: int


class GuardsPage(msgspec.Struct, frozen=True, kw_only=True):
    approvals: bool = False
    """Whether entries wait for a person's leave."""
    waiting: tuple[WaitingPage, ...] = ()
    pilot: PilotPage | None = None
    """None: not a pilot."""
