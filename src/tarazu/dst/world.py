"""Everything there is of one simulated day, and how it passes: a safety phase in which anything may break, then a
healed one in which all must come right.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, time
from random import Random

from tarazu.dst.agenda import Agenda
from tarazu.dst.broker import SimBroker
from tarazu.dst.disk import DiskLied, SecondInstance, SimDisk
from tarazu.dst.faults import Faults
from tarazu.dst.full_disk import FullDisk
from tarazu.dst.life import Life, ProcessDied, RecoveryFailed
from tarazu.dst.market import EXPIRY, SimMarket, instruments
from tarazu.dst.marks import Marks
from tarazu.dst.master import EXPIRED, StaleQuotes, quoted_as
from tarazu.dst.mistakes import Mistakes
from tarazu.dst.network import Network
from tarazu.dst.options import DayOptions
from tarazu.dst.oracle import Oracle
from tarazu.dst.people import People
from tarazu.dst.plan import DayPlan, plan_of
from tarazu.dst.strategy import CALL, PRODUCT, SeededStrategy
from tarazu.engine import messages as m
from tarazu.market.touch import Quotes
from tarazu.model import ist
from tarazu.model.units import MILLISECOND_NS, MINUTE_NS, SECOND_NS
from tarazu.orders.report import OrderReport
from tarazu.strategy.base import Strategy

DAY = date(2026, 11, 23)
OPEN_NS = ist.at_ns(DAY, time(9, 20))
SKEW_NS = 500 * MILLISECOND_NS


class World:
    def __init__(self, seed: int, options: DayOptions) -> None:
        self.seed, self.options = seed, options
        self.plan: DayPlan = plan_of(seed, options.size)
        self.opened_ns = OPEN_NS + self.plan.opens_after_ns
        self.agenda = Agenda(self.opened_ns)
        self.faults = Faults(seed, options.muted)
        self.marks = Marks()
        self.listed = instruments(DAY if "late" in self.plan.happens else EXPIRY)
        late = CALL if "pnl_unknown" in self.plan.purse.narrow else ""
        self.market = SimMarket(seed, self.listed, late)
        is_stale = "untradable" in self.plan.happens
        self.master = self.listed | ({EXPIRED.key: EXPIRED} if is_stale else {})
        """What the engine is told that there is."""
        self.quotes: Quotes = StaleQuotes(self.market) if is_stale else self.market
        self.network = Network(seed, self.agenda, self.faults, self.marks)
        self.broker = SimBroker(seed, self.agenda, self.faults, self.marks, self.market, self.listed, self._row_changed)
        self.network.broker = self.broker
        self.network.funds_paise = self.plan.purse.funds_paise
        self.disk = SimDisk(DAY)
        self.people = People(self)
        self.oracle = Oracle(self)
        self.full_disk = FullDisk(self)
        self.life: Life | None = None
        self.wall_ahead_ns = 0
        """How far the machine's clock is off."""
        self.is_skewed = False
        """As the last tick has said."""
        self.feed_fresh = True
        self.is_calm = False
        self.events = self.effects = self.crashes = 0
        self._started_ns = self._end_ns = self.opened_ns
        self.trace: list[str] = []
        self._dice = Random(f"world {seed}")
        self._hashed = hashlib.sha256()
        self._strategies: list[SeededStrategy] = []

    # The day.

    def run(self) -> None:
        plan, agenda, oracle = self.plan, self.agenda, self.oracle
        for place, qty in plan.carried:
            self.broker.carry((place, PRODUCT), qty)
        self.market.step(self.opened_ns)
        agenda.after(0, self._start)
        agenda.after(plan.tick_ns, self._tick)
        agenda.after(plan.market_ns, self._move_market)
        agenda.after(plan.minute_ns, self._minute)
        healed_ns = self.opened_ns + plan.safety_ns
        self._end_ns = healed_ns + plan.healed_ns
        agenda.at(healed_ns, self._heal)
        agenda.at(healed_ns + plan.flatten_after_ns, self._last_flatten)
        while True:
            thing = agenda.next(self._end_ns)
            if thing is None:
                wait_ns = self._lacks_ns(plan.flatten_after_ns)
                if not wait_ns:
                    break
                self._end_ns += wait_ns
                continue
            self.events += 1
            thing()
            oracle.look()
            if oracle.violations or self.events == self.options.until_event:
                return
        oracle.look_at_the_end()

    @property
    def digest(self) -> str:
        return self._hashed.hexdigest()

    def note(self, *parts: object) -> None:
        """One line of the trace; its parts are put into words where there is one."""
        if self.options.traced:
            at = (self.agenda.now_ns - self.opened_ns) / SECOND_NS
            self.trace.append(f"{self.events:6} {at:10.3f} {' '.join(map(str, parts))}")

    # What the process meets.

    def effect(self, name: str) -> None:
        """A boundary between two effects of the process: here it may die."""
        self.effects += 1
        if self.effects == self.options.crash_at or self.faults.strikes("crash"):
            raise ProcessDied(name)

    def wrote(self, frame: bytes) -> None:
        self._hashed.update(frame)

    def strategies(self, epoch: int) -> Sequence[Strategy]:
        made = SeededStrategy(self.seed, epoch, self.listed, self.plan.pace, Mistakes(self, epoch))
        made.calm = self.is_calm
        self._strategies = [made]
        return self._strategies

    def bands(self) -> dict[str, tuple[int, int]]:
        return {key: self.market.band(quoted_as(key)) for key in self.master}

    @property
    def wanted_ns(self) -> Sequence[int]:
        """When the strategy that runs now wanted to enter, in the engine's steady time."""
        return self._strategies[0].wanted_ns if self._strategies else ()

    def died(self, life: Life, why: str) -> None:
        forced = self.effects == self.options.crash_at
        kept = None if not forced else 0.0 if self.options.lose_unsynced else 1.0
        self.crashes += 1
        life.is_alive = False
        self.life = None
        self.network.subscriber = _nobody
        self.oracle.died(life, why)
        self.disk.crash(life.record.unwritten, self._dice, kept)
        self._hashed.update(f"died {why} {self.disk.synced_head.sequence} {len(self.disk.image)}".encode())
        self.note(f"DIED at {why}")
        self.agenda.after(self._dice.randint(500, 20_000) * MILLISECOND_NS, self._start)

    def tell(self, message: m.Message) -> bool:
        """To whoever lives; whether it was taken whole."""
        return self.life is not None and self.life.tell(message)

    # What happens by itself.

    def _start(self) -> None:
        if self.life is not None:
            return
        try:
            life = self.life = Life(self)
        except DiskLied as lie:
            self.oracle.violated("I16", str(lie))
            return
        except RecoveryFailed as bug:
            self.oracle.violated("BUG", f"in recovery: {bug}")
            return
        self.note(f"START epoch {life.epoch} after entry {life.record.head.sequence}")
        self.network.subscriber = life.tell
        self._started_ns = self.agenda.now_ns
        life.begin(self.plan.config)

    def second_instance(self) -> None:
        """Started while the first lives: it must not get further than the lock."""
        if self.life is None:
            return
        try:
            Life(self)
        except SecondInstance:
            self.marks.hit("second_instance_refused")
            return
        self.oracle.violated("I10", "a second instance started while the first lives")

    def _tick(self) -> None:
        self.agenda.after(self.plan.tick_ns if not self.faults.healed else self.plan.healed_tick_ns, self._tick)
        self.is_skewed = abs(self.wall_ahead_ns) > SKEW_NS
        self.tell(m.Ticked(skewed=self.is_skewed))
        self.oracle.ticked()

    def _move_market(self) -> None:
        self.agenda.after(
            self.plan.market_ns if not self.faults.healed else self.plan.healed_market_ns, self._move_market
        )
        wall_ns = self.agenda.now_ns + self.wall_ahead_ns
        self.market.step(wall_ns)
        self.tell(m.MarketMoved(sequence=self.market.sequence, wall_ns=wall_ns))
        self.broker.move()

    def _minute(self) -> None:
        """Every so often: the surroundings' own faults, and what people do."""
        if self.faults.healed:
            return
        self.agenda.after(self.plan.minute_ns, self._minute)
        strikes, between, later = self.faults.strikes, self.faults.between, self._at_random
        if strikes("token_lost"):
            later(self._lose_token)
        if strikes("disk_reserve"):
            later(self._fill_disk)
        if strikes("clock_jump"):
            sign = 1 if between("clock_jump", 0, 1) else -1
            ahead_ns = sign * between("clock_jump", 1, 3_600) * SECOND_NS
            later(lambda: self._set_clock(ahead_ns))
        if strikes("feed_stale"):
            later(lambda: self._set_feed(False))
        if strikes("second_instance"):
            later(self.second_instance)
        self.people.minute()

    def _at_random(self, thing: Callable[[], None]) -> None:
        self.agenda.after(self._dice.randint(0, self.plan.minute_ns), thing)

    def _lose_token(self) -> None:
        self.note("TOKEN lost")
        if any(order.order.order_type.is_stop for orders in self.broker.open.values() for order in orders):
            self.marks.hit("token_lost_with_stop_resting")
        self.broker.token_ok = False
        self.agenda.after(self._dice.randint(5, 90) * SECOND_NS, self._renew_token)

    def _renew_token(self) -> None:
        self.broker.token_ok = True

    def _fill_disk(self) -> None:
        """Room for the reserve alone. The watch looks once a second, and tells the engine."""
        life = self.life
        if life is None or self.faults.healed:
            return
        self.note("DISK full but for the reserve")
        life.record.reserve_only = True
        self.agenda.after(SECOND_NS, lambda: life.tell(m.RecordTrouble(of="DISK", ok=False, text="full")))
        self.agenda.after(self._dice.randint(10, 60) * SECOND_NS, lambda: self._free_disk(life))

    def _free_disk(self, life: Life) -> None:
        life.record.reserve_only = False
        life.tell(m.RecordTrouble(of="DISK", ok=True))

    def _set_clock(self, ahead_ns: int) -> None:
        self.note(f"CLOCK ahead {ahead_ns / SECOND_NS:.0f} s")
        self.wall_ahead_ns = ahead_ns
        if ahead_ns:
            self.agenda.after(self._dice.randint(5, 120) * SECOND_NS, lambda: self._set_clock(0))

    def _set_feed(self, fresh: bool) -> None:
        self.feed_fresh = fresh
        self.market.is_frozen = not fresh and self.market.moments.freezes
        self.tell(m.FeedMoved(feed="options", fresh=fresh, required=True, reason="" if fresh else "SILENT"))
        if not fresh:
            self.agenda.after(self._dice.randint(3, 60) * SECOND_NS, lambda: self._set_feed(True))

    def _row_changed(self, row: OrderReport) -> None:
        self.oracle.truth_changed(row)
        self.network.heard(row)

    # The end.

    def _heal(self) -> None:
        """From here on nothing goes wrong, nobody wants anything new, and people put right what is theirs to."""
        self.note("HEALED")
        self.faults.healed = self.is_calm = True
        for strategy in self._strategies:
            strategy.calm = True
        self.broker.token_ok = True
        self.wall_ahead_ns = 0
        self.market.moments.is_over = True
        self._set_feed(True)
        if self.life is not None:
            self._free_disk(self.life)
        self.people.put_right()

    def _lacks_ns(self, healthy_ns: int) -> int:
        """How much longer, until a process has lived so long in peace: one may be killed late in the day, too. A halt
        that was over a moment ago, for prices have come back, has its books to compare first."""
        due_ns = max(self._started_ns + healthy_ns, self.oracle.reset_ns + MINUTE_NS)
        return SECOND_NS if self.life is None else max(due_ns - self.agenda.now_ns, 0)

    def end_after(self, ns: int) -> None:
        """Nothing is left to look at after that."""
        self._end_ns = min(self._end_ns, self.agenda.now_ns + ns)

    def _last_flatten(self) -> None:
        wait_ns = self._lacks_ns(self.plan.flatten_after_ns)
        if wait_ns:
            self._end_ns += wait_ns
            self.agenda.after(wait_ns, self._last_flatten)
            return
        self.oracle.look_when_settled()
        self.people.flatten_for_good()


def _nobody(message: m.Message) -> None:
    pass
