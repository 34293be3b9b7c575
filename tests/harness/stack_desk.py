"""The whole stack of a sim home, brought up and down by its own commands, and the broker's truth about its account."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from harness.limits import WIDE_TOML
from harness.supervised import PATIENCE_S, supervised_home
from harness.up_desk import RUN_VERB, UpDesk
from tarazu.app.account.reading import account_of
from tarazu.app.account.whose import token_of
from tarazu.app.broker_address import broker_address
from tarazu.app.home import Profile
from tarazu.app.main.health import MainHealth
from tarazu.app.main.telling import MainSilent, tell_main
from tarazu.app.stack.standing import ProcessRow, RowState, StackStanding, stack_standing
from tarazu.app.supervision.main_standing import current_main
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER, WATCHDOG
from tarazu.app.supervision.waiting import until
from tarazu.engine.phase import Phase
from tarazu.model.outcome import Answered
from tarazu.wire.kite_orders import OrderRow

ALL = (SIM_BROKER, DEPTH_WS, MAIN, WATCHDOG)
ENGINE = (
    """
[engine]
settle_s = 0
durability = "process"
stop_required = false
position_limit_default = 10
"""
    + WIDE_TOML
)
# Every write of it fails as on a full disk: the kernel refuses files of more than 0 bytes.
NO_ROOM = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"


class StackDesk(UpDesk):
    def standing(self) -> StackStanding:
        return stack_standing(self.home)

    def row(self, name: str) -> ProcessRow:
        return self.standing().row(name)

    def works(self) -> bool:
        return all(row.state is RowState.RUNNING for row in self.standing().rows)

    def pids(self) -> dict[str, int | None]:
        return {name: self.state(name).pid for name in ALL}

    def main(self) -> MainHealth | None:
        return current_main(self.home)

    def orders(self) -> list[OrderRow]:
        """By the broker's own book."""
        address = broker_address(self.home)
        with account_of(address, token_of(self.home, address), 7.0) as account:
            for _ in range(60):
                told = account.orders()
                time.sleep(0.5)  # the desk's own questions count towards the broker's limit, too
                if isinstance(told, Answered):
                    return list(told.value.rows)
        raise AssertionError(told)

    def is_trusted(self) -> None:
        """A person has looked at whatever deaths there were before: entries are taken."""

        def is_active() -> bool:
            health = self.main()
            if health is None or health.phase is Phase.ACTIVE:
                return health is not None
            said = {"who": "tester", "why": "it was a test", "incident": "T-1"}
            with suppress(MainSilent):
                if health.halt is not None:
                    tell_main(self.home, {"order": "RESET_HALT", **said})
                if health.entries_off:
                    tell_main(self.home, {"order": "ENTRIES_ON", **said})
            return False

        assert until(is_active, 2 * PATIENCE_S), self.main()

    def rest(self) -> OrderRow:
        """An entry that rests at the broker, below its market."""
        want = {
            "type": "EntryWant", "strategy": "hand", "key": "NSE:INFY", "side": "BUY", "qty": 1, "product": "CNC",
            "price_paise": 140_000,
        }  # fmt: skip
        refs: list[str] = []

        def taken() -> bool:
            try:
                told: dict[str, Any] = tell_main(self.home, {"want": want})
            except MainSilent:
                return False
            refs.extend(told["refs"])
            return bool(told["accepted"])

        assert until(taken, PATIENCE_S), self.main()
        assert until(lambda: self.of(refs[-1]).status == "OPEN", PATIENCE_S)
        return self.of(refs[-1])

    def of(self, tag: str) -> OrderRow:
        """The one order of this tag: two would be a doubled one."""
        assert until(lambda: any(row.tag == tag for row in self.orders()), PATIENCE_S)
        (row,) = (row for row in self.orders() if row.tag == tag)
        return row

    def signal(self, name: str, number: signal.Signals) -> int:
        """Give it to the process; its pid."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def came_back(self, name: str, pid: int, deaths_before: int) -> None:
        """Another process does the work of `pid`, which died once more than before and no more often."""

        def back() -> bool:
            row = self.row(name)
            return row.pid not in (None, pid) and row.state is RowState.RUNNING

        assert until(back, 2 * PATIENCE_S), self.row(name)
        assert self.row(name).restarts == deaths_before + 1

    def verb_without_room(self, *words: str) -> tuple[int, str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("KITE_")}
        where = {"TARAZU_HOME": str(self.home.root.parent), "TARAZU_PROFILE": str(self.home.profile)}
        run = [sys.executable, "-c", NO_ROOM + RUN_VERB, *words]
        said = subprocess.run(
            run, env={**plain, **where}, capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL
        )
        return said.returncode, said.stdout, said.stderr


@contextmanager
def stack_desk(root: Path, profile: Profile = Profile.SIM) -> Iterator[StackDesk]:
    with supervised_home(root, profile) as home:
        made = StackDesk(home)
        home.settings_file.write_text(home.settings_file.read_text() + ENGINE)
        yield made
