"""How each instrument is left now: the planner's rules, from its terms and a quote."""

from collections.abc import Collection, Mapping

from tarazu.app.account.contracts import Terms
from tarazu.app.account.quotes import Quote
from tarazu.model.order import Side
from tarazu.orders import tick_steps
from tarazu.orders.flatten_plan import ExitRule

CROSS_BPS = 100
"""So far beyond the other side's best price (docs/engine.md, "An order's way": exits are chased 1 % beyond it)."""


def exit_rules(
    terms: Mapping[str, Terms], quotes: Mapping[str, Quote], market_refused: Collection[str] = ()
) -> dict[str, ExitRule]:
    """By key. Where the broker has refused MARKET before and a price is known, it is a LIMIT."""
    return {key: _rule(of, quotes.get(key), key in market_refused) for key, of in terms.items()}


def _rule(terms: Terms, quote: Quote | None, refused: bool) -> ExitRule:
    buy, sell = (price_now(terms, quote, side) for side in (Side.BUY, Side.SELL))
    priced = buy is not None or sell is not None
    return ExitRule(
        lot_size=terms.lot_size,
        freeze_qty=terms.freeze_qty,
        market_allowed=terms.market_allowed and not (refused and priced),
        buy_paise=buy,
        sell_paise=sell,
    )


def price_now(terms: Terms, quote: Quote | None, side: Side) -> int | None:
    """Of an order on `side` that should fill at once, inside the day's band; None when nobody stands on the other."""
    best = None if quote is None else (quote.ask if side is Side.BUY else quote.bid)
    if quote is None or best is None:
        return None
    tick = terms.tick_paise
    price = tick_steps.beyond(best, CROSS_BPS, side, tick)
    if quote.high is not None:
        price = min(price, tick_steps.floor(quote.high, tick))
    return max(price, tick_steps.ceil(max(quote.low or 0, tick), tick))
