"""What a simulated broker is started with, and how the words of the command line become times and rules."""

import time as clock
from datetime import date, time
from pathlib import Path

import msgspec

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import NotCovered, Pace, TradingCalendar, TradingSession, paced
from tarazu.model.units import CRORE, MILLISECOND_NS, PAISE, SECOND_NS
from tarazu.reference import RULE_PROFILES
from tarazu.sim.server.clock import RATE_MAX
from tarazu.sim.synthetic.scenario import SCENARIOS

SESSIONS = tuple(str(pace) for pace in Pace)
SIZE_NAMES = ("tiny", "desk", "full")
USER_ID = "TZ0001"
# The first minute of continuous trading is the busiest and needs no waiting for.
OPENS_AT = time(9, 15)
# A recording begins so long before its first frame.
BEFORE_NS = SECOND_NS


class BadOptions(ValueError):
    """Options that make no sense together, or a day that no data covers; the message is for the user."""


class SimOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Port 0 takes a free one."""

    rest_port: int = 0
    ws_port: int = 0
    admin_port: int = 0
    rules: str = "nse-2026"
    scenario: str = "normal"
    seed: int = 1
    speed: float = 1.0
    """Virtual seconds a real second."""
    session: str = "full"
    at: str | None = None
    """IST `HH:MM[:SS]` of the market's day to begin at; default: the first continuous minute, or, where it
    is played shorter, its first moment."""
    day: str | None = None
    """`YYYY-MM-DD`; default: today when it trades, else the next trading day."""
    size: str = "desk"
    step_ms: int = 1000
    cash_paise: int = CRORE * PAISE
    state: Path | None = None
    ready_file: Path | None = None
    """Holds the first line while the broker serves; no part of its state."""
    postback_url: str = ""
    static_ips: tuple[str, ...] = ()
    replay: Path | None = None
    """A clip or a day of a feed log: the market is this recording."""
    master: Path | None = None
    """The instrument master of a recording that has none with it."""

    @property
    def step_ns(self) -> int:
        return self.step_ms * MILLISECOND_NS


def refuse(options: SimOptions) -> None:
    """Raises BadOptions for values outside their lists and ranges, or a day that cannot be played."""
    for name, value, known in (
        ("rules", options.rules, RULE_PROFILES),
        ("scenario", options.scenario, tuple(SCENARIOS)),
        ("session", options.session, SESSIONS),
        ("size", options.size, SIZE_NAMES),
    ):
        if value not in known:
            raise BadOptions(f"no {name} {value!r}; there are: {', '.join(known)}")
    if not all(0 <= port <= 65_535 for port in (options.rest_port, options.ws_port, options.admin_port)):
        raise BadOptions("a port lies between 0 and 65535")
    if not 0 < options.speed <= RATE_MAX or not 10 <= options.step_ms <= 60_000 or options.cash_paise < 0:
        raise BadOptions(f"speed lies in (0, {RATE_MAX:g}], step-ms in [10, 60000], cash is not negative")
    if options.postback_url:
        from tarazu.sim.server.postback import BadPostbackUrl, parse_url

        try:
            parse_url(options.postback_url)
        except BadPostbackUrl as bad:
            raise BadOptions(str(bad)) from bad
    if options.replay is None:
        if options.master is not None:
            raise BadOptions("--master is the instrument master of a recording: give --replay too")
        opening(options, today_ist())
    else:
        _refuse_beside_replay(options)


def _refuse_beside_replay(options: SimOptions) -> None:
    """What describes the synthetic market. The seed stays: keys, latencies and order numbers are drawn from it."""
    usual = SimOptions()
    for flag in ("scenario", "size", "step_ms"):
        if getattr(options, flag) != getattr(usual, flag):
            name = flag.replace("_", "-")
            raise BadOptions(f"--{name} describes the synthetic market: a recording is played as it is (--replay)")


def today_ist() -> date:
    """The machine's day, in India."""
    return ist.day_of(clock.time_ns())


class Opening(msgspec.Struct, frozen=True):
    """The day chosen and the virtual moment to begin at."""

    day: date
    start_ns: int


def opening(options: SimOptions, today: date, first_ns: int | None = None) -> Opening:
    """Where nothing else is asked for: today, or the next trading day, from `OPENS_AT`; for a recording, its own day
    from just before its first frame, received at `first_ns`. Raises BadOptions."""
    rules = reference.rules(options.rules)
    calendar = reference.calendar_for(rules)
    try:
        day = _day(options.day, calendar, today, first_ns)
        rules.refuse_uncovered(day)
        session = calendar.session(day)
    except NotCovered as refused:
        raise BadOptions(str(refused)) from refused
    if session is None:
        raise BadOptions(f"{day} is not a trading day; the next is {calendar.next_trading_day(day)}")
    return Opening(day, _start_ns(options, paced(session, Pace(options.session)), first_ns))


def _day(text: str | None, calendar: TradingCalendar, today: date, first_ns: int | None) -> date:
    if text is None and first_ns is not None:
        return ist.day_of(first_ns)
    if text is None:
        return today if calendar.is_trading_day(today) else calendar.next_trading_day(today)
    try:
        return date.fromisoformat(text)
    except ValueError as bad:
        raise BadOptions(f"--day {text!r} is not YYYY-MM-DD") from bad


def _start_ns(options: SimOptions, session: TradingSession, first_ns: int | None) -> int:
    if options.at is None and first_ns is not None:
        hour_ns = first_ns - ist.midnight_ns(ist.day_of(first_ns))
        return max(session.actual_ns(ist.midnight_ns(session.day) + hour_ns), session.first_ns) - BEFORE_NS
    if options.at is None:
        return ist.at_ns(session.day, OPENS_AT) if options.session == Pace.FULL else session.first_ns
    try:
        moment = time.fromisoformat(options.at)
    except ValueError as bad:
        raise BadOptions(f"--at {options.at!r} is not HH:MM") from bad
    return session.actual_ns(ist.at_ns(session.day, moment))
