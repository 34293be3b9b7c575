"""What a desk chooses, in `tarazu.toml`. Unknown words are refused: a misspelt limit must not be a default."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tarazu.model.instrument import Exchange, Kind

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


class PaperSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[paper]`: the account at the exchange model of the paper profile, and whose market it follows."""

    feed: Literal["kite", "sim"] = "kite"
    """`sim`: the market of a simulated broker, whose address is in run/sim_broker.json."""
    cash: Annotated[float, Meta(ge=0)] = 10_000_000.0
    """Rupees, each day."""
    latency_ms: Annotated[float, Meta(ge=0, le=10_000)] = 60.0
    """Of every message, each way."""


Rupees = Annotated[float, Meta(ge=0.01, le=1e13)]
"""A paisa to ten lakh crore: in paise exact, and small enough for the journal."""
RupeesOrNone = Annotated[float, Meta(ge=0, le=1e13)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Units = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Bps = Annotated[int, Meta(ge=1, le=1_000_000)]


class RiskSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[engine.risk]`: `risk.limits.RiskLimits` in rupees and seconds. Money and sizes have no default: where one is
    not said, its control denies every entry."""

    order_qty_max: Count | None = None
    order_value_max: Rupees | None = None
    gross_premium_max: Rupees | None = None
    unexecuted_value_max: Rupees | None = None
    scenario_loss_max: Rupees | None = None
    delta_max: Rupees | None = None
    vega_max: Rupees | None = None
    day_loss_max: Rupees | None = None
    drawdown_max: Rupees | None = None
    round_trips_max: Count | None = None
    collar_bps: dict[Kind, Bps] | None = None
    """By kind of instrument (EQ, FUT, CE, PE)."""
    spread_bps_max: dict[Kind, Bps] | None = None
    jump_bps_max: Bps | None = None
    reference_age_s: Annotated[float, Meta(gt=0, le=60)] | None = None
    duplicate_s: Annotated[float, Meta(ge=0, le=60)] | None = None
    margin_buffer_bps: Annotated[int, Meta(ge=0, le=9_000)] | None = None
    margin_age_s: Annotated[float, Meta(gt=0, le=600)] | None = None
    rejects_max: Annotated[int, Meta(ge=1, le=100)] | None = None
    order_to_trade_max: Count | None = None
    pnl_unknown_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    trouble_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    round_trips_s: Annotated[float, Meta(gt=0, le=1_800)] | None = None
    """`conduct` keeps half an hour."""
    runaway_wants_max: Count | None = None
    runaway_s: Annotated[float, Meta(gt=0, le=600)] | None = None


class PilotSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[engine.pilot]`: what a pilot may, in rupees."""

    on: bool = False
    keys: tuple[str, ...] = ()
    lots_max: Annotated[int, Meta(ge=1, le=10)] = 1
    order_value_max: RupeesOrNone = 0.0
    day_loss_max: RupeesOrNone = 0.0


class StrategySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[engine.strategies]]`."""

    factory: Annotated[str, Meta(pattern=r"^[A-Za-z_]\w*$|^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
    """One of `tarazu strategies`, or `module:callable`; called with `params` and the day it gives a
    `strategy.base.Strategy`."""
    params: dict[str, Any] = {}


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[engine]`: what `main` trades by. Without a limit there are no entries."""

    position_limits: dict[str, Units] = {}
    """By instrument key, `"NFO:NIFTY26NOVFUT"`: the largest position in units, working and unknown orders counted."""
    position_limit_default: Units = 0
    """For every other instrument; 0: no entries in them."""
    stop_required: bool = True
    """Whether an entry without a protective stop is denied."""
    settle_s: Annotated[float, Meta(ge=0, le=3_600)] = 60.0
    """No entries for so long after a start."""
    durability: Literal["power", "process"] = "power"
    """What an order's record has survived when the order is sent: a power cut, or the process's own death."""
    cancel_on_stop: bool = False
    """Whether a stop asks for working entries to be cancelled. Protective stops and exits rest on either way."""
    risk: RiskSettings = RiskSettings()
    pilot: PilotSettings = PilotSettings()
    approvals: bool = False
    """Whether entries wait for a person's leave (`tarazu engine tell APPROVE`)."""
    approval_s: Annotated[float, Meta(ge=1, le=3_600)] = 60.0
    strategies: tuple[StrategySettings, ...] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    feed: FeedSettings = FeedSettings()
    engine: EngineSettings = EngineSettings()
    sim: SimSettings = SimSettings()
    paper: PaperSettings = PaperSettings()


def read_settings(path: Path) -> Settings:
    """The defaults where there is no file. Raises BadSettings, OSError."""
    if not path.exists():
        return Settings()
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Settings)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as bad:
        raise BadSettings(f"{path}: {bad}") from bad
