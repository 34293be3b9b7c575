"""What a version must have shown: better than nothing and than the active one, no drift, days in the shadow."""

from datetime import date

import msgspec
import pytest

from tarazu.app.models.drift import ROWS_MIN
from tarazu.app.models.judging.promotion import Evidence, evidence, gates, waived
from tarazu.app.models.judging.scored_rows import Row
from tarazu.app.models.manifest import Bins, Judged, Manifest
from tarazu.app.settings import ModelSettings
from tarazu.app.verdict import Status
from tarazu.model.units import DAY_NS

ACTIVE, OWN = "aa" * 32, "bb" * 32
HALVES = Bins(edges=(0.0,), shares=(0.5, 0.5))
SETTINGS = ModelSettings()


def judged(net_paise: int, trades: int = 10) -> Judged:
    return Judged(net_paise=net_paise, trades=trades, days=5)


GOOD = Manifest(
    family="xgb",
    sha256=OWN,
    made_ns=DAY_NS,
    out_of_sample=judged(300),
    baseline=judged(-100),
    against={ACTIVE: judged(200)},
    spread={"x": HALVES},
    drift_psi=0.1,
)


def rows(day: int, count: int = 10, x: float | None = None, was: float | None = None) -> list[Row]:
    """Of a day; `x` spread as in training, unless it is told."""
    return [
        Row(
            day=date(2026, 11, day),
            ts_ns=day * DAY_NS + n,
            numbers={"x": (1.0 if n % 2 else -1.0) if x is None else x, "score": 0.6},
            was=was,
            limit=0.55,
        )
        for n in range(count)
    ]


SHADOWED = rows(2) + rows(3) + rows(4)


def told(
    manifest: Manifest = GOOD, active: str = ACTIVE, seen: list[Row] = SHADOWED, unread: str = ""
) -> dict[str, str]:
    found = gates(evidence(manifest, active, seen, SETTINGS, unread), SETTINGS)
    return {check.id.removeprefix("gate."): check.code or str(check.status) for check in found}


def but(**other: object) -> Manifest:
    return msgspec.structs.replace(GOOD, **other)


PASSED = dict.fromkeys(("baseline", "active", "drift", "shadow"), "ok")


def test_one_that_is_better_and_has_its_days_passes_every_gate() -> None:
    assert told() == PASSED == told(active="")


@pytest.mark.parametrize(
    ("manifest", "gate", "code"),
    [
        (but(baseline=judged(300)), "baseline", "NOT_BETTER_THAN_NONE"),
        (but(out_of_sample=judged(-1), baseline=judged(-100), against={ACTIVE: judged(-2)}), "baseline", "LOSES"),
        (but(out_of_sample=judged(0), baseline=judged(-100), against={ACTIVE: judged(-2)}), "baseline", "LOSES"),
        (but(baseline=judged(301)), "baseline", "NOT_BETTER_THAN_NONE"),
        (but(baseline=None), "baseline", "NOT_JUDGED"),
        (but(out_of_sample=judged(300, trades=0)), "baseline", "NOT_BETTER_THAN_NONE"),
        (but(against={ACTIVE: judged(300)}), "active", "NOT_BETTER_THAN_ACTIVE"),
        (but(against={"cc" * 32: judged(0)}), "active", "NOT_JUDGED"),
        (but(against={}), "active", "NOT_JUDGED"),
        (but(drift_psi=0.25), "drift", "DRIFTED"),
        (but(drift_psi=None), "drift", "DRIFT_UNKNOWN"),
    ],
)
def test_one_gate_alone_says_no_and_why(manifest: Manifest, gate: str, code: str) -> None:
    found = told(manifest)
    assert found[gate] == code
    others = {"active", "baseline"} if manifest.out_of_sample == judged(300, trades=0) else {gate}
    assert {name for name, said in found.items() if said != "ok"} == others


def test_what_is_judged_by_nobody_is_unknown_and_not_passed() -> None:
    found = told(Manifest(sha256=OWN), seen=[])
    assert found == {
        "baseline": "NOT_JUDGED",
        "active": "NOT_JUDGED",
        "drift": "DRIFT_UNKNOWN",
        "shadow": "TOO_FEW_SHADOW_DAYS",
    }


def test_the_journals_drift_counts_before_the_trainers_once_there_is_enough_of_it() -> None:
    assert (
        told(seen=rows(2, ROWS_MIN - 1, x=1.0) + rows(3) + rows(4), manifest=but(drift_psi=0.0))["drift"] == "DRIFTED"
    )
    assert told(seen=SHADOWED, manifest=but(drift_psi=0.9))["drift"] == "DRIFTED", "too few: the trainer's"
    assert told(seen=rows(2, ROWS_MIN) + rows(3) + rows(4), manifest=but(drift_psi=0.9))["drift"] == "ok"


def test_a_shadow_day_is_behind_its_making_and_has_enough_decisions() -> None:
    assert told(seen=rows(2) + rows(3))["shadow"] == "TOO_FEW_SHADOW_DAYS"
    assert told(seen=rows(2) + rows(3) + rows(4, count=9))["shadow"] == "TOO_FEW_SHADOW_DAYS"
    assert told(manifest=but(made_ns=2 * DAY_NS + DAY_NS // 2))["shadow"] == "TOO_FEW_SHADOW_DAYS"


def test_a_shadow_day_tells_how_often_both_say_the_same() -> None:
    of: Evidence = evidence(GOOD, ACTIVE, rows(2, 4, was=0.5) + rows(2, 6, was=0.7), SETTINGS, "")
    (day,) = of.shadow
    assert (day.rows, day.compared, day.agreed) == (10, 10, 6) and day.mean_score == pytest.approx(0.6)


def test_a_journal_that_does_not_read_passes_nothing() -> None:
    found = told(seen=[], unread="it does not read")
    assert (found["shadow"], found["drift"]) == ("SHADOW_UNKNOWN", "ok"), "the trainer's drift is known all the same"


def test_a_gate_that_is_waived_is_told_as_such_and_no_other_is() -> None:
    found = gates(evidence(Manifest(sha256=OWN), ACTIVE, [], SETTINGS, ""), SETTINGS)
    told = waived(found, ["baseline", "shadow"])
    assert [check.status for check in told] == [Status.WARN, Status.UNKNOWN, Status.UNKNOWN, Status.WARN]
    assert told[0].code == "WAIVED" and "NOT_JUDGED" in told[0].detail
    assert waived(gates(evidence(GOOD, ACTIVE, SHADOWED, SETTINGS, ""), SETTINGS), ["drift"])[2].status is Status.OK
