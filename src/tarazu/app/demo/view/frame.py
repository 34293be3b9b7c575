"""The screen of a demo at a moment of it: the same for the terminal that watches and for a picture made later."""

from rich.text import Text

from tarazu.app.demo.told import DemoTold, Sample
from tarazu.app.demo.view.chart import chart
from tarazu.app.demo.view.desk import OLD_S, desk
from tarazu.app.demo.view.events import events
from tarazu.app.demo.view.ink import BRAILLE, Ink
from tarazu.app.demo.view.lines import BAD, FAINT, LOUD, NEAR, OK, beside, fitted, pane, rule
from tarazu.app.demo.view.runbook import chapters, runbook
from tarazu.app.demo.view.seen import Seen, seen_at
from tarazu.app.demo.view.words import head_line, seconds, shown
from tarazu.app.verdict import Status
from tarazu.model import ist
from tarazu.model.units import rupees_text

HEAD_STYLE = "bold white on grey30"
"""Grey is SIM, as on every screen of ours."""
BESIDE_COLUMNS = 72
"""From here on market and desk stand side by side."""
WIDE_COLUMNS = 112
"""From here on runbook and events do."""
RULE_ROOM = 16
"""Of the pane's name and what is drawn about it."""
LEAST_ROWS = 14
"""Below it there is room for the runbook alone."""


def frame(told: DemoTold, now_s: float, width: int, height: int, said: str = "", ink: Ink = BRAILLE) -> Text:
    """`height` lines of `width` cells: the demo as it was `now_s` seconds after it began, the command that ran then
    having said `said` last."""
    seen = seen_at(told, now_s, said)
    head = [_head(seen, width, ink), fitted(chapters(seen), width, ink)]
    lines = [*head, *_body(seen, width, height - len(head), ink)][:height]
    return Text("\n").join(lines)


def _body(seen: Seen, width: int, height: int, ink: Ink) -> list[Text]:
    if height < LEAST_ROWS:
        return runbook(seen, width, height, ink)
    upper = max(min((height - 2) // 2, 18), 8)
    return [*_upper(seen, width, upper, ink), *_lower(seen, width, height - upper, ink)]


def _upper(seen: Seen, width: int, height: int, ink: Ink) -> list[Text]:
    if width < BESIDE_COLUMNS:
        return [*_market(seen, width, height - 3, ink), *desk(seen, width, 3, ink)]
    right = max(min(width * 2 // 5, 56), 34)
    return beside(_market(seen, width - right - 3, height, ink), desk(seen, right, height, ink), ink)


def _lower(seen: Seen, width: int, height: int, ink: Ink) -> list[Text]:
    if width < WIDE_COLUMNS:
        upper = height // 2
        return [*runbook(seen, width, upper, ink), *events(seen, width, height - upper, ink)]
    right = (width - 3) // 2
    return beside(runbook(seen, width - right - 3, height, ink), events(seen, right, height, ink), ink)


def _head(seen: Seen, width: int, ink: Ink) -> Text:
    """`TARAZU DEMO  SIM  market OPEN, closes ...   Mon 2026-11-23 09:15:20 IST    38.2 s`."""
    last = seen.last
    left = Text(" TARAZU DEMO  SIM  ")
    left.append(_verdict(seen) if seen.is_over else shown(last.market) if last and last.market else "market unknown")
    right = Text(f"{'' if last is None else _moment(last, width)}  {seconds(seen.now_s)} ")
    which = head_line(seen.told)
    if left.cell_len + len(which) + right.cell_len + 4 < width:
        left.append(f"   {which}")
    room = width - right.cell_len
    line = Text.assemble(fitted(left, room, ink), right)
    line.stylize(HEAD_STYLE)
    return fitted(line, width, ink)


def _verdict(seen: Seen) -> str:
    if seen.told.status is Status.OK and seen.told.proofs:
        return "OVER: everything held"
    return "OVER: NOT EVERYTHING HELD"


def _moment(last: Sample, width: int) -> str:
    day, clock = ist.stamp(last.market_ns).split()
    return f"{ist.day_of(last.market_ns):%a} {day} {clock} IST" if width >= WIDE_COLUMNS else f"{clock} IST"


def _market(seen: Seen, width: int, height: int, ink: Ink) -> list[Text]:
    head = rule("NIFTY 50", _price(seen, width - RULE_ROOM), width, ink)
    return pane(head, chart(seen, width, height - 1, ink), width, height, ink)


def _price(seen: Seen, room: int) -> Text:
    """`26,061.20 +12.30  future 26,103.00`; the change is the one since the first price that was seen."""
    last = seen.last
    if last is None or last.spot_paise is None:
        return Text("no price yet", FAINT)
    first = next(s.spot_paise for s in seen.samples if s.spot_paise is not None)
    moved = last.spot_paise - first
    line = Text.assemble((rupees_text(last.spot_paise), LOUD), " ", (f"{moved / 100:+,.2f}", OK if moved >= 0 else BAD))
    if seen.age_s > OLD_S:
        line.append(f"  {seen.age_s:.0f} s old", NEAR)
    future = "" if last.future_paise is None else f"  future {rupees_text(last.future_paise)}"
    return line.append(future, FAINT) if line.cell_len + len(future) <= room else line
