"""A place's units on our own scan of margins: held, or wanted."""

from tarazu.engine.run import Run
from tarazu.engine.valuation import Worth
from tarazu.model.order import Side
from tarazu.orders.standing import Place
from tarazu.risk.margin_scan import INTRADAY, Together


def hold(run: Run, together: Together, place: Place, qty: int, worth: Worth) -> bool:
    """Add a position; False where nobody can say what margin it has."""
    instrument = run.state.instruments.get(place[0])
    if instrument is None or worth.unit is None:
        return False
    if instrument.is_derivative:
        if worth.contract is None:
            return False
        together.add(instrument, worth.contract, qty)
    elif place[1] in INTRADAY:
        together.add_shares(place[0], qty, round(worth.unit.price))
    return True


def needs(run: Run, together: Together, place: Place, qty: int, price_paise: int, worth: Worth) -> int:
    """What so many more units need, paise; `together` stays as it is."""
    key, product = place
    instrument = run.state.instruments.get(key)
    if instrument is None or not qty:
        return 0
    if worth.contract is not None:
        return together.needed(instrument, worth.contract, qty, price_paise)
    if instrument.is_derivative:
        return abs(qty) * price_paise
    side = Side.BUY if qty > 0 else Side.SELL
    return together.needed_for_shares(key, product, side, abs(qty), price_paise)
