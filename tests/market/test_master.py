"""Overnight changes of the instrument master, and the ones that must wake somebody."""

from datetime import date
from typing import Any

import msgspec
import pytest

from tarazu import reference
from tarazu.market.master import FieldChange, MasterChanges, TokenReuse, diff_masters
from tarazu.model.instrument import Instrument
from tarazu.sim.synthetic.universe import build_universe

FRIDAY, MONDAY, WEDNESDAY = date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 25)


def master(day: date) -> list[Instrument]:
    return list(build_universe(day, reference.calendar(), reference.rules("nse-2026"), "full", 1, {}).instruments)


TODAY = master(MONDAY)
FUTURE = next(i for i in TODAY if i.key == "NFO:NIFTY26NOVFUT")


def with_changed(**fields: Any) -> MasterChanges:
    """Today's master against one in which yesterday's NIFTY future had these fields."""
    yesterday = [msgspec.structs.replace(i, **fields) if i is FUTURE else i for i in TODAY]
    return diff_masters(yesterday, TODAY, MONDAY)


def test_the_same_master_changes_nothing() -> None:
    same = diff_masters(TODAY, list(reversed(TODAY)), MONDAY)
    assert same == MasterChanges(changed=(), reused=(), new=(), expired=(), gone=(), twice=(), kept=len(TODAY))
    assert same.alarms == ()


@pytest.mark.parametrize(
    ("field", "before", "name", "alarm"),
    [
        ("lot_size", 75, "lot", "NFO:NIFTY26NOVFUT: lot 75 -> 65"),
        ("tick_size_paise", 10, "tick", "NFO:NIFTY26NOVFUT: tick 10 -> 5"),
        ("expiry", date(2026, 11, 24), "expiry", "NFO:NIFTY26NOVFUT: expiry 2026-11-24 -> 2026-11-23"),
        ("freeze_qty", 1200, "freeze", None),
    ],
)
def test_a_changed_field_is_named_with_both_values(field: str, before: object, name: str, alarm: str | None) -> None:
    changes = with_changed(**{field: before})
    assert changes.changed == (
        FieldChange(FUTURE.key, FUTURE.instrument_token, name, before, getattr(FUTURE, field)),  # type: ignore[arg-type]
    )
    assert changes.of(name) == changes.changed
    assert changes.alarms == ((alarm,) if alarm else ()), "the freeze list is re-issued monthly: reported, no alarm"


def test_a_new_token_under_the_old_name() -> None:
    changes = with_changed(instrument_token=77 << 8 | 2)
    assert [(c.field, c.before) for c in changes.changed] == [("token", 77 << 8 | 2)]
    assert changes.reused == () and len(changes.alarms) == 1


def test_a_token_that_now_belongs_to_another_contract_is_loud() -> None:
    old = msgspec.structs.replace(FUTURE, tradingsymbol="NIFTY26OCTFUT", expiry=date(2026, 10, 27))
    yesterday = [old if i is FUTURE else i for i in TODAY]
    changes = diff_masters(yesterday, TODAY, MONDAY)
    assert changes.reused == (TokenReuse(FUTURE.instrument_token, "NFO:NIFTY26OCTFUT", "NFO:NIFTY26NOVFUT"),)
    assert changes.new == (FUTURE,) and changes.expired == (old,) and changes.gone == ()
    assert changes.alarms[0] == f"token {FUTURE.instrument_token} was NFO:NIFTY26OCTFUT, is now NFO:NIFTY26NOVFUT"


def test_two_contracts_that_swap_tokens_are_both_loud() -> None:
    a, b = TODAY[-2], TODAY[-1]
    swapped = [
        *TODAY[:-2],
        msgspec.structs.replace(a, instrument_token=b.instrument_token),
        msgspec.structs.replace(b, instrument_token=a.instrument_token),
    ]
    changes = diff_masters(TODAY, swapped, MONDAY)
    assert {(r.before, r.after) for r in changes.reused} == {(a.key, b.key), (b.key, a.key)}
    assert len(changes.of("token")) == 2 and len(changes.alarms) == 4


def test_over_an_expiry_contracts_go_and_come_without_alarm() -> None:
    changes = diff_masters(TODAY, master(WEDNESDAY), WEDNESDAY)
    assert changes.expired and {i.expiry for i in changes.expired} == {MONDAY}
    assert changes.new and all(i.expiry > MONDAY for i in changes.new if i.expiry)
    assert changes.gone == () and changes.changed == () and changes.reused == () and changes.alarms == ()


def test_a_dump_cut_short_is_noticed() -> None:
    changes = diff_masters(TODAY, TODAY[: len(TODAY) // 2], MONDAY)
    assert len(changes.gone) == len(TODAY) - len(TODAY) // 2
    assert len(changes.alarms) == 1 and "cut short" in changes.alarms[0]
    assert diff_masters(TODAY, [i for i in TODAY if i is not FUTURE], MONDAY).alarms == ()


def test_a_file_that_says_things_twice() -> None:
    changes = diff_masters(TODAY, [*TODAY, FUTURE], MONDAY)
    assert changes.twice == (FUTURE.key, str(FUTURE.instrument_token))
    assert len(changes.alarms) == 2


def test_friday_to_monday_is_an_ordinary_morning() -> None:
    assert diff_masters(master(FRIDAY), TODAY, MONDAY).alarms == ()
