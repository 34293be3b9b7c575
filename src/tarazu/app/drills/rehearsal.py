"""One rehearsal: what is done and what is seen, each a line and a check; the books that decide are the broker's."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tarazu.app.broker_address import sim_address
from tarazu.app.drills.admin import Books, SimBroker
from tarazu.app.drills.trader import Trader
from tarazu.app.drills.typed import typed
from tarazu.app.home import Home
from tarazu.app.incidents.store import incidents
from tarazu.app.main.health import MainHealth, read_main_health
from tarazu.app.supervision.programs import DEPTH_WS, MAIN
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.verdict import Check, Status
from tarazu.engine.phase import Phase

T = TypeVar("T")

LOOK_S = 0.1
PATIENCE_S = 90.0
"""For what has no promised time, on a machine that does much else."""
START_S = 120
"""For each process that a command starts: a cold start compiles its kernels, on a machine that does much else."""
STAYS_S = 5.0
COMMAND_S = 600.0
"""More than three such starts and what lies between."""
FLATTEN_S = 240
"""What was cancelled may still fill for 120 s, and counts until then (docs/orders.md): an exit may wait for that."""


class NotSeen(AssertionError):
    """What must come of it did not; the rehearsal has failed, and the message says what was seen instead."""


class Rehearsal:
    """Of one drill, in a home of its own. `tell` hears each line."""

    def __init__(self, home: Home, tell: Callable[[str], None]) -> None:
        self.home, self._tell = home, tell
        self.checks: list[Check] = []
        self.supervision = Supervision(home)

    # What is done.

    def begin(self) -> None:
        """The stack up, by the command that the operator has, and entries taken."""
        self.command("up", "--timeout", str(START_S), exits=(0, 1))
        self.broker = SimBroker(sim_address(self.home))
        self.until_active("desk.active")
        self.trader = Trader(self.home, self.broker)

    def start(self, name: str) -> None:
        self.command("up", name, "--timeout", str(START_S), exits=(0, 1))

    def restart(self, name: str) -> None:
        self.command("restart", name, "--timeout", str(START_S), exits=(0, 1))

    def did(self, text: str) -> None:
        self._tell(f"  {text}")

    def command(self, *words: str, exits: tuple[int, ...] = (0,), stdin: str | None = None) -> str:
        """`tarazu WORDS` as an operator types it; its standard output. Raises NotSeen for another exit code."""
        self._tell(f"  $ tarazu {' '.join(words)}")
        said = self._run(words, stdin)
        lines = (said.stdout or said.stderr).splitlines()
        self._tell(f"    exit {said.returncode}  {lines[0][:140] if lines else ''}")
        if said.returncode not in exits:
            whole = (said.stdout + said.stderr)[-1500:]
            raise self._missed(f"command.{words[0]}", f"exit {said.returncode}, not {exits}: {whole}")
        return said.stdout

    def strike(self, kind: str, **order: Any) -> None:
        self.did(f"fault {kind} {order or ''}".rstrip())
        self.broker.strike(kind, **order)

    def calm(self) -> None:
        self.did("no faults any more")
        self.broker.calm()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """The signal to a supervised process; its pid."""
        pid = self.pid(name)
        self.did(f"{number.name} to {name}, pid {pid}")
        os.kill(pid, number)
        return pid

    # What is seen.

    def until(self, id_: str, told: str, holds: Callable[[], T | None], patience_s: float = PATIENCE_S) -> T:
        """The first answer that is neither false nor none, as a check; raises NotSeen without one in time."""
        began, deadline = time.monotonic(), time.monotonic() + patience_s
        while True:
            found = holds()
            took = time.monotonic() - began
            if found:
                self.checks.append(Check(id=id_, status=Status.OK, observed=round(took, 1), unit="s", detail=told))
                self._tell(f"  ok    {told} ({took:.1f} s)")
                return found
            if time.monotonic() > deadline:
                raise self._missed(id_, f"not within {patience_s:g} s: {told}; {self._last_words()}")
            time.sleep(LOOK_S)

    def holds(self, id_: str, told: str, is_so: bool, otherwise: str = "") -> None:
        """A fact of this moment. Raises NotSeen where it is none."""
        if not is_so:
            raise self._missed(id_, f"not so: {told}; {otherwise or self._last_words()}")
        self.checks.append(Check(id=id_, status=Status.OK, detail=told))
        self._tell(f"  ok    {told}")

    def until_active(self, id_: str) -> MainHealth:
        return self.until(id_, "entries are taken", lambda: self._in(Phase.ACTIVE), PATIENCE_S + 60)

    def until_phase(self, id_: str, *phases: Phase) -> MainHealth:
        words = " or ".join(phases)
        return self.until(id_, f"the engine is {words}", lambda: self._in(*phases))

    def until_order(self, id_: str, told: str, tag: str, *statuses: str) -> dict[str, Any]:
        """The broker's own row of this tag, once it stands in one of these."""

        def stands() -> dict[str, Any] | None:
            return next((row for row in self.books().of_tag(tag) if row["status"] in statuses), None)

        return self.until(id_, told, stands)

    def until_verdict(self, id_: str, told: str, word: str, *words: str) -> None:
        """`tarazu WORDS` answers with this first word: for what changes nothing and may be asked again."""
        self.until(id_, told, lambda: self._quiet(*words).startswith(word))

    def until_event(self, id_: str, name: str) -> None:
        """An event of the feed, as `tarazu feed history` tells it."""

        def told() -> bool:
            return name in self._quiet("feed", "history")

        self.until(id_, f"{name} is recorded", told)

    def until_incident(self, id_: str, *codes: str) -> None:
        """One of these is open, by the desk's record."""

        def open_ones() -> list[str]:
            return [each.code for each in incidents(self.home) if each.is_open and each.code in codes]

        self.until(id_, f"an incident is open: {' or '.join(codes)}", open_ones)

    def has_struck(self, kind: str) -> None:
        """The fault did strike: a drill in which nothing went wrong shows nothing."""
        struck = [row["struck"] for row in self.broker.admin("GET", "/faults")["armed"] if row["kind"] == kind]
        self.holds("fault.struck", f"{kind} struck {sum(struck)} times", sum(struck) > 0)

    def health(self) -> MainHealth | None:
        """Of the main that runs; None while it tells nothing current, as a dead one still seems to."""
        found = read_main_health(self.home.main_health)
        current = found is not None and found.is_current() and found.pid == self.supervision.state(MAIN).pid
        return found if current else None

    def books(self) -> Books:
        return self.broker.books()

    def pid(self, name: str = MAIN) -> int:
        pid = self.supervision.state(name).pid
        if pid is None:
            raise self._missed(f"process.{name}", f"{name} does not run: {self.supervision.state(name).description}")
        return pid

    def restarted_once(self, name: str, before: int, deaths_before: int, phase: Phase = Phase.ACTIVE) -> None:
        """Another process under the supervisor, that stays and with which `phase` comes again, after one death more
        than before: no second one until then."""
        self.until(
            f"{name}.restarted",
            f"{name} was started again by its supervisor",
            lambda: (now := self.supervision.state(name)).pid not in (None, before) and now.restarts > deaths_before,
        )
        self.until("desk.again", f"the engine is {phase} again", lambda: self._in(phase), PATIENCE_S + 60)
        self._stays(name)
        restarts = self.deaths(name) - deaths_before
        self.holds(f"{name}.once", f"exactly once ({restarts})", restarts == 1)

    def _stays(self, name: str) -> None:
        """One process for `STAYS_S`: what dies again at once has had the time to."""
        seen: list[tuple[int | None, float]] = [(None, 0.0)]

        def same() -> bool:
            pid, now = self.supervision.state(name).pid, time.monotonic()
            if pid is None or pid != seen[-1][0]:
                seen.append((pid, now))
            return pid is not None and now - seen[-1][1] >= STAYS_S

        self.until(f"{name}.stays", f"{name} stays for {STAYS_S:g} s", same)

    def deaths(self, name: str) -> int:
        return self.supervision.state(name).restarts

    # How it ends.

    def books_agree(self) -> None:
        """The broker's positions and main's are the same, nothing of ours is unknown, and nothing was sent twice."""
        self.until("books.agree", "the broker's books and main's are the same", self._same)
        self.nothing_doubled()

    def nothing_doubled(self) -> None:
        books = self.books()
        self.holds("books.doubled", "no intent has two orders at the broker", not books.doubled, f"{books.doubled}")

    def ends_flat(self, reason: str = "the drill is over") -> None:
        """`tarazu flatten --live`, and then nothing is held and nothing works, by the broker's own books."""
        self.command("flatten", "--live", "--yes", "--reason", reason, "--patience", str(FLATTEN_S))
        self.until("books.flat", "flat by the broker's own books", self._flat)
        self.nothing_doubled()

    # What it takes.

    def _in(self, *phases: Phase) -> MainHealth | None:
        health = self.health()
        return health if health is not None and health.phase in phases else None

    def _same(self) -> bool:
        health = self.health()
        if health is None or health.orders is None or health.orders.unknown:
            return False
        books = self.books()
        ours = {place.key: place.qty for place in health.positions if place.qty}
        return ours == books.net and health.orders.working == len(books.working)

    def _flat(self) -> bool:
        books = self.books()
        return not books.net and not books.working

    def _quiet(self, *words: str) -> str:
        return self._run(words, None).stdout

    def _run(self, words: Sequence[str], stdin: str | None) -> subprocess.CompletedProcess[str]:
        """Raises NotSeen for one that does not end."""
        try:
            return typed(self.home, words, stdin or "", COMMAND_S)
        except subprocess.TimeoutExpired as late:
            raise self._missed(f"command.{words[0]}", f"tarazu {' '.join(words)}: no end in {COMMAND_S:g} s") from late

    def _missed(self, id_: str, told: str) -> NotSeen:
        self.checks.append(Check(id=id_, status=Status.CRIT, code="NOT_SEEN", detail=told[:600]))
        return NotSeen(f"{id_}: {told}")

    def _last_words(self) -> str:
        health = read_main_health(self.home.main_health)
        feed = self.supervision.state(DEPTH_WS)
        if health is None:
            return f"main has said nothing; depth_ws is {feed.state}"
        current = "current" if health.is_current() else "old"
        return f"main is {health.stage} {health.phase} ({current}) {health.why or health.detail}; depth_ws {feed.state}"
