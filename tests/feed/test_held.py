"""What the account holds is followed wherever the money goes, and by main too; what cannot be is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.broker_process import broker_process
from harness.desk import Desk, desk
from harness.desk_operator import Operator
from harness.limits import WIDE_TOML
from harness.recorded import first_ticks
from harness.served import Served
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.app.feed.record import Selected
from tarazu.model.instrument import Instrument, Kind
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv

NARROW = (
    """
[feed]
cross_asset = ["NSE:INDIA VIX"]
stocks = ["NSE:INFY"]
[[feed.underlyings]]
key = "NSE:NIFTY 50"
name = "NIFTY"
strikes_each_side = 4
near_each_side = 2
[engine]
settle_s = 0
durability = "process"
"""
    + WIDE_TOML
)


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    with broker_process("--size", "desk", "--at", "09:16", "--rules", "permissive") as served:
        yield served


def bought(broker: Served, instrument: Instrument) -> str:
    """One lot by hand, in any terminal; its key."""
    kite = broker.client()
    kite.place_order(
        variety="regular",
        exchange=instrument.exchange,
        tradingsymbol=instrument.tradingsymbol,
        transaction_type="BUY",
        quantity=instrument.lot_size,
        product="NRML",
        order_type="MARKET",
        market_protection=5,
    )
    broker.pass_time(2.0)
    held = {p["tradingsymbol"]: p["quantity"] for p in kite.positions()["net"]}
    assert held[instrument.tradingsymbol] == instrument.lot_size
    return instrument.key


def listed(broker: Served) -> tuple[list[Instrument], list[Instrument]]:
    """NIFTY's futures by expiry, and the calls of the nearest expiry from the money upwards."""
    rest = KiteMarketRest(
        root=broker["rest_url"], api_key=broker["api_key"], access_token=lambda: str(broker["access_token"])
    )
    master, spot = decode_csv(rest.instruments()), rest.last_prices(["NSE:NIFTY 50"])["NSE:NIFTY 50"].price
    rest.close()
    assert isinstance(master, InstrumentMaster)
    nifty = [i for i in master.instruments if i.name == "NIFTY" and i.expiry is not None]
    futures = sorted((i for i in nifty if i.kind is Kind.FUT), key=lambda i: str(i.expiry))
    calls = sorted((i for i in nifty if i.kind is Kind.CE), key=lambda i: (str(i.expiry), i.strike_paise))
    return futures, [i for i in calls if i.expiry == calls[0].expiry and i.strike_paise >= spot]


def selected(made: Desk) -> set[str]:
    last = made.events("SELECTED")[-1]
    assert isinstance(last, Selected)
    return set(last.symbols)


def begun(made: Desk) -> None:
    made.start()
    made.until_fresh()
    made.start_main()


def test_what_is_held_is_followed_wherever_the_money_goes(broker: Served, tmp_path: Path) -> None:
    futures, calls = listed(broker)
    carried = {bought(broker, futures[1]), bought(broker, calls[9])}
    with desk(tmp_path, broker, NARROW) as made:
        begun(made)
        assert carried <= selected(made), "another month, and a strike far from the money"
        made.until_main(lambda h: carried <= {place.key for place in h.positions})
        by_key = {i.key: i.instrument_token for i in (*futures, *calls)}
        assert {by_key[key] for key in carried} <= first_ticks(made.home, 0).keys()
        made.until_main(lambda h: h.risk is not None and h.risk.net_paise is not None and not h.risk.unknown)

        near = bought(broker, calls[0])
        made.until_main(lambda h: near in {place.key for place in h.positions})
        made.until(lambda h: h.selection is not None and h.selection.held == 3)
        before = len(made.events("SELECTED"))
        for _ in range(2):
            broker.admin("POST", "/faults", {"kind": "market.jump", "count": 1, "params": {"pct": -0.9}})
            made.until(lambda _, n=before: len(made.events("SELECTED")) > n)  # type: ignore[misc]
            before = len(made.events("SELECTED"))
        assert carried | {near} <= selected(made), "the money left them, and they are held"
        assert calls[1].key not in selected(made), "its neighbour went"

        late = bought(broker, futures[2])
        made.until(lambda h: h.selection is not None and h.selection.unfollowed == (late,))
        status = Operator(tmp_path).tarazu_until(1, "feed", "status")
        assert late in status.line("WARN", "HELD_UNFOLLOWED")
        assert made.stop() == 0 and made.stop_main() == 0
        begun(made)
        assert late in selected(made)
        Operator(tmp_path).tarazu_until(0, "feed", "status")
