"""Mutual funds: everything can be read, nothing can be placed. Kite v3 "Mutual funds".

The investor holds funds bought long ago. Orders of the last week and SIPs, which nobody can have placed, are shown
only under the always-open rules, whose readers are promised rows to read.
"""

from typing import Any

from tarazu.sim.front import mutual_funds
from tarazu.sim.front.call import Call, Route
from tarazu.sim.front.http import Response, csv, data
from tarazu.wire.kite_errors import ErrorType, Refusal
from tarazu.wire.kite_instruments import encode_mf_csv

NOT_OFFERED = Refusal(
    "Mutual fund orders and SIPs cannot be placed, changed or cancelled over the API; use Coin.", ErrorType.INPUT, 400
)
UNKNOWN_ORDER = Refusal("Couldn't find that `order_id`.", ErrorType.GENERAL, 404)
UNKNOWN_SIP = Refusal("Couldn't find that `sip_id`.", ErrorType.GENERAL, 404)
UNKNOWN_FUND = Refusal("You do not hold this fund.", ErrorType.GENERAL, 404)


def instruments(call: Call) -> Response:
    return csv(encode_mf_csv(mutual_funds.instruments(call.broker.config.seed, call.broker.universe.day)))


def orders(call: Call) -> Response:
    return data(_orders(call))


def order(call: Call) -> Response | Refusal:
    found = next((row for row in _orders(call) if row["order_id"] == call.path["order_id"]), None)
    return UNKNOWN_ORDER if found is None else data(found)


def sips(call: Call) -> Response:
    return data(_sips(call))


def sip(call: Call) -> Response | Refusal:
    found = next((row for row in _sips(call) if row["sip_id"] == call.path["sip_id"]), None)
    return UNKNOWN_SIP if found is None else data(found)


def holdings(call: Call) -> Response:
    return data(mutual_funds.holdings(call.broker.config.seed, call.user_id, call.broker.universe.day))


def holding(call: Call) -> Response | Refusal:
    """The purchases behind one holding."""
    rows = mutual_funds.purchases(call.broker.config.seed, call.user_id, call.path["isin"], call.broker.universe.day)
    return data(rows) if rows else UNKNOWN_FUND


def allotments(call: Call) -> Response:
    """Orders whose units have been allotted: here, all complete ones."""
    return orders(call)


def refuse(call: Call) -> Refusal:
    return NOT_OFFERED


def _orders(call: Call) -> list[dict[str, Any]]:
    config = call.broker.config
    return mutual_funds.orders(config.seed, call.user_id, call.broker.universe.day) if config.rules.always_open else []


def _sips(call: Call) -> list[dict[str, Any]]:
    config = call.broker.config
    return mutual_funds.sips(config.seed, call.user_id, call.broker.universe.day) if config.rules.always_open else []


ROUTES = (
    Route("GET", "/mf/instruments", instruments),
    Route("GET", "/mf/orders", orders),
    Route("GET", "/mf/orders/{order_id}", order),
    Route("POST", "/mf/orders", refuse),
    Route("DELETE", "/mf/orders/{order_id}", refuse),
    Route("GET", "/mf/sips", sips),
    Route("GET", "/mf/sips/{sip_id}", sip),
    Route("POST", "/mf/sips", refuse),
    Route("PUT", "/mf/sips/{sip_id}", refuse),
    Route("DELETE", "/mf/sips/{sip_id}", refuse),
    Route("GET", "/mf/holdings", holdings),
    Route("GET", "/mf/holdings/{isin}", holding),
    Route("GET", "/mf/allotments", allotments),
)
