"""The part of main's health that is of the portfolio: net greeks, the worst cell, what is used of the limits. Paise."""

import msgspec


class GreeksPage(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of one underlying and expiry, net; what works is not in it."""

    underlying: str
    expiry: str
    """ISO; empty for shares."""
    delta_paise: int
    gamma_paise: int
    """Of delta, for one percent of the underlying."""
    vega_paise: int
    """For one point of volatility."""
    theta_paise: int
    """For one day."""


class WorstPage(msgspec.Struct, frozen=True, kw_only=True):
    """One underlying at its worst, with everything that works counted at the worse of its ends."""

    underlying: str
    loss_paise: int
    cell: str
    """In which cell of the grid."""
    delta_paise: int
    vega_paise: int
    not_valued: tuple[str, ...] = ()
    """Held or worked on without a price today: no entries here."""


class UsePage(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    paise: int
    limit_paise: int | None
    """None: not configured, and entries are denied."""


class PortfolioPage(msgspec.Struct, frozen=True, kw_only=True):
    greeks: tuple[GreeksPage, ...] = ()
    worst: tuple[WorstPage, ...] = ()
    used: tuple[UsePage, ...] = ()
    funds_paise: int | None = None
    """Available margin as last read; None: not since the start."""
    usable_paise: int | None = None
    """Of it, but for the buffer."""
    needed_paise: int | None = None
    """By our estimate, for what was sent or filled since that read; None: not known."""
    funds_age_ns: int | None = None
