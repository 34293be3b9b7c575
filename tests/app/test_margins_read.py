"""The account's funds as main reads them: a served broker, the broker's adapter; the official client says the truth."""

from collections.abc import Iterator
from typing import Any

import pytest

from harness.broker_process import broker_process
from harness.served import Served
from harness.served_desk import at
from tarazu import reference
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.app.main.reading import Reading
from tarazu.engine.messages import MarginsRead, ReadFailed, What
from tarazu.engine.state import EngineState, blank
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import Product

pytestmark = pytest.mark.control("C10")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with broker_process("--rules", "permissive") as running:
        yield running


def listed(row: dict[str, Any]) -> Instrument:
    return Instrument(
        instrument_token=InstrumentToken(row["instrument_token"]),
        exchange=Exchange(row["exchange"]),
        tradingsymbol=TradingSymbol(row["tradingsymbol"]),
        name=row["name"],
        kind=Kind(row["instrument_type"]),
        segment=row["segment"],
        expiry=row["expiry"],
    )


def state_of(served: Served, *kinds: Kind, qty: int) -> EngineState:
    """One of each kind is held."""
    rows = served.client().instruments("NFO")
    held = [listed(next(row for row in rows if row["instrument_type"] == kind)) for kind in kinds]
    state = blank({one.key: one for one in held}, reference.charge_rates())
    state.held = {(one.key, Product.NRML): qty for one in held}
    return state


def read(served: Served, state: EngineState, **options: Any) -> Any:
    async def story(broker: KiteBroker) -> Any:
        return await Reading(broker, lambda: 77, lambda: state).read(What.MARGINS)

    return at(served, story, **options)


def test_what_is_available_is_the_net_of_the_equity_segment(served: Served) -> None:
    found = read(served, state_of(served, qty=0))
    equity = served.client().margins()["equity"]
    assert found == MarginsRead(
        started_ns=77,
        available_paise=round(equity["net"] * 100),
        used_paise=round(equity["utilised"]["debits"] * 100),
    )
    assert found.available_paise > 0


@pytest.mark.parametrize("qty", [65, -65])
def test_what_is_held_is_margined_by_the_brokers_own_basket(served: Served, qty: int) -> None:
    state = state_of(served, Kind.FUT, Kind.CE, qty=qty)
    found = read(served, state)
    orders = [
        {
            "exchange": "NFO",
            "tradingsymbol": key.split(":")[1],
            "transaction_type": "BUY" if qty > 0 else "SELL",
            "variety": "regular",
            "product": "NRML",
            "order_type": "MARKET",
            "quantity": abs(qty),
        }
        for key, _ in sorted(state.held)
    ]
    final = served.client().basket_order_margins(orders, consider_positions=False)["final"]
    assert found.basket_paise == pytest.approx(100 * (final["span"] + final["exposure"]), rel=0.02)
    assert found.basket_paise > 100_000_00


def test_a_session_that_is_lost_is_told(served: Served) -> None:
    failed = read(served, state_of(served, qty=0), access_token=lambda: "of yesterday")
    assert isinstance(failed, ReadFailed) and failed.what is What.MARGINS and failed.auth_lost


def test_a_basket_that_is_refused_leaves_the_funds_read(served: Served) -> None:
    state = state_of(served, Kind.FUT, qty=65)
    (key, product), _ = *state.held, None
    stranger = Instrument(
        instrument_token=InstrumentToken(9),
        exchange=Exchange.NFO,
        tradingsymbol=TradingSymbol("NOBODY26DECFUT"),
        name="NOBODY",
        kind=Kind.FUT,
        segment="NFO-FUT",
    )
    state.instruments = {stranger.key: stranger}
    state.held = {(stranger.key, product): 65}
    found = read(served, state)
    assert isinstance(found, MarginsRead) and found.basket_paise is None and found.available_paise > 0, key
