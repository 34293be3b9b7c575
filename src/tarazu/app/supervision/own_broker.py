"""The sim profile's broker, made sure of: the one that the environment names, else one of the profile's own."""

from collections.abc import Callable, Mapping

from tarazu.app.broker_address import NoAddress
from tarazu.app.home import Home
from tarazu.app.settings import Settings
from tarazu.app.sim_broker.options import BadOptions
from tarazu.app.supervision.found_broker import adopt, answers, is_known, is_named, named_broker
from tarazu.app.supervision.outcome import Outcome
from tarazu.app.supervision.process_log import LogMark
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER, WATCHDOG, programs
from tarazu.app.supervision.sim_place import kept_place, place_to_start
from tarazu.app.supervision.supervisor import Supervision
from tarazu.app.supervision.waiting import until
from tarazu.app.verdict import Exit

PATIENCE_S = 10.0
"""A broker that runs and does not answer for so long is started again."""


class OwnBroker:
    """`supervision` is held `alone` by the caller, for the broker and what hangs on it change together: those that talk
    to it are stopped before its address becomes another, and never talk to one that is no longer ours."""

    def __init__(self, home: Home, settings: Settings, supervision: Supervision, environ: Mapping[str, str]) -> None:
        self.home, self.settings, self.supervision, self.environ = home, settings, supervision, environ
        self._log, self._deaths = LogMark(supervision.log_of(SIM_BROKER)), 0

    def ensure(self, patience_s: float, again: bool = False, tell: Callable[[str], None] = lambda _: None) -> Outcome:
        """`again` starts our own anew even where it answers. Raises SupervisorSilent, SupervisorFailed, OSError."""
        if is_named(self.environ):
            return self._adopted()
        table = programs(self.home, self.settings.sim, kept_place(self.home, self.settings.sim))
        self.supervision.ensure(table)
        did = "already running"
        if again or not self._is_well():
            refused = self._start()
            if refused is not None:
                return refused
            did = "restarted" if again else "started"
        return self._wait(did, patience_s, tell)

    def _adopted(self) -> Outcome:
        try:
            told = named_broker(self.environ)
        except NoAddress as none:
            return self._failed("NO_BROKER", str(none), "tarazu sim run -- tarazu up")
        if not is_known(self.home, told):
            self._stop_listeners()
        # Our own one goes, and takes its address with it.
        self.supervision.ensure(programs(self.home, self.settings.sim, None))
        adopt(self.home, told)
        return Outcome(name=SIM_BROKER, exit_code=Exit.OK, did="found in the environment", detail=str(told["rest_url"]))

    def _is_well(self) -> bool:
        """It runs, and answers or may still be on its way."""
        if not self.supervision.state(SIM_BROKER).state.is_up:
            return False
        return until(lambda: answers(self.home), PATIENCE_S)

    def _start(self) -> Outcome | None:
        """Stopped, then started where its ports are free; None when it was spawned."""
        self._stop_listeners()
        self._deaths = self.supervision.stop(SIM_BROKER).restarts
        self.home.sim_broker.unlink(missing_ok=True)
        try:
            place = place_to_start(self.home, self.settings.sim)
        except BadOptions as bad:
            return self._failed("BAD_SETTINGS", str(bad), f"edit [sim] in {self.home.settings_file}")
        self.supervision.ensure(programs(self.home, self.settings.sim, place))
        self._log = LogMark(self.supervision.log_of(SIM_BROKER))
        self.supervision.start(SIM_BROKER)
        return None

    def _stop_listeners(self) -> None:
        for name in (WATCHDOG, MAIN, DEPTH_WS):
            self.supervision.stop(name)

    def _wait(self, did: str, patience_s: float, tell: Callable[[str], None]) -> Outcome:
        def over() -> bool:
            state = self.supervision.state(SIM_BROKER)
            tell(f"{SIM_BROKER}: {state.state}")
            return state.is_hopeless(self._deaths) or answers(self.home)

        until(over, patience_s)
        state, hint = self.supervision.state(SIM_BROKER), "tarazu logs sim_broker"
        if state.is_hopeless(self._deaths):
            self.supervision.stop(SIM_BROKER)  # the supervisor would try on
            return self._failed("DIED", f"died at its start: {state.last_death}", hint)
        if answers(self.home):
            return Outcome(name=SIM_BROKER, exit_code=Exit.OK, did=did, pid=state.pid)
        return Outcome(
            name=SIM_BROKER,
            exit_code=Exit.UNKNOWN,
            did=did,
            code="TIMEOUT",
            detail=f"no answer within {patience_s:g} s",
            hint=hint,
            pid=state.pid,
            lines=self._log.last_lines(),
        )

    def _failed(self, code: str, detail: str, hint: str) -> Outcome:
        lines = self._log.last_lines()
        return Outcome(
            name=SIM_BROKER, exit_code=Exit.CRIT, did="not started", code=code, detail=detail, hint=hint, lines=lines
        )
