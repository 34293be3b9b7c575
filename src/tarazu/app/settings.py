"""What a desk chooses, in `tarazu.toml`. Unknown words are refused: a misspelt limit must not be a default."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tarazu.model.instrument import Exchange

Few = Annotated[int, Meta(ge=0, le=50)]
Strikes = Annotated[int, Meta(ge=0, le=1_000)]


class BadSettings(ValueError):
    """The file cannot be used; the message names the place and is for the user."""


class UnderlyingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[feed.underlyings]]`: what is watched around one index or share."""

    key: str
    """Its cash or index row, `NSE:NIFTY 50`."""
    name: str
    """What its contracts are called, `NIFTY`."""
    exchange: Exchange = Exchange.NFO
    futures: Few = 1
    """So many nearest expiries of futures…"""
    option_expiries: Few = 1
    """…and of options,"""
    strikes_each_side: Strikes = 15
    """with so many strikes above and below the money,"""
    near_each_side: Strikes = 5
    """of which these are expected to tick all day."""


NIFTY = UnderlyingSettings(key="NSE:NIFTY 50", name="NIFTY", option_expiries=2)


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[feed]`."""

    underlyings: Annotated[tuple[UnderlyingSettings, ...], Meta(min_length=1)] = (NIFTY,)
    cross_asset: tuple[str, ...] = ("NSE:INDIA VIX", "NSE:NIFTY BANK")
    stocks: tuple[str, ...] = ()
    optional: tuple[Literal["index", "stocks", "futures", "options", "cross_asset"], ...] = ("cross_asset",)
    """Feeds whose staleness warns; all others block entries."""
    sentinels: Few = 5
    """So many instruments have their price compared with REST each second; 0: none."""
    recentre_strikes: Annotated[int, Meta(ge=1, le=1_000)] = 2
    """The money moves this many strikes before the selection does."""
    connections: Annotated[int, Meta(ge=1, le=3)] = 3
    instruments_each: Annotated[int, Meta(ge=1, le=3_000)] = 3_000
    """Kite's limits of connections and instruments (KITE facts 2.3) are the most there can be."""


class SimSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sim]`: how the broker of the sim profile is started (`tarazu sim serve --help`)."""

    scenario: str = "normal"
    rules: str = "nse-2026"
    seed: int = 1
    speed: Annotated[float, Meta(gt=0)] = 1.0
    session: Literal["full", "short"] = "full"
    size: Literal["tiny", "desk", "full"] = "desk"
    step_ms: Annotated[int, Meta(ge=10, le=60_000)] = 1000
    at: str | None = None
    day: str | None = None
    cash: Annotated[float, Meta(ge=0)] = 10_000_000.0
    """Rupees."""


class StrategySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[engine.strategies]]`."""

    factory: Annotated[str, Meta(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
    """`module:callable`; called with `params` it gives a `strategy.base.Strategy`."""
    params: dict[str, Any] = {}


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[engine]`: what `main` trades by. Without a limit there are no entries."""

    position_limits: dict[str, Annotated[int, Meta(ge=0)]] = {}
    """By instrument key, `"NFO:NIFTY26NOVFUT"`: the largest position in units, working and unknown orders counted."""
    position_limit_default: Annotated[int, Meta(ge=0)] = 0
    """For every other instrument; 0: no entries in them."""
    stop_required: bool = True
    """Whether an entry without a protective stop is denied."""
    settle_s: Annotated[float, Meta(ge=0, le=3_600)] = 60.0
    """No entries for so long after a start."""
    durability: Literal["power", "process"] = "power"
    """What an order's record has survived when the order is sent: a power cut, or the process's own death."""
    cancel_on_stop: bool = False
    """Whether a stop asks for working entries to be cancelled. Protective stops and exits rest on either way."""
    strategies: tuple[StrategySettings, ...] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    feed: FeedSettings = FeedSettings()
    engine: EngineSettings = EngineSettings()
    sim: SimSettings = SimSettings()


def read_settings(path: Path) -> Settings:
    """The defaults where there is no file. Raises BadSettings, OSError."""
    if not path.exists():
        return Settings()
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Settings)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as bad:
        raise BadSettings(f"{path}: {bad}") from bad
