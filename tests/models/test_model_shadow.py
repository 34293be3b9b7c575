"""A version in the shadow of the active one: what it would have said of what the journal says was asked."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from harness.journalled_desk import JournalledDesk
from harness.order_story import DAY, KEY
from tarazu.app.home import Home, Profile
from tarazu.app.models.judging.judged import judged
from tarazu.app.models.judging.scored_rows import rows_of, shadow_days
from tarazu.app.models.manifest import Bins, Manifest
from tarazu.app.models.registry import register
from tarazu.app.settings import ModelSettings
from tarazu.model.execution import Fill
from tarazu.strategy.base import View, Word
from tarazu.strategy.decision import Decision, Verb
from tarazu.strategy.scored import Model, read_weights

TEXT = b'{"schema":"tarazu.model/1","kind":"linear","features":["x"],"weights":[1]}'
MODEL = Model(name="xgb", sha256="bb" * 32, weights=read_weights(TEXT))


class Asking:
    """Asks a model each second; x goes 0, 1, 0, 1 ..."""

    name, watches = "asking", frozenset({KEY})

    def __init__(self) -> None:
        self.count = 0

    def on_market(self, view: View) -> Iterable[Word]:
        return ()

    def on_second(self, view: View) -> Iterable[Word]:
        self.count += 1
        numbers = {"x": float(self.count % 2), "score": 0.1, "score_min": 0.5}
        yield Decision(strategy="asking", verb=Verb.PASS, about=KEY, why="no", numbers=numbers, measured=True)
        yield Decision(strategy="asking", verb=Verb.HOLD, about="else", why="no", numbers={"y": 1.0}, measured=True)

    def on_fill(self, view: View, ref: str, fill: Fill) -> Iterable[Word]:
        return ()


def asked_on(home: Home, seconds: int, *days: date) -> None:
    with JournalledDesk(home, make_strategies=lambda day: [Asking()]) as desk:
        desk.ready()
        for later in days:
            for _ in range(seconds):
                desk.second()
            desk.on_day(later).ready()
        for _ in range(seconds):
            desk.second()


def test_every_decision_that_tells_its_features_is_asked_again_and_no_other(tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path)
    asked_on(home, 20)
    rows = list(rows_of(home, MODEL))
    assert len(rows) >= 20 and all("y" not in row.numbers for row in rows)
    assert {row.numbers["score"] for row in rows} == {0.0, 1.0}, "as this version says it"
    assert {(row.was, row.limit) for row in rows} == {(0.1, 0.5)}, "as the one that was asked said it"


def test_days_behind_its_making_count_and_days_before_do_not(tmp_path: Path) -> None:
    home, later = Home(Profile.SIM, tmp_path), date(2026, 11, 24)
    asked_on(home, 20, later)
    rows = list(rows_of(home, MODEL))
    first, second = (day.day for day in shadow_days(rows, 0, 10))
    assert (first, second) == (DAY, later)
    begun_ns = next(row.ts_ns for row in rows if row.day == later)
    (day,) = shadow_days(rows, begun_ns - 1, 10)
    assert (day.day, day.compared) == (later, day.rows) and 0 < day.agreed < day.rows
    assert shadow_days(rows, 0, 10_000) == []


def test_the_gates_go_by_the_journal_and_say_so_where_it_does_not_read(tmp_path: Path) -> None:
    home, settings = Home(Profile.SIM, tmp_path), ModelSettings(shadow_days=1)
    manifest = Manifest(spread={"x": Bins(edges=(0.5,), shares=(0.5, 0.5))})
    sha256 = register(home, "xgb", TEXT, manifest, who="asha", now_ns=1)
    asked_on(home, 120)
    found = {check.id: check for check in judged(home, "xgb", sha256, "", settings).gates}
    assert found["gate.shadow"].status == "ok" and found["gate.drift"].observed == 0
    (segment,) = home.journal.glob("*/*.seg")
    segment.write_bytes(segment.read_bytes()[:200] + b"\x00" * 50 + segment.read_bytes()[250:])
    found = {check.id: check for check in judged(home, "xgb", sha256, "", settings).gates}
    assert found["gate.shadow"].code == "SHADOW_UNKNOWN" and found["gate.drift"].code == "DRIFT_UNKNOWN"
