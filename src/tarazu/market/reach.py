"""All that a day's selection can ever choose, wherever the money goes: what the market state holds a slot for."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from tarazu.market.listing import Listing
from tarazu.market.selection_plan import SelectionPlan, UnderlyingPlan
from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Instrument


def reach(
    master: Sequence[Instrument], plan: SelectionPlan, day: date, pinned: Collection[InstrumentToken] = ()
) -> tuple[Instrument, ...]:
    """A superset of `select` and of every `recentre` after it, of whatever spots, with the same plan and pins.

    Each once: spots, futures, cross-asset, stocks, all strikes of the chosen expiries, pins. Pins come last, so that
    another one moves no other slot. What the master lacks is left out; `select` refuses it. Connection limits play no
    part.
    """
    listing = Listing(master, day)
    found = {i.instrument_token: i for i in _reached(listing, plan, pinned)}
    return tuple(found.values())


def _reached(listing: Listing, plan: SelectionPlan, pinned: Collection[InstrumentToken]) -> Iterator[Instrument]:
    by_key = listing.by_key
    yield from (by_key[u.key] for u in plan.underlyings if u.key in by_key)
    for u in plan.underlyings:
        yield from listing.futures(u.exchange, u.name)[: u.futures]
    yield from (by_key[key] for key in (*plan.cross_asset, *plan.stocks) if key in by_key)
    for u in plan.underlyings:
        yield from _options(listing, u)
    yield from (listing.by_token[token] for token in sorted(pinned) if token in listing.by_token)


def _options(listing: Listing, u: UnderlyingPlan) -> Iterator[Instrument]:
    """By expiry, strike, call before put."""
    chain = listing.chain(u.exchange, u.name)
    for expiry in tuple(chain)[: u.option_expiries]:
        for strike in sorted(chain[expiry]):
            yield from sorted(chain[expiry][strike], key=lambda i: (i.kind, i.tradingsymbol))
