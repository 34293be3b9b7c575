"""A day's audit as a value: what is in `audit.json`, and all that the page is drawn from.

Money in paise, times in UTC ns: `ts_ns` of orders and findings are the engine's steady time, of curves and feeds the
wall clock's. None is not known, and never zero.
"""

from datetime import date

import msgspec

from tarazu.app.closing.standing import Standing
from tarazu.app.day_audit.evidence.artefacts import Artefact
from tarazu.app.day_audit.evidence.reconciled import Reconciled
from tarazu.app.day_audit.finding import Finding
from tarazu.app.day_audit.timeline.curves import Outage, Point, Shot
from tarazu.app.day_audit.timeline.feed_day import FeedDay
from tarazu.app.day_audit.timeline.spans import Spans
from tarazu.app.day_audit.trail.completeness import Completeness
from tarazu.app.day_audit.trail.trail import Trail
from tarazu.app.day_audit.walk.controls import ControlRow, Halted, Stage
from tarazu.app.day_audit.walk.limits import Use
from tarazu.app.day_audit.walk.money import OpenPlace, Result
from tarazu.app.verdict import Check

SCHEMA = "tarazu.day-audit/1"


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of deciding the day again."""

    equal: int = 0
    """Entries whose steps came out byte for byte the same, from the first on."""
    of: int = 0
    difference: str = ""
    recoveries: int = 0
    not_recovered: tuple[int, ...] = ()
    losses: tuple[str, ...] = ()
    why_not: str = ""
    """Why the day was not decided again; empty: it was."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """How long one kind of thing took; ns, None without any."""

    name: str
    count: int
    p50_ns: int | None
    p99_ns: int | None
    worst_ns: int
    buckets: dict[int, int]
    """`timeline.spans`: counts by the number of the bucket."""


class Audit(msgspec.Struct, kw_only=True):
    schema: str = SCHEMA
    day: date
    profile: str
    build: str
    """This program's."""
    who: str
    made_ns: int
    verdict: str = ""
    exit: int = 3
    standing: Standing = Standing()
    """The journal that was audited: entries, root and head."""
    is_over: bool = False
    """Whether the day's last session had ended: then no order may be open."""
    first_ns: int = 0
    last_ns: int = 0
    starts: int = 0
    builds: list[str] = []
    """That journalled the day."""
    models: dict[str, str] = {}
    """Models that the last start began with, by name, with their hashes."""
    config_sha256: str = ""
    """Of the engine's config at the last start."""
    messages: dict[str, int] = {}
    checkpoints: int = 0
    covered: int = 0
    """Entries under the journal's largest signed checkpoint."""
    desk_entries: int = 0
    desk_noted: int = 0
    """Heads of the desk's record that the journal has noted and that are as they were."""
    checks: tuple[Check, ...] = ()
    findings: list[Finding] = []
    complete: Completeness = Completeness()
    orders: list[Trail] = []
    replay: Replayed = Replayed()
    result: Result = Result()
    by_strategy: dict[str, Result] = {}
    open_places: list[OpenPlace] = []
    marked_net_paise: int | None = None
    """The engine's last mark."""
    marks_compared: int = 0
    worst_drawdown_paise: int = 0
    requests: int = 0
    executions: int = 0
    controls: list[ControlRow] = []
    stages: list[Stage] = []
    alerts: dict[str, int] = {}
    halts: list[Halted] = []
    words: dict[str, int] = {}
    """Of people, by the order they gave."""
    limits: list[Use] = []
    spans: list[Span] = []
    points: list[Point] = []
    shots: list[Shot] = []
    outages: list[Outage] = []
    feed: FeedDay | None = None
    """None: there is no feed log."""
    reconciled: Reconciled = Reconciled()
    artefacts: list[Artefact] = []


def span_of(spans: Spans) -> Span:
    return Span(
        name=spans.name,
        count=spans.count,
        p50_ns=spans.percentile_ns(50),
        p99_ns=spans.percentile_ns(99),
        worst_ns=spans.worst_ns,
        buckets=dict(sorted(spans.buckets.items())),
    )
