from datetime import date

import msgspec
import pytest

from tarazu import reference
from tarazu.model.calendar import NotCovered
from tarazu.model.rules import RuleBook


def test_both_rule_profiles_read_and_carry_their_names() -> None:
    assert [reference.rules(name).name for name in reference.RULE_PROFILES] == ["nse-2026", "permissive"]


def test_an_unknown_profile_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(KeyError, match=r"nse-2026, permissive"):
        reference.rules("nse-1999")


@pytest.mark.parametrize("day", [date(2026, 3, 31), date(2027, 1, 1)])
def test_rules_refuse_days_they_were_not_written_for(day: date) -> None:
    with pytest.raises(NotCovered):
        reference.rules("nse-2026").refuse_uncovered(day)


def test_charges_hold_for_one_financial_year() -> None:
    rates = reference.charge_rates()
    rates.refuse_uncovered(date(2026, 4, 1))
    rates.refuse_uncovered(date(2027, 3, 31))
    with pytest.raises(NotCovered):
        rates.refuse_uncovered(date(2027, 4, 1))


def test_permissive_differs_only_where_it_means_to() -> None:
    strict, loose = (msgspec.to_builtins(reference.rules(n)) for n in reference.RULE_PROFILES)
    assert {field for field in strict if strict[field] != loose[field]} == {
        "name",
        "valid_from",
        "valid_through",
        "always_open",
        "market_protection_required",
        "price_bands",
        "limit_price_protection",
        "mwcb",
        "rates",
        "candle_days",
        "sl_m_barred_option",
        "sl_m_barred_bse",
        "iceberg_legs_max",
        "sources",
        "uncertain",
    }


def test_a_rule_file_with_a_wrong_type_names_the_field() -> None:
    broken = msgspec.json.encode({**msgspec.to_builtins(reference.rules("nse-2026")), "ws_tokens": "many"})
    with pytest.raises(msgspec.ValidationError, match=r"ws_tokens"):
        msgspec.json.decode(broken, type=RuleBook)


def test_the_numbers_a_desk_relies_on() -> None:
    rules = reference.rules("nse-2026")
    assert (rules.contracts["NIFTY"].lot_size, rules.contracts["NIFTY"].freeze_qty) == (65, 1800)
    assert (rules.rates.orders, rules.rates.orders_per_minute, rules.rates.orders_per_day) == (10, 400, 5000)
    assert rules.modifications_per_order == 25
    assert rules.candle_days["minute"] == 60
    assert (rules.ws_connections, rules.ws_tokens) == (3, 3000)
