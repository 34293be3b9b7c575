import pytest


def snapshot(till) -> tuple[object, ...]:
    return (till.account.position_rows(till.mark), till.account.ledger.cash_paise, len(till.account.ledger.entries))


def test_the_days_units_move_with_their_average_cost(till) -> None:
    till.buy("INFY", 60, 1500.0, "MIS")
    till.buy("INFY", 40, 1510.0, "MIS")
    assert till.convert("INFY", "BUY", 25, "MIS", "CNC") is None
    left, moved = till.row("INFY", "MIS"), till.row("INFY", "CNC")
    assert (left.quantity, left.average_price) == (75, 1504.0)
    assert (moved.quantity, moved.average_price) == (25, 1504.0)
    assert left.buy_value + moved.buy_value == 60 * 1500 + 40 * 1510


def test_a_position_converted_whole_leaves_no_row_behind(till) -> None:
    till.buy("26000CE", 65, 100.0, "MIS")
    assert till.convert("26000CE", "BUY", 65, "MIS", "NRML") is None
    assert [r.product for r in till.account.position_rows(till.mark).net] == ["NRML"]


def test_overnight_units_move_with_cost_and_mark(till) -> None:
    till.buy("26000CE", 130, 100.0)
    till.prices["26000CE"] = 110.0
    till.settle()
    assert till.convert("26000CE", "BUY", 65, "NRML", "MIS", of="overnight") is None
    for product in ("NRML", "MIS"):
        row = till.row("26000CE", product)
        assert (row.quantity, row.overnight_quantity, row.average_price, row.close_price) == (65, 65, 100.0, 110.0)


def test_shares_that_go_to_delivery_pay_delivery_charges_instead(till) -> None:
    till.buy("INFY", 100, 1523.35, "MIS")
    # Intraday: brokerage 20.00, transaction 4.68, SEBI 0.15, stamp 4.57, GST 4.47; delivery as in test_charges.
    assert till.charges == 33.87
    assert till.convert("INFY", "BUY", 100, "MIS", "CNC") is None
    assert till.charges == 180.89


def test_contracts_change_product_without_cost(till) -> None:
    till.sell("26000CE", 65, 100.0)
    before = till.charges
    assert till.convert("26000CE", "SELL", 65, "NRML", "MIS") is None
    assert till.charges == before


@pytest.mark.parametrize(
    ("name", "side", "qty", "old", "new", "of", "why"),
    [
        ("26000CE", "BUY", 65, "NRML", "CNC", "day", "Invalid product `CNC`"),
        ("26000CE", "BUY", 65, "CO", "NRML", "day", "Invalid product `CO`"),
        ("26000CE", "BUY", 65, "NRML", "NRML", "day", "the same"),
        ("26000CE", "BUY", 64, "NRML", "MIS", "day", "Invalid `quantity`"),
        ("26000CE", "BUY", 0, "NRML", "MIS", "day", "Invalid `quantity`"),
        ("26000CE", "BUY", -65, "NRML", "MIS", "day", "Invalid `quantity`"),
        ("26000CE", "BUY", 65, "NRML", "MIS", "week", "Invalid `position_type`"),
        ("26000CE", "BUY", 130, "NRML", "MIS", "day", "Only 65"),
        ("26000CE", "SELL", 65, "NRML", "MIS", "day", "Only 0"),
        ("26000CE", "BUY", 65, "NRML", "MIS", "overnight", "Only 0"),
        ("26000CE", "BUY", 65, "MIS", "NRML", "day", "Only 0"),
        ("INFY", "BUY", 1, "NRML", "MIS", "day", "Invalid product `NRML`"),
    ],
)
def test_a_senseless_conversion_is_refused_and_changes_nothing(till, name, side, qty, old, new, of, why) -> None:
    till.buy("26000CE", 65, 100.0)
    before = snapshot(till)
    assert why in till.convert(name, side, qty, old, new, of).message
    assert snapshot(till) == before


def test_closed_units_are_nobodys_to_convert(till) -> None:
    till.buy("26000CE", 130, 100.0, "MIS")
    till.sell("26000CE", 65, 100.0, "MIS")
    assert "Only 65" in till.convert("26000CE", "BUY", 130, "MIS", "NRML").message


def test_a_conversion_one_cannot_pay_for_is_refused_and_changes_nothing(till_with) -> None:
    till = till_with(50_000.0)
    till.buy("INFY", 100, 1500.0, "MIS")
    before = snapshot(till)
    refusal = till.convert("INFY", "BUY", 100, "MIS", "CNC")
    assert refusal.error_type == "MarginException"
    assert refusal.message.startswith("Insufficient funds. Required margin is 120000.00 but available margin is ")
    assert snapshot(till) == before


def test_a_short_becomes_a_delivery_sale_only_of_shares_that_are_held(till) -> None:
    till.account.give_holding(till.instruments["INFY"], 10, 140_000)
    till.sell("INFY", 20, 1500.0, "MIS")
    assert till.convert("INFY", "SELL", 11, "MIS", "CNC").error_type == "HoldingException"
    assert till.convert("INFY", "SELL", 10, "MIS", "CNC") is None
    assert till.row("INFY", "MIS").quantity == till.row("INFY", "CNC").quantity == -10
