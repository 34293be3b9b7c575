"""The price of the day as a line of dots, with the fills beside it, and shaded where the feed was not fresh."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec
from rich.text import Text

from tarazu.app.demo.told import FillTold, Happened, Kind, Sample
from tarazu.app.demo.view.ink import Ink
from tarazu.app.demo.view.lines import FAINT, LOUD, NEAR, UNKNOWN, runs
from tarazu.app.demo.view.seen import NOT_JUDGED, Seen
from tarazu.app.demo.view.words import shown
from tarazu.market.feed_events import FeedState
from tarazu.model import ist
from tarazu.model.units import PAISE, SECOND_NS

LINE, BOUGHT, SOLD = "cyan", "bold green", "bold magenta"
GAP_NS = 5 * SECOND_NS
"""No line is drawn across a longer silence of our own looking."""
MARGIN = 20
"""A part of the session is shown before the open and after the close."""
UNTOLD_NS = 30 * SECOND_NS
"""The axis, before the market's times are known."""
LEAST_PART = 2_500
"""Of the price that the scale spans at least: less is noise, not a move."""


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """Times and prices as dots of a canvas; row 0 is the highest price."""

    from_ns: int
    until_ns: int
    low: float
    high: float
    wide: int
    tall: int

    def x(self, ts_ns: int) -> int:
        return round((ts_ns - self.from_ns) / (self.until_ns - self.from_ns) * (self.wide - 1))

    def y(self, paise: float) -> int:
        return round((self.high - paise) / (self.high - self.low) * (self.tall - 1))

    def has(self, ts_ns: int) -> bool:
        return self.from_ns <= ts_ns <= self.until_ns


def chart(seen: Seen, width: int, height: int, ink: Ink) -> list[Text]:
    """`height` lines, the last of which is the axis of time."""
    from_ns, until_ns = _times(seen)
    drawn = [s for s in seen.samples if s.spot_paise is not None and from_ns <= s.market_ns <= until_ns]
    low, high = _prices(drawn)
    labels = _labels(low, high, height - 1) if drawn else [""] * (height - 1)
    margin = max(map(len, labels), default=0) + 1
    wide = max(width - margin, 1)
    scale = Scale(
        from_ns=from_ns,
        until_ns=until_ns,
        low=low,
        high=high,
        wide=wide * ink.across,
        tall=(height - 1) * ink.down,
    )
    states = _not_fresh(seen, scale, ink)
    cells: Cells = {(x, y): (ink.shade, _style(states[x])) for x in states for y in range(height - 1)}
    cells |= _line(drawn, scale, ink)
    cells |= _fills(seen.fills, drawn, scale, ink)
    cells |= _faults(seen.happened, scale, ink)
    cells |= _words(states)
    if not drawn:
        cells |= _waiting(seen, wide, scale.tall // ink.down)
    rows = [
        Text.assemble((f"{label:>{margin - 1}} ", FAINT), runs(cells.get((x, y), (" ", "")) for x in range(wide)))
        for y, label in enumerate(labels)
    ]
    return [*rows, _clock(seen, margin, wide)]


Cells = dict[tuple[int, int], tuple[str, str]]
"""A character and its style, by column and row."""


def _times(seen: Seen) -> tuple[int, int]:
    """The session with a little before and after it, however much of it is over: a line that grows into its day."""
    opens, closes = seen.told.opens_ns, seen.told.closes_ns
    if opens and closes > opens:
        return opens - (closes - opens) // MARGIN, closes + (closes - opens) // MARGIN
    priced = [s.market_ns for s in seen.samples if s.spot_paise is not None] or [0]
    return priced[0], max(priced[-1], priced[0] + UNTOLD_NS)


def _prices(drawn: Sequence[Sample]) -> tuple[float, float]:
    prices = [s.spot_paise for s in drawn if s.spot_paise is not None] or [0]
    low, high = min(prices), max(prices)
    short = max(high // LEAST_PART - (high - low), 0) / 2 + (high - low) * 0.08 + 1
    return low - short, high + short


def _labels(low: float, high: float, rows: int) -> list[str]:
    """Rupees at the top, the bottom and between; no more than one in three rows."""
    places = 0 if high - low > 20 * PAISE else 1
    each = max(3, rows // 4)
    step = (high - low) / max(rows - 1, 1)
    return [f"{(high - y * step) / PAISE:,.{places}f}" if y % each == 0 else "" for y in range(rows)]


def _line(drawn: Sequence[Sample], scale: Scale, ink: Ink) -> Cells:
    bits: dict[tuple[int, int], int] = {}
    for x, top in _dots(drawn, scale):
        for y in range(top, min(top + ink.thick, scale.tall)):
            cell = (x // ink.across, y // ink.down)
            bits[cell] = bits.get(cell, 0) | ink.dots[y % ink.down][x % ink.across]
    return {cell: (ink.cells[sum_], LINE) for cell, sum_ in bits.items()}


def _dots(drawn: Sequence[Sample], scale: Scale) -> Iterator[tuple[int, int]]:
    """Each sample, and straight from the one before where that is not long ago."""
    before: tuple[int, int, int] | None = None
    for sample in drawn:
        assert sample.spot_paise is not None
        x, y = scale.x(sample.market_ns), scale.y(sample.spot_paise)
        if before is None or sample.market_ns - before[2] > GAP_NS:
            yield x, y
        else:
            steps = max(abs(x - before[0]), abs(y - before[1]), 1)
            for n in range(steps + 1):
                yield round(before[0] + (x - before[0]) * n / steps), round(before[1] + (y - before[1]) * n / steps)
        before = x, y, sample.market_ns


def _not_fresh(seen: Seen, scale: Scale, ink: Ink) -> dict[int, str]:
    """The feed's own word by column: stale, or in the session and not known to be fresh."""
    states: dict[int, str] = {}
    for sample, after in pairwise(seen.samples):
        is_open = seen.told.opens_ns <= sample.market_ns < seen.told.closes_ns
        state = sample.feed or (NOT_JUDGED if is_open else FeedState.FRESH)
        if state != FeedState.FRESH and scale.has(sample.market_ns):
            until = max(scale.x(min(after.market_ns, scale.until_ns)), scale.x(sample.market_ns) + 1)
            states |= {x // ink.across: state for x in range(scale.x(sample.market_ns), until)}
    return states


def _words(states: dict[int, str]) -> Cells:
    """At the top, where the shade begins."""
    cells: Cells = {}
    for x, word in states.items():
        if x - 1 not in states:
            cells |= {(x + n, 0): (letter, f"{LOUD} {_style(word)}") for n, letter in enumerate(shown(word))}
    return cells


def _style(state: str) -> str:
    return NEAR if state == FeedState.STALE else UNKNOWN


def _fills(fills: Sequence[FillTold], drawn: Sequence[Sample], scale: Scale, ink: Ink) -> Cells:
    """What was bought below the line, what was sold above it; several of one moment upon each other."""
    cells: Cells = {}
    for fill in fills:
        spot = next((s.spot_paise for s in reversed(drawn) if s.market_ns <= fill.market_ns), None)
        if spot is None or not scale.has(fill.market_ns):
            continue
        is_buy = fill.side == "BUY"
        x, y, way = scale.x(fill.market_ns) // ink.across, scale.y(spot) // ink.down, 1 if is_buy else -1
        y += way
        while (x, y) in cells:
            y += way
        if 0 <= y < scale.tall // ink.down:
            cells[x, y] = (ink.bought, BOUGHT) if is_buy else (ink.sold, SOLD)
    return cells


def _faults(happened: Sequence[Happened], scale: Scale, ink: Ink) -> Cells:
    """At the bottom, where they were struck."""
    struck = [what.market_ns for what in happened if what.kind is Kind.FAULT and scale.has(what.market_ns)]
    return {
        (scale.x(at_ns) // ink.across, scale.tall // ink.down - 1): (ink.fault, f"{LOUD} {NEAR}") for at_ns in struck
    }


def _waiting(seen: Seen, wide: int, tall: int) -> Cells:
    """In the middle of what is empty yet."""
    opens = seen.told.opens_ns
    text = f"no price of the session yet; it opens at {_time(opens)}" if opens else "no price yet"
    return {((wide - len(text)) // 2 + n, tall // 2): (letter, FAINT) for n, letter in enumerate(text)}


def _clock(seen: Seen, margin: int, wide: int) -> Text:
    """`opens 09:15:00                 closes 09:16:00`."""
    told = seen.told
    begins = f"opens {_time(told.opens_ns)}" if told.opens_ns else ""
    ends = f"closes {_time(told.closes_ns)}" if told.closes_ns else ""
    return Text(f"{'':{margin}}{begins}{ends:>{max(wide - len(begins), 0)}}", FAINT)


def _time(ts_ns: int) -> str:
    return f"{ist.clock_of(ts_ns):%H:%M:%S}"
