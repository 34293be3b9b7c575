"""The desk in a pane: what it may do, what it holds, its processes, how much of its limits is used."""

from collections.abc import Iterator

from rich.text import Text

from tarazu.app.demo.told import ProcessSeen, Sample
from tarazu.app.demo.view.ink import Ink
from tarazu.app.demo.view.lines import BAD, FAINT, LOUD, NEAR, OK, UNKNOWN, pane, rule
from tarazu.app.demo.view.seen import NOT_JUDGED, Seen
from tarazu.app.demo.view.words import shown
from tarazu.app.feed.words import span
from tarazu.app.supervision.state import State
from tarazu.app.watching.words import rupees
from tarazu.engine.halts import RiskState
from tarazu.engine.phase import Phase
from tarazu.market.feed_events import FeedState

BAR = 10
NEAR_PERCENT, REACHED_PERCENT = 80, 100
OLD_S = 3.0
"""A look that is older says so."""

STYLES: dict[str, str] = {
    Phase.ACTIVE: OK,
    Phase.REDUCE_ONLY: NEAR,
    Phase.RECONCILING: NEAR,
    Phase.HALTED: BAD,
    RiskState.NORMAL: OK,
    RiskState.SOFT_HALT: NEAR,
    RiskState.HARD_HALT: BAD,
    FeedState.FRESH: OK,
    FeedState.STALE: BAD,
    FeedState.UNKNOWN: UNKNOWN,
    State.RUNNING: OK,
    State.STARTING: NEAR,
    State.STOPPING: NEAR,
    State.STOPPED: FAINT,
    State.BACKOFF: BAD,
    State.EXITED: BAD,
    State.FATAL: BAD,
    State.UNKNOWN: UNKNOWN,
}
"""By the word itself: UNKNOWN is magenta wherever it stands. A word that is not here is left as the terminal has it."""


def desk(seen: Seen, width: int, height: int, ink: Ink) -> list[Text]:
    last = seen.last
    if last is None:
        return pane(rule("DESK", Text(), width, ink), [Text("nothing seen of it yet", FAINT)], width, height, ink)
    old = Text(f"as of {seen.age_s:.0f} s ago", NEAR) if seen.age_s > OLD_S else Text()
    first = [*_account(last, seen.is_open), *map(_process, last.processes)]
    return pane(rule("DESK", old, width, ink), [*first, *_rest(last, height - 1 - len(first))], width, height, ink)


def _account(last: Sample, is_open: bool) -> Iterator[Text]:
    yield Text.assemble("phase ", _word(last.phase), "  risk ", _word(last.risk))
    pnl = "unknown" if last.day_pnl_paise is None else f"Rs {rupees(last.day_pnl_paise)}"
    yield Text.assemble("P&L day ", (pnl, LOUD))
    line = Text(f"orders {_count(last.orders)}, working {_count(last.working)}")
    yield line.append(f", incidents {last.incidents_open}", NEAR) if last.incidents_open else line
    yield _feed(last, is_open)


def _feed(last: Sample, is_open: bool) -> Text:
    """Nobody judges it outside the session; that nobody does within it is not as it should be."""
    line = Text.assemble("feed ", _word(last.feed) if last.feed else (NOT_JUDGED, UNKNOWN if is_open else FAINT))
    if last.tick_limit_ns is not None and last.tick_lag_ns is not None:
        over = last.tick_lag_ns > last.tick_limit_ns
        line.append(f"  {span(last.tick_lag_ns)}", BAD if over and last.feed else None)
        line.append(f" of {span(last.tick_limit_ns)}")
    return line.append(f"  {last.packets_per_s:,.0f} packets/s", FAINT)


def _process(one: ProcessSeen) -> Text:
    """`main       RUNNING  died 1  24090 D-31 SKIP`."""
    pid = "" if one.pid is None else str(one.pid)
    return Text.assemble(
        f"{shown(one.name):<10} ",
        _word(one.state, 9),
        (f"died {one.restarts}", NEAR if one.restarts else FAINT),
        f" {pid:>6}",
        (f" {shown(one.doing)}", FAINT),
    )


def _rest(last: Sample, room: int) -> list[Text]:
    """Limits, the fullest first, and positions share what room there is."""
    limits = [_limit(code, used) for code, used in sorted(last.used.items(), key=lambda item: -item[1])]
    for_places = max(room - sum(used > 0 for used in last.used.values()), room // 2, 1)
    places = _places(last, for_places)
    return [*places, *limits[: max(room - len(places), 0)]]


def _places(last: Sample, room: int) -> list[Text]:
    """A line each, or one for all of them."""
    held = [
        Text.assemble((f"{units:+,} ", LOUD), shown(key.rpartition(":")[2])) for key, units in last.positions.items()
    ]
    if not held:
        return [Text("flat: nothing is held" if last.phase else "positions unknown", FAINT)]
    if len(held) <= room:
        return [Text.assemble(f"{'' if n else 'holds':<6}", one) for n, one in enumerate(held)]
    return [Text.assemble(f"holds {len(held)}: ", Text(", ").join(held))]


def _limit(code: str, used: int) -> Text:
    """`DAY_LOSS       [####      ]  41 %`: in ten parts, the last of which is full where the limit is reached."""
    style = BAD if used >= REACHED_PERCENT else NEAR if used >= NEAR_PERCENT else OK
    filled = min(-(-used * BAR // 100), BAR)
    return Text.assemble(
        f"{shown(code):<15} [", ("#" * filled, style), f"{' ' * (BAR - filled)}] ", (f"{used:>3} %", style)
    )


def _word(word: str, width: int = 0) -> tuple[str, str]:
    """A state in its colour; what is not known is told as that."""
    return f"{shown(word) or 'unknown':<{width}}", STYLES.get(word, "") if word else UNKNOWN


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"
