"""What the rows of the gate look at: read at most once, when the first row asks for it, and never twice differently."""

import os
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from threading import Thread

from tarazu import reference
from tarazu.adapters.sim_clock import SimClock
from tarazu.app.account.reading import AccountRead, Book, read_account
from tarazu.app.broker_address import BrokerAddress, NoAddress, access_token
from tarazu.app.depth_ws.market_day import RULES, MarketDays
from tarazu.app.home import Home, Profile
from tarazu.app.main.health import MainHealth
from tarazu.app.main.past import Past, before
from tarazu.app.masters.store import DamagedMaster, MasterStore
from tarazu.app.readiness.clock_ask import SKEW_NS_MAX, ClockSpread, ask_clock
from tarazu.app.session.standing import SessionStanding, SessionState, session_standing
from tarazu.app.settings import BadSettings, Settings, read_settings
from tarazu.app.supervision.link import SupervisorRefused
from tarazu.app.supervision.main_standing import current_main
from tarazu.app.supervision.programs import MAIN
from tarazu.app.supervision.reach import reach
from tarazu.app.supervision.state import State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.model import ist
from tarazu.model.calendar import NotCovered, TradingSession, Venue
from tarazu.model.calendar import Phase as MarketPhase
from tarazu.model.rules import RuleBook
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv

ASK_S = 5.0
"""For the session's one question, and for the books together: the gate answers in seconds, whatever the network is."""
AGAIN_S = 2.0
"""In which main has heard of a fill, or has read it."""


class Look:
    """One look at one desk."""

    def __init__(self, home: Home, environ: Mapping[str, str] = os.environ, now_ns: int | None = None) -> None:
        self.home, self.environ = home, environ
        self._now_ns = now_ns
        self._asking: Thread | None = None
        self._clock_told: list[ClockSpread | str] = []

    @property
    def is_live(self) -> bool:
        return self.home.profile is Profile.LIVE

    @property
    def is_sim(self) -> bool:
        return self.home.profile is Profile.SIM

    # The broker.

    @cached_property
    def address(self) -> BrokerAddress | str:
        """Or why there is none, and what to do."""
        try:
            return reach(self.home, self.environ)
        except (NoAddress, OSError) as none:
            return str(none)

    @cached_property
    def token(self) -> str | None:
        """None: nobody has logged in. Raises NoAddress where the secrets do not read."""
        return None if isinstance(self.address, str) else access_token(self.home, self.address)

    @cached_property
    def standing(self) -> SessionStanding:
        """Of the broker's session, by one authenticated question."""
        return session_standing(self.home, ASK_S)

    @cached_property
    def account(self) -> AccountRead | str:
        """Positions and orders, or why nobody was asked."""
        if isinstance(self.address, str):
            return self.address
        if self.standing.state is not SessionState.VALID:
            return self.standing.detail
        return read_account(self.address, self.token, ASK_S, (Book.POSITIONS, Book.ORDERS))

    @cached_property
    def broker_clock(self) -> ClockSpread | str:
        """The broker's clock minus ours, or why it is not known."""
        if isinstance(self.address, str):
            return self.address
        self.ask_clock_meanwhile()
        assert self._asking is not None
        self._asking.join()
        return self._clock_told[0]

    def ask_clock_meanwhile(self) -> None:
        """Its questions may take most of a second: the other rows are looked at in that time."""
        if self._asking is not None or isinstance(self.address, str):
            return
        rest_url, _ = self.address.rest_url, self.wall_ns()  # which clock is ours is settled before the thread asks it

        def ask() -> None:
            self._clock_told.append(ask_clock(rest_url, self.wall_ns, SKEW_NS_MAX))

        self._asking = Thread(target=ask, name="clock", daemon=True)
        self._asking.start()

    # The day.

    @cached_property
    def sim_clock(self) -> SimClock | None:
        """None outside sim, and where the broker in the box does not tell the time."""
        sim = None if isinstance(self.address, str) else self.address.sim
        if sim is None:
            return None
        try:
            return SimClock(sim.admin_url)
        except OSError:
            return None

    def wall_ns(self) -> int:
        """The profile's clock, now."""
        return self.sim_clock.wall_ns() if self.sim_clock is not None else time.time_ns()

    @cached_property
    def now_ns(self) -> int:
        """The moment of the look."""
        return self.wall_ns() if self._now_ns is None else self._now_ns

    @cached_property
    def past(self) -> Past:
        """What main's journal tells the next start. Raises codec.BadPayload, journal_reader.BrokenChain."""
        return before(self.home.journal, ist.day_of(self.now_ns) + timedelta(days=1))

    @cached_property
    def rules(self) -> RuleBook:
        sim = None if isinstance(self.address, str) else self.address.sim
        return reference.rules(sim.rules if sim is not None else RULES)

    @cached_property
    def session(self) -> TradingSession | None:
        """None on a day without trading. Raises NotCovered."""
        sim = None if isinstance(self.address, str) else self.address.sim
        return MarketDays(sim).session(ist.day_of(self.now_ns))

    @property
    def market_open(self) -> bool:
        try:
            session = self.session
        except NotCovered:
            return False
        return session is not None and any(
            session.phase_at(venue, self.now_ns) is MarketPhase.CONTINUOUS for venue in Venue
        )

    # The desk.

    @cached_property
    def settings(self) -> Settings | str:
        """Or why they cannot be used."""
        try:
            return read_settings(self.home.settings_file)
        except (BadSettings, OSError) as bad:
            return str(bad)

    @cached_property
    def main(self) -> MainHealth | None:
        """What a main of this home says now; None where none does."""
        return current_main(self.home)

    def books_again(self) -> None:
        """The one thing that is read twice, a moment later: what the broker holds, and what main says it does."""
        time.sleep(AGAIN_S)
        for name in ("account", "main"):
            self.__dict__.pop(name, None)

    @property
    def is_up(self) -> bool:
        """Whether main is meant to be there: it says so itself, or its supervisor keeps it."""
        if self.main is not None:
            return True
        try:
            state = Supervision(self.home).state(MAIN).state
        except (SupervisorRefused, OSError):
            return False
        return state.is_up or state in (State.EXITED, State.FATAL)

    @cached_property
    def listed(self) -> frozenset[str] | None:
        """The keys of today's master; None where none is kept that reads."""
        try:
            kept = MasterStore(self.home.masters).load(ist.day_of(self.now_ns))
        except (DamagedMaster, OSError):
            return None
        master = decode_csv(kept.csv) if kept is not None else None
        return frozenset(i.key for i in master.instruments) if isinstance(master, InstrumentMaster) else None
