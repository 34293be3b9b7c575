"""What a desk chooses: `tarazu.toml`, and the environment before it. Unknown words are refused, not passed over."""

import os
import tomllib
from collections.abc import Mapping
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
    """What is watched: each index or share with its futures and options."""
    cross_asset: tuple[str, ...] = ("NSE:INDIA VIX", "NSE:NIFTY BANK")
    """Watched for what they say of others."""
    stocks: tuple[str, ...] = ()
    """Shares watched besides, `NSE:INFY`."""
    optional: tuple[Literal["index", "stocks", "futures", "options", "cross_asset"], ...] = ("cross_asset",)
    """Feeds whose staleness warns; all others block entries."""
    sentinels: Few = 5
    """So many instruments have their price compared with REST each second; 0: none."""
    recentre_strikes: Annotated[int, Meta(ge=1, le=1_000)] = 2
    """The money moves this many strikes before the selection does."""
    connections: Annotated[int, Meta(ge=1, le=3)] = 3
    """Of the ticker, at most."""
    instruments_each: Annotated[int, Meta(ge=1, le=3_000)] = 3_000
    """Kite's limits of connections and instruments (KITE facts 2.3) are the most there can be."""


class SimSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sim]`: how the broker of the sim profile is started (`tarazu sim serve --help`)."""

    scenario: str = "normal"
    """The day that is made: `tarazu sim serve --help`."""
    rules: str = "nse-2026"
    """The rule book of its exchange."""
    seed: int = 1
    """Another seed is another market."""
    speed: Annotated[float, Meta(gt=0)] = 1.0
    """So many seconds of its day pass in one of ours."""
    session: Literal["full", "short", "brief"] = "full"
    """`short`: a day in two minutes, `brief`: in one and a half; seconds stay seconds."""
    size: Literal["tiny", "desk", "full"] = "desk"
    """How many instruments there are."""
    step_ms: Annotated[int, Meta(ge=10, le=60_000)] = 1000
    """Between the steps of its market."""
    at: str | None = None
    """IST time of day at which it begins, `10:00`; not said: before the open."""
    day: str | None = None
    """The day it begins with, `YYYY-MM-DD`; not said: the next trading day."""
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


RISK_NEEDED = (
    "order_qty_max", "order_value_max", "gross_premium_max", "unexecuted_value_max", "scenario_loss_max", "delta_max",
    "vega_max", "day_loss_max", "drawdown_max", "round_trips_max",
)  # fmt: skip
"""Of `[engine.risk]`: without one of them its control denies every entry (`risk.limits`)."""


class RiskSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[engine.risk]`: `risk.limits.RiskLimits` in rupees and seconds. Money and sizes have no default: where one is
    not said, its control denies every entry."""

    order_qty_max: Count | None = None
    """Units of one want, before it is sliced."""
    order_value_max: Rupees | None = None
    """Rupees: units times price, premium for options. ₹10 crore an order is SEBI's own ceiling, whatever is said
    here."""
    gross_premium_max: Rupees | None = None
    """Rupees: the sum of |units| x price over all places, what works or is unknown counted at its worst."""
    unexecuted_value_max: Rupees | None = None
    """Rupees of the entries that work or may work."""
    scenario_loss_max: Rupees | None = None
    """Rupees lost in the worst cell of the scenario grid."""
    delta_max: Rupees | None = None
    """Rupees of one underlying held by delta, either way."""
    vega_max: Rupees | None = None
    """Rupees for one point of volatility of one underlying, either way."""
    day_loss_max: Rupees | None = None
    """Rupees, net of charges and marked to market: a hard halt at it."""
    drawdown_max: Rupees | None = None
    """Rupees from the day's high water: a soft halt at it."""
    round_trips_max: Count | None = None
    """Of one strategy in one instrument within `round_trips_s`; beyond, the strategy is halted for a person."""
    collar_bps: dict[Kind, Bps] | None = None
    """By kind of instrument (EQ, FUT, CE, PE)."""
    spread_bps_max: dict[Kind, Bps] | None = None
    """Of the touch, in hundredths of a percent of its middle, by kind; not said: EQ 100, FUT 50, CE and PE 1,500."""
    jump_bps_max: Bps | None = None
    """Of the middle from one second to the next, beyond which entries wait; not said: 500."""
    reference_age_s: Annotated[float, Meta(gt=0, le=60)] | None = None
    """An older touch is none; not said: 2."""
    duplicate_s: Annotated[float, Meta(ge=0, le=60)] | None = None
    """The same want again within this is denied; not said: 2."""
    margin_buffer_bps: Annotated[int, Meta(ge=0, le=9_000)] | None = None
    """So much of the account's available margin is never used, in hundredths of a percent; not said: 1,000."""
    margin_age_s: Annotated[float, Meta(gt=0, le=600)] | None = None
    """Older funds are unknown; not said: 90."""
    rejects_max: Annotated[int, Meta(ge=1, le=100)] | None = None
    """The broker's refusals in a row, then a soft halt; not said: 5."""
    order_to_trade_max: Count | None = None
    """Placements, changes and cancellations for each execution, from the 200th on; not said: 50."""
    pnl_unknown_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    """A result that cannot be computed for so long, with anything held: a soft halt; not said: 30."""
    trouble_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    """A required feed stale, or a record failing, for so long with anything held: a soft halt; not said: 60."""
    round_trips_s: Annotated[float, Meta(gt=0, le=1_800)] | None = None
    """`conduct` keeps half an hour."""
    runaway_wants_max: Count | None = None
    """Entries of one strategy, sent or denied, within `runaway_s`; beyond, it is halted; not said: 50."""
    runaway_s: Annotated[float, Meta(gt=0, le=600)] | None = None
    """The window of `runaway_wants_max`; not said: 10."""


class PilotSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[engine.pilot]`: what a pilot may, in rupees."""

    on: bool = False
    """Whether the pilot's limits hold from the start."""
    keys: tuple[str, ...] = ()
    """Instruments that may be entered, `NFO:NIFTY26NOVFUT`; empty: none."""
    lots_max: Annotated[int, Meta(ge=1, le=10)] = 1
    """The largest position in lots, working and unknown orders counted."""
    order_value_max: RupeesOrNone = 0.0
    """Rupees; 0: no order."""
    day_loss_max: RupeesOrNone = 0.0
    """Rupees: a hard halt at it; 0: the pilot trades nothing."""


class StrategySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[engine.strategies]]`."""

    factory: Annotated[str, Meta(pattern=r"^[A-Za-z_]\w*$|^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
    """One of `tarazu strategies`, or `module:callable`; called with `params` and the day it gives a
    `strategy.base.Strategy`."""
    params: dict[str, Any] = {}
    """What the strategy is told (`tarazu strategies NAME`)."""


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
    """How long a want waits for a person's leave."""
    strategies: tuple[StrategySettings, ...] = ()
    """Which strategies run, each with its parameters."""


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[alerts]`: how often an alert is sent again, and when a second list of addresses has it, too. The addresses are
    secrets: TARAZU_ALERT_URLS and TARAZU_ALERT_ESCALATION_URLS in `.env`."""

    sev1_repeat_s: Annotated[float, Meta(ge=10, le=86_400)] = 120.0
    """A SEV1 is sent again so often until somebody acknowledges it."""
    sev2_repeat_s: Annotated[float, Meta(ge=10, le=86_400)] = 900.0
    """A SEV2 likewise."""
    escalate_s: Annotated[float, Meta(ge=10, le=86_400)] = 600.0
    """What is not acknowledged after so long goes to the second list, too."""


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[metrics]`: figures for Prometheus, on 127.0.0.1 alone, served by the watchdog (docs/watching.md)."""

    port: Annotated[int, Meta(ge=1_024, le=65_535)] | None = None
    """Of `http://127.0.0.1:PORT/metrics`; none: nothing is served."""


class ReadinessSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[readiness]`: what the gate holds this machine against (docs/readiness.md)."""

    static_ip: str = ""
    """The address from which the broker takes our orders, as registered with Kite; the live profile needs it."""
    ip_echo_url: str = ""
    """A page that answers with the caller's address alone, for a machine behind a router. None: this machine's end of a
    connection to the broker is looked at."""


class WatchdogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[watchdog]`."""

    foreign: Literal["alarm", "halt"] = "alarm"
    """What an order that nobody here has placed comes to: yours by hand, of another program, of the broker. `alarm`: a
    SEV2, as the engine does; `halt`: a hard halt, for an account that only tarazu trades in."""
    monitor: bool | None = None
    """Whether a half-hourly `monitor` that nobody has run is an alert (SEV3) while the market is open and main works;
    not said: in the live profile alone."""


class ShipSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[ship]`: the desk's record copied to another disk while it is written (docs/shipping.md)."""

    to: str = ""
    """A folder on another disk or host, by its whole path, which must be there: `/mnt/second`. Empty: nothing is
    copied."""
    feed: bool = True
    """Whether the feed log is copied, too: a few GB a day. Without it a day cannot be decided again from the copy."""


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[retention]`: how long what a day left is kept (docs/shipping.md)."""

    years: Annotated[int, Meta(ge=1, le=100)] = 8
    """Of the journal, the feed, the desk's record and what the close made. Only what is archived and verified may go,
    and only by a person's word."""


class CloseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[close]`: the end of a day (docs/close.md)."""

    frames_days: Annotated[int, Meta(ge=1, le=36_500)] = 30
    """The frames of the feed log stay for so many days, to be replayed at once; then they go where their Parquet has
    been held against them row for row. `tarazu data restore` makes them again."""


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[models]`: what a version must have shown before it is promoted (docs/models.md)."""

    shadow_days: Annotated[int, Meta(ge=0, le=250)] = 3
    """Trading days since it was registered on which it was scored beside the active one."""
    shadow_rows: Annotated[int, Meta(ge=1, le=100_000)] = 10
    """A day of fewer decisions is no shadow day."""
    psi_warn: Annotated[float, Meta(gt=0, le=10)] = 0.20
    """Drift that is told."""
    psi_max: Annotated[float, Meta(gt=0, le=10)] = 0.25
    """Drift with which no version is promoted."""


class BackupSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[backup]`: where backups go (docs/backup.md)."""

    folder: str = ""
    """A folder, best on another disk or a mount; none: `backups` in the profile's home, which is lost with its disk."""
    recipient: str = ""
    """An age recipient, `age1...`: backups are encrypted for it, and its key need not be on this machine."""
    feed_days: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    """So many days of the feed log, the latest ones, are in a backup; none: all. Everything else is whole always."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    feed: FeedSettings = FeedSettings()
    engine: EngineSettings = EngineSettings()
    sim: SimSettings = SimSettings()
    paper: PaperSettings = PaperSettings()
    metrics: MetricsSettings = MetricsSettings()
    alerts: AlertSettings = AlertSettings()
    watchdog: WatchdogSettings = WatchdogSettings()
    readiness: ReadinessSettings = ReadinessSettings()
    backup: BackupSettings = BackupSettings()
    ship: ShipSettings = ShipSettings()
    retention: RetentionSettings = RetentionSettings()
    models: ModelSettings = ModelSettings()
    close: CloseSettings = CloseSettings()


def read_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The environment (`TARAZU__SECTION__KEY`) before the file before the defaults. Raises BadSettings, OSError."""
    table = read_table(path)
    settings = _converted(path, table)
    if not any(name.startswith("TARAZU__") for name in environ):
        return settings
    from tarazu.app.config.overrides import BadOverride, overlaid, overrides

    try:
        return _converted(path, overlaid(table, overrides(environ, Settings)))
    except BadOverride as bad:
        raise BadSettings(str(bad)) from bad


def read_table(path: Path) -> dict[str, Any]:
    """What the file says; nothing where there is none. Raises BadSettings, OSError."""
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as bad:
        raise BadSettings(f"{path}: {bad}") from bad


def _converted(path: Path, table: dict[str, Any]) -> Settings:
    try:
        return msgspec.convert(table, Settings)
    except msgspec.ValidationError as bad:
        raise BadSettings(f"{path}: {bad}") from bad
