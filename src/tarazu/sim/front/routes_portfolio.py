"""Positions and holdings, conversion, and the depository's authorisation."""

import msgspec

from tarazu.model.order import Side
from tarazu.sim.dice import Dice
from tarazu.sim.front.call import Call, Route
from tarazu.sim.front.forms import Form, body_form
from tarazu.sim.front.http import FORM, Response, data, decode_pairs
from tarazu.sim.front.ids import uuid_shaped
from tarazu.sim.money.conversion import Conversion
from tarazu.wire.kite_errors import Refusal
from tarazu.wire.kite_money import HoldingRow

UNKNOWN_INSTRUMENT = Refusal("Invalid `tradingsymbol`: no such instrument.")
COMPACT = ("exchange", "tradingsymbol", "instrument_token", "quantity", "t1_quantity", "average_price", "product")


def positions(call: Call) -> Response:
    return data(call.broker.positions(call.user_id))


def convert(call: Call) -> Response | Refusal:
    """`PUT /portfolio/positions`: move an open quantity to another product."""
    form = body_form(call.request)
    key = f"{form.text('exchange')}:{form.text('tradingsymbol')}"
    side, position_type = form.choice("transaction_type", Side), form.text("position_type")
    qty, old, new = form.whole("quantity", least=1), form.text("old_product"), form.text("new_product")
    if form.refusal is not None:
        return form.refusal
    instrument = call.broker.universe.find(key)
    if instrument is None:
        return UNKNOWN_INSTRUMENT
    conversion = Conversion(
        instrument=instrument, side=side, position_type=position_type, qty=qty, old_product=old, new_product=new
    )
    return call.broker.convert(call.user_id, conversion) or data(True)


def holdings(call: Call) -> Response:
    return data(call.broker.holdings(call.user_id))


def compact_holdings(call: Call) -> Response:
    rows = (msgspec.structs.asdict(row) for row in call.broker.holdings(call.user_id))
    return data([{name: row[name] for name in COMPACT} for row in rows])


def holdings_summary(call: Call) -> Response:
    """Totals over all holdings, rupees."""
    rows = call.broker.holdings(call.user_id)
    invested = sum(_units(row) * row.average_price for row in rows)
    current = sum(_units(row) * row.last_price for row in rows)
    yesterday = sum(_units(row) * row.close_price for row in rows)
    return data(
        {
            "invested_amount": round(invested, 2),
            "current_value": round(current, 2),
            "total_pnl": round(current - invested, 2),
            "total_pnl_percentage": _percent(current - invested, invested),
            "today_pnl": round(current - yesterday, 2),
            "today_pnl_percentage": _percent(current - yesterday, yesterday),
        }
    )


def auctions(call: Call) -> Response:
    """Holdings that the auction session for short deliveries takes now; an order names the row's `auction_number`."""
    rows = call.broker.auctions(call.user_id)
    return data([{**msgspec.structs.asdict(row), "auction_number": number} for number, row in rows.items()])


def authorise(call: Call) -> Response | Refusal:
    """`POST /portfolio/holdings/authorise`: pairs of `isin` and `quantity`, or nothing for everything held.

    Kite opens the depository's page for the user to confirm; here the user is taken to have confirmed at once.
    """
    asked = _authorisations(call)
    if isinstance(asked, Refusal):
        return asked
    account = call.broker.accounts[call.user_id]
    shares = {h.isin: h for h in account.holdings}
    for isin, qty in asked or [(h.isin, h.settled_qty) for h in account.holdings]:
        holding = shares.get(isin)
        if holding is None or not 0 < qty <= holding.settled_qty:
            return Refusal(f"You do not hold {qty} settled shares of {isin}.")
    for isin, qty in asked or [(h.isin, h.settled_qty) for h in account.holdings]:
        account.authorise(shares[isin].instrument, qty, call.now_ns)
    dice = Dice(call.broker.config.seed)
    return data({"request_id": uuid_shaped(dice, "authorise", call.user_id, call.now_ns)})


def _authorisations(call: Call) -> list[tuple[str, int]] | Refusal:
    """The (isin, quantity) pairs of the body, in order; names repeat, so it is no `Form`."""
    if not call.request.body:
        return []
    content_type = call.request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    pairs = decode_pairs(call.request.body) if content_type == FORM else None
    if pairs is None:
        return Refusal("The body is not a valid form.")
    isins = [value for name, value in pairs if name == "isin"]
    quantities = [value for name, value in pairs if name == "quantity"]
    if len(isins) != len(quantities) or len(set(isins)) != len(isins):
        return Refusal("Give one `quantity` for each `isin`, and each `isin` once.")
    asked = []
    for isin, quantity in zip(isins, quantities, strict=True):
        form = Form({"isin": isin, "quantity": quantity})
        asked.append((form.text("isin"), form.whole("quantity", least=1)))
        if form.refusal is not None:
            return form.refusal
    return asked


def _units(row: HoldingRow) -> int:
    return row.quantity + row.t1_quantity


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


ROUTES = (
    Route("GET", "/portfolio/positions", positions),
    Route("PUT", "/portfolio/positions", convert),
    Route("GET", "/portfolio/holdings", holdings),
    Route("GET", "/portfolio/holdings/summary", holdings_summary),
    Route("GET", "/portfolio/holdings/compact", compact_holdings),
    Route("GET", "/portfolio/holdings/auctions", auctions),
    Route("POST", "/portfolio/holdings/authorise", authorise),
)
