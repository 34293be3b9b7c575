"""What a desk chooses, in `tarazu.toml`. Unknown words are refused: a misspelt limit must not be a default."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from tarazu.model.instrument import Exchange


class BadSettings(ValueError):
    """The file cannot be used; the message names the place and is for the user."""


class UnderlyingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[feed.underlyings]]`: what is watched around one index or share."""

    key: str
    """Its cash or index row, `NSE:NIFTY 50`."""
    name: str
    """What its contracts are called, `NIFTY`."""
    exchange: Exchange = Exchange.NFO
    futures: int = 1
    """So many nearest expiries of futures…"""
    option_expiries: int = 1
    """…and of options,"""
    strikes_each_side: int = 15
    """with so many strikes above and below the money,"""
    near_each_side: int = 5
    """of which these are expected to tick all day."""


NIFTY = UnderlyingSettings(key="NSE:NIFTY 50", name="NIFTY", option_expiries=2)


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[feed]`."""

    underlyings: tuple[UnderlyingSettings, ...] = (NIFTY,)
    cross_asset: tuple[str, ...] = ("NSE:INDIA VIX", "NSE:NIFTY BANK")
    stocks: tuple[str, ...] = ()
    optional: tuple[Literal["index", "stocks", "futures", "options", "cross_asset"], ...] = ("cross_asset",)
    """Feeds whose staleness warns; all others block entries."""
    sentinels: int = 5
    """So many instruments have their price compared with REST each second; 0: none."""
    recentre_strikes: int = 2
    """The money moves this many strikes before the selection does."""
    connections: int = 3
    instruments_each: int = 3_000


class SimSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sim]`: how the broker of the sim profile is started (`tarazu sim serve --help`)."""

    scenario: str = "normal"
    rules: str = "nse-2026"
    seed: int = 1
    speed: float = 1.0
    session: Literal["full", "short"] = "full"
    size: Literal["tiny", "desk", "full"] = "desk"
    step_ms: int = 1000
    at: str | None = None
    day: str | None = None
    cash: float = 10_000_000.0
    """Rupees."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    feed: FeedSettings = FeedSettings()
    sim: SimSettings = SimSettings()


def read_settings(path: Path) -> Settings:
    """The defaults where there is no file. Raises BadSettings, OSError."""
    if not path.exists():
        return Settings()
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Settings)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as bad:
        raise BadSettings(f"{path}: {bad}") from bad
