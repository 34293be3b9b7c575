"""Two desks of the sim profile: one that trades, with all that may have happened by twenty to eleven, and one whose day
is closed."""

import csv
import itertools
import json
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from harness.documents.placeholders import ALWAYS, Facts, always
from harness.documents.places import DAY, PAPERS, Checkout
from harness.runbook_desk import Desk
from tarazu.app.broker_address import sim_address
from tarazu.app.drills.admin import SimBroker
from tarazu.app.flags.store import note_known_good
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.incidents.store import incidents
from tarazu.app.main.health import read_main_health
from tarazu.app.supervision.programs import DEPTH_WS, MAIN, SIM_BROKER, WATCHDOG
from tarazu.app.supervision.supervisor import Supervision

STACK = (SIM_BROKER, DEPTH_WS, MAIN, WATCHDOG)
WAIVED = " ".join(f"--waive {gate}" for gate in ("baseline", "active", "drift", "shadow"))
TRADEBOOK = "trade_date,exchange,segment,symbol,trade_type,quantity,price,order_id,trade_id"
OVER = "'the block is over'"


class TradingDesk(Checkout):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.home.root.mkdir(parents=True, mode=0o700)
        shutil.copy(PAPERS / "desk.toml", self.home.settings_file)
        self._desk = Desk(self.home)
        self.answers = (
            (r"Enter: do it, s: skip it, q: leave it for now:", lambda _: ""),
            (r"Type yes to go on:", lambda _: "yes"),
            (r"kite_ltp:|tarazu_ltp:", lambda _: "24000"),
            (r"type (FLATTEN \d+)[^\n]*:", lambda found: found[1]),
            (r"log in here:\s+(\S+)[^)]*redirect address or request token \(not shown\):", _logged_in),
        )

    @property
    def broker(self) -> SimBroker:
        return SimBroker(sim_address(self.home))

    def furnish(self) -> None:
        self.typed("tarazu up all", 0, 1)
        self.tag = self._desk.hold()
        note_known_good(self.home, desk_now_ns(self.home), "the close of a day")
        for number in range(4):
            self.typed(
                f"tarazu model promote --family xgb --file {self._model(number)} {WAIVED} --why 'a first one'", 1
            )
        self.typed("tarazu incident open --severity SEV2 --code LOOK --detail 'something to look at'")
        self.typed("tarazu runbook run monitor --auto", 0, 1)

    def _model(self, number: int) -> str:
        text = {"schema": "tarazu.model/1", "kind": "linear", "features": ["x"], "weights": [1], "bias": number}
        (self.folder / "model.json").write_text(json.dumps(text))
        return "model.json"

    def made_ready(self) -> None:
        """Before each programme: all runs, and nothing is halted any more."""
        if not all(Supervision(self.home).state(name).pid for name in STACK):
            self._close_gravest()
            self.typed("tarazu up all", 0, 1)
        health = read_main_health(self.home.main_health)
        if health is not None and health.halt is not None:
            self.typed(f"tarazu risk reset-halt --incident {self._incident()} --reason {OVER}")
        if health is not None and health.entries_off:
            self.typed(f"tarazu engine tell ENTRIES_ON --why {OVER}")
        self._close_gravest()

    def _close_gravest(self) -> None:
        """While one is open the gate is shut."""
        for incident in self._open("SEV1"):
            self.typed(f"tarazu incident close {incident} --why {OVER}")

    @property
    def facts(self) -> Facts:
        return {
            **ALWAYS,
            "day": always(DAY),
            "tag": always(self.tag),
            "incident": self._incident,
            "bundle": self._bundle,
            "alert": lambda: self._of(r"AL-[\w-]+", "tarazu alerts list"),
            "run": lambda: self._of(r"rb-\d{8}-\d{4}[-\d]*", "tarazu runbook list"),
        }

    def _incident(self) -> str:
        """One that is open."""
        if told := self._open("SEV2", "SEV3", "SEV1"):
            return told[0]
        opened = self.typed("tarazu incident open --severity SEV3 --code LOOK --detail 'something to look at'")
        return found(r"INC-\d{8}-\d+", opened.text)

    def _open(self, *severities: str) -> list[str]:
        return [one.id for word in severities for one in incidents(self.home) if one.is_open and one.severity == word]

    def _bundle(self) -> str:
        if not (made := sorted(self.home.incidents.glob("*.tar.gz"))):
            self.typed(f"tarazu incident bundle {self._incident()}", 0, 1)
            return self._bundle()
        return f"'{made[-1]}'"

    def _of(self, pattern: str, line: str) -> str:
        return found(pattern, self.shell().type(line).text)


class ClosedDay(TradingDesk):
    """After its close; only its broker runs. Its record was copied to a second folder all day."""

    _numbers = itertools.count(1)

    def furnish(self) -> None:
        (self.folder / "second").mkdir()
        with self.home.settings_file.open("a") as settings:
            settings.write(f'\n[ship]\nto = "{self.folder}/second"\n')
        self.typed("tarazu up all", 0, 1)
        self.tag = self._desk.hold()
        self.typed("tarazu flatten --live --yes --reason 'the day is over'", 0, 1)
        self.typed(f"tarazu risk reset-halt --incident {self._incident()} --reason 'all is left'")
        self.typed("tarazu feed record --since 10:40 --for 6", 0, 1)
        self.broker.admin("PUT", "/clock", {"jump_to": f"{DAY} 15:50:00"})
        self.typed("tarazu down watchdog main depth_ws", 0, 1)
        self.typed("tarazu runbook run eod --auto", 0, 1)
        self._print_tradebook()

    def _print_tradebook(self) -> None:
        """As Console does, of futures and options."""
        rows = list(csv.DictReader((self.home.closes / DAY / "trades.csv").open()))
        told = [_traded(row) for row in rows]
        (self.folder / "tradebook-FO.csv").write_text("\n".join([TRADEBOOK, *told, ""]))

    def made_ready(self) -> None:
        """What a block begins here, it ends."""

    @property
    def facts(self) -> Facts:
        clips = self.home.root / "clips"
        return {
            **super().facts,
            "clip": lambda: f"'{next(clips.iterdir())}'",
            "feed": always(f"var/sim/feed/{DAY}"),
            "backup": lambda: f"'{max(self.home.backups.glob('*.backup.tar'))}'",
            "verifier_key": lambda: f"'{(self.home.keys / 'journal.vkey').read_text().strip()}'",
            "elsewhere": always(f"'{self.folder}/elsewhere-{next(self._numbers)}'"),
            "copy": always(f"'{self.folder}/second'"),
            "new_home": always(f"'{self.folder}/new'"),
        }


def found(pattern: str, text: str) -> str:
    there = re.search(pattern, text)
    assert there, f"no {pattern} in:\n{text}"
    return there[0]


def _traded(row: Mapping[str, str]) -> str:
    side, rupees = row["side"].lower(), f"{int(row['price_paise']) / 100:.2f}"
    return f"{DAY},NSE,FO,{row['symbol']},{side},{row['qty_units']},{rupees},{row['order_id']},{row['exec_id']}"


def _logged_in(found: re.Match[str]) -> str:
    """Where the browser ends: the broker in a box says yes to everybody, and sends on to an address of nobody's."""
    try:
        with urllib.request.build_opener(_StaysHere).open(found[1], timeout=10) as answer:
            raise AssertionError(f"{found[1]} is no login page: {answer.status}")
    except urllib.error.HTTPError as sent_on:
        return str(sent_on.headers["Location"])


class _StaysHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """The address itself is what is wanted."""
