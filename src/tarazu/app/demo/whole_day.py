"""A demo's chapters in their order, what they wait for, and the proof at the end."""

import http.client
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

from tarazu.app.broker_address import NoAddress, sim_address
from tarazu.app.demo import proof
from tarazu.app.demo.books import OurDay, broker_day, our_day
from tarazu.app.demo.curtain import Curtain
from tarazu.app.demo.incidents.story import NotSeen, Story
from tarazu.app.demo.incidents.table import INCIDENTS
from tarazu.app.demo.looking.diary import Diary
from tarazu.app.demo.looking.quotes import Quotes
from tarazu.app.demo.looking.watch import Watch
from tarazu.app.demo.next import things_to_try
from tarazu.app.demo.options import DemoOptions
from tarazu.app.demo.place import Place
from tarazu.app.demo.steps.chapters import Chapters
from tarazu.app.demo.told import Chapter
from tarazu.app.depth_ws.market_day import market_days
from tarazu.app.feed.snapshot import read_feed
from tarazu.app.runbook.book.model import Expect, Source
from tarazu.app.runbook.runs.beginning import Refused
from tarazu.app.runbook.runs.evidence import NotRecorded
from tarazu.app.runbook.runs.running import AlreadyRuns
from tarazu.app.supervision.link import SupervisorRefused
from tarazu.app.supervision.reach import reach
from tarazu.app.verdict import Check, Status
from tarazu.model.calendar import Phase, Venue
from tarazu.model.units import PAISE, SECOND_NS

SHOWN_BEFORE_S = 8.0
"""Of the market, between the first fill and what goes wrong: there is to be something to see before."""
FIRST_FILL_S = 20.0
"""Of the market after its open; without a fill by then the day goes on, and the proof says what was missing."""
WAIT_S = 0.1
EYEBALL_S = 5.0
_FAILED = (NotSeen, Refused, NotRecorded, AlreadyRuns, NoAddress, SupervisorRefused, OSError, http.client.HTTPException)
"""What may be missing of a day: told, and the day goes on to its close."""
_UNREAD = (*_FAILED, ValueError, KeyError, TypeError)
"""Raised by a file or an answer that is not as it should be: no proof then, and the stack goes down all the same."""


REFUSED = Expect(exit=(4,), starts="REFUSED")


def rollbacks(halts: bool) -> tuple[tuple[str, str, Expect], ...]:
    """Nothing is rolled back. Flags go back to what the last clean close has seen, which a halted day is not; no model
    was ever promoted here; and a halt is taken back by nobody who does not say under which incident he has looked."""
    flags = REFUSED if halts else Expect(starts="DRY_RUN")
    reset = REFUSED if halts else Expect(starts="NORMAL")
    return (
        ("flags", "python scripts/rollback_flags.py --dry-run", flags),
        ("model", "python scripts/rollback_model.py --family xgb --to previous --dry-run", REFUSED),
        ("reset", "python scripts/reset_risk_halt.py", reset),
    )


class WholeDay:
    def __init__(
        self,
        options: DemoOptions,
        place: Place,
        diary: Diary,
        quotes: Quotes,
        folder: Path,
        source: tuple[Source, str],
    ) -> None:
        self.options, self.home, self.diary, self.place = options, place.home, diary, place
        self._curtain = Curtain(place.home)
        self._quotes, self._watch = quotes, Watch(place.home, diary, quotes, self._curtain)
        self._chapters = Chapters(place.home, folder, source, diary, self._prices)
        self._incident = INCIDENTS[options.incident]
        self._checks: list[Check] = []
        self._closes_ns = self._opens_ns = 0

    def whole(self) -> None:
        """Every chapter, one after the other; what was missed in one is in the proof, and the next is done."""
        self._quotes.begin()
        self._watch.begin()
        try:
            for chapter in (self._pre_open, self._start, self._monitor, self._broken, self._close, self._rollback):
                self._tried(chapter)
        finally:
            self._watch.end()
            self._quotes.end()
        self._prove()

    def _tried(self, chapter: Callable[[], None]) -> None:
        try:
            chapter()
        except _FAILED as missed:
            name = chapter.__name__.strip("_").replace("_", "-")
            self._checks.append(
                Check(id=f"chapter.{name}", status=Status.CRIT, code="BROKEN_OFF", detail=in_words(missed))
            )

    # The chapters.

    def _pre_open(self) -> None:
        reach(self.home)  # as every command of the sim profile does first: its broker runs from here on
        self._times()
        self._chapters.runbook(Chapter.PRE_OPEN, "pre-open")

    def _start(self) -> None:
        try:
            self._chapters.runbook(Chapter.START, "start")
        finally:
            self._curtain.rise(self.diary.market_ns())

    def _monitor(self) -> None:
        self._until(self._opens_ns)
        fills = self._wait(lambda: bool(self.diary.settled().fills), self._opens_ns + round(FIRST_FILL_S * SECOND_NS))
        self._chapters.runbook(Chapter.MONITOR, "monitor")
        if fills:
            first = self.diary.settled().fills[0].market_ns
            self._until(min(first + round(SHOWN_BEFORE_S * SECOND_NS), self._closes_ns))

    def _broken(self) -> None:
        story = Story(self.home, self.diary, self._chapters)
        try:
            self._incident.tell(story)
        finally:
            self._checks += story.checks
        if not self._incident.halts:
            self._chapters.runbook(Chapter.MONITOR, "monitor")

    def _close(self) -> None:
        self._until(self._closes_ns)
        self._chapters.runbook(Chapter.CLOSE, "eod")

    def _rollback(self) -> None:
        for step, command, expect in rollbacks(self._incident.halts):
            self._chapters.command(Chapter.ROLLBACK, step, command, expect)

    def _prove(self) -> None:
        """By what is there when everything is done; then the stack goes down."""
        broker = ours = None
        ended: tuple[Check, ...] = ()
        try:
            broker = broker_day(sim_address(self.home))
            ours = our_day(self.home, self.options_day)
        except _UNREAD as lost:
            self._checks.append(Check(id="books", status=Status.UNKNOWN, code="NOT_TOLD", detail=in_words(lost)))
        try:
            ended = tuple(self._day_ended(ours))
        except _UNREAD as lost:
            self._checks.append(Check(id="day", status=Status.UNKNOWN, code="NOT_TOLD", detail=in_words(lost)))
        run, day = self._chapters.command, self.options_day
        run(Chapter.PROOF, "down", "bash scripts/stop_live_stack.sh", Expect(exit=(0,), starts="DOWN"))
        run(Chapter.PROOF, "journal", f"tarazu audit verify --date {day}", Expect(exit=(0, 1)))
        told = self.diary.settled()
        told.broker = None if broker is None else broker.books
        told.ours = None if ours is None else ours.books
        told.proofs = [
            *proof.of_trading(told),
            *proof.of_steps(told.steps, self._incident.halts),
            *proof.of_runbooks(self._chapters.ran, self._incident.halts),
            *proof.of_conduct(told.happened),
            proof.of_processes(told.samples, self._incident.dies),
            *self._checks,
            *(proof.of_account(broker) if broker is not None else ()),
            *(proof.of_books(broker, ours, self._incident.halts) if broker is not None and ours is not None else ()),
            *((proof.of_replay(ours),) if ours is not None else ()),
            *ended,
            proof.of_watching(self._watch.broken),
        ]
        told.next = things_to_try(self.place, told)

    def _day_ended(self, ours: OurDay | None) -> Iterator[Check]:
        """As the desk's record has it while its stack still stands."""
        now_ns = self.diary.market_ns()
        if not self._incident.halts:
            yield proof.of_day(self.home, self.options_day, now_ns)
        elif ours is not None:
            yield from proof.of_exception(self.home, self.diary.settled(), ours, now_ns)

    @property
    def options_day(self) -> str:
        return self.diary.told.day

    # What it waits for.

    def _times(self) -> None:
        day = date.fromisoformat(self.options_day)
        session = market_days(self.home).session(day)
        window = session.window(Venue.DERIVATIVES, Phase.CONTINUOUS) if session is not None else None
        if window is None:
            raise NoAddress(f"{day} has no session")
        self._opens_ns, self._closes_ns = window.start_ns, window.end_ns
        self._curtain.opens_ns = window.start_ns
        told = self.diary.told
        told.opens_ns, told.closes_ns = window.start_ns, window.end_ns

    def _until(self, market_ns: int) -> None:
        self._wait(lambda: False, market_ns)

    def _wait(self, holds: Callable[[], bool], market_ns: int) -> bool:
        """Whether it holds before that moment of the market's clock; looks until then."""
        while not holds():
            if self.diary.market_ns() >= market_ns:
                return False
            time.sleep(WAIT_S)
        return True

    def _prices(self) -> Mapping[str, float]:
        """Of `pre-open`'s eyeball: by the broker's own quote, and by the desk's feed. In a market that moves they are
        looked at until they are of one moment, as a person would."""
        end_s = time.monotonic() + EYEBALL_S
        while True:
            spot, feed = self._quotes.latest()[0], read_feed(self.home, time.monotonic_ns())
            centre = None if isinstance(feed, Check) or feed.selection is None else feed.selection.centres[0]
            if spot is not None and centre is not None and centre.spot_paise:
                found = {"kite_ltp": spot / PAISE, "tarazu_ltp": centre.spot_paise / PAISE}
                if spot == centre.spot_paise or time.monotonic() > end_s:
                    return found
            elif time.monotonic() > end_s:
                return {}
            time.sleep(WAIT_S)


def in_words(missed: BaseException) -> str:
    return f"{type(missed).__name__}: {missed}".removesuffix(": ")[:600]
