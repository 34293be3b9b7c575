"""What to subscribe to: spots, futures, the strikes around the money and what else is watched, from today's master."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from tarazu.market.connections import assign
from tarazu.market.feeds import FeedClass, FeedMember
from tarazu.market.listing import Listing, nearest
from tarazu.market.selection_plan import (
    Centre,
    Chosen,
    Refusal,
    Selection,
    SelectionPlan,
    SelectionRefused,
    StreamMode,
    UnderlyingPlan,
)
from tarazu.model.calendar import Venue, venue_of
from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Instrument, Kind

VIX = "INDIA VIX"


def select(
    master: Sequence[Instrument],
    spots_paise: Mapping[str, int],
    plan: SelectionPlan,
    day: date,
    pinned: Collection[InstrumentToken] = (),
) -> Selection | SelectionRefused:
    """The day's selection around `spots_paise` (key of the underlying -> paise).

    `pinned` (open positions and orders) are in, wherever the money is. Nothing is guessed: what cannot be found is
    refused, except pins, which are listed in `missing_pins`.
    """
    return _select(Listing(master, day), spots_paise, plan, day, pinned, {})


def recentre(
    selection: Selection,
    master: Sequence[Instrument],
    spots_paise: Mapping[str, int],
    plan: SelectionPlan,
    pinned: Collection[InstrumentToken] = (),
) -> Selection | SelectionRefused | None:
    """The next selection; None while every money is within `recentre_strikes` of its centre and every pin is in.

    An underlying that has not moved so far keeps its centre, as does one without a spot now. What stays selected keeps
    its connection. Cheap while nothing moved: the master is not read.
    """
    spots = {c.underlying: c.spot_paise for c in selection.centres}
    now = {key: spots_paise.get(key, 0) or spot for key, spot in spots.items()}
    moved = {
        c.underlying: now[c.underlying]
        for c in selection.centres
        if abs(c.strikes_away(now[c.underlying])) >= plan.recentre_strikes
    }
    if not moved and {*selection.tokens, *selection.missing_pins}.issuperset(pinned):
        return None
    before = {c.instrument.instrument_token: c.connection for c in selection.chosen}
    return _select(Listing(master, selection.day), spots | moved, plan, selection.day, pinned, before)


def feed_members(selection: Selection, fno_shares: Collection[str] = ()) -> tuple[FeedMember, ...]:
    """The selection as freshness watches it; slots are places in `selection.chosen`.

    `fno_shares` are keys of shares with derivatives, where the master does not say: they close by auction.
    """
    return tuple(
        FeedMember(
            feed=c.feed,
            token=c.instrument.instrument_token,
            slot=slot,
            feed_class=c.feed_class,
            venue=Venue.CASH_FNO if c.instrument.key in fno_shares else venue_of(c.instrument),
            connection=c.connection,
            depth=c.mode is StreamMode.FULL and c.instrument.kind is not Kind.INDEX,
        )
        for slot, c in enumerate(selection.chosen)
    )


class _Wanted(NamedTuple):
    instrument: Instrument
    feed: str
    feed_class: FeedClass


def _select(
    listing: Listing,
    spots_paise: Mapping[str, int],
    plan: SelectionPlan,
    day: date,
    pinned: Collection[InstrumentToken],
    before: Mapping[InstrumentToken, int],
) -> Selection | SelectionRefused:
    centres = [_centre(listing, u, spots_paise.get(u.key, 0)) for u in plan.underlyings]
    unknown = (_unknown(listing, key) for key in (*plan.cross_asset, *plan.stocks))
    if refused := next((r for r in (*centres, *unknown) if isinstance(r, SelectionRefused)), None):
        return refused
    around = tuple(c for c in centres if isinstance(c, Centre))
    wanted: dict[InstrumentToken, _Wanted] = {}
    for w in _wanted(listing, plan, around):
        wanted.setdefault(w.instrument.instrument_token, w)
    pins = {t: i for t in sorted(pinned) if (i := listing.by_token.get(t)) is not None}
    ordered = [wanted.get(t) or _by_kind(i) for t, i in pins.items()] + [w for t, w in wanted.items() if t not in pins]
    room = plan.connections.instruments
    return Selection(
        day=day,
        chosen=_chosen(ordered[:room], plan, pins, before),
        centres=around,
        left_out=tuple(w.instrument for w in ordered[room:]),
        missing_pins=tuple(sorted(set(pinned) - set(pins))),
    )


def _chosen(
    wanted: Sequence[_Wanted],
    plan: SelectionPlan,
    pins: Collection[InstrumentToken],
    before: Mapping[InstrumentToken, int],
) -> tuple[Chosen, ...]:
    connections = assign([w.instrument.instrument_token for w in wanted], plan.connections, before)
    return tuple(
        Chosen(
            instrument=w.instrument,
            feed=w.feed,
            feed_class=w.feed_class,
            mode=plan.modes[w.feed_class],
            connection=connection,
            pinned=w.instrument.instrument_token in pins,
        )
        for w, connection in zip(wanted, connections, strict=True)
    )


def _wanted(listing: Listing, plan: SelectionPlan, centres: Sequence[Centre]) -> Iterator[_Wanted]:
    """In order of priority; an instrument may come twice, and its first place counts."""
    for u in plan.underlyings:
        yield _by_kind(listing.by_key[u.key])
    for u in plan.underlyings:
        for future in listing.futures(u.exchange, u.name)[: u.futures]:
            yield _by_kind(future)
    for key in plan.cross_asset:
        yield _by_kind(listing.by_key[key])._replace(feed="cross_asset")
    for key in plan.stocks:
        yield _by_kind(listing.by_key[key])
    yield from _options(listing, plan, centres)


def _options(listing: Listing, plan: SelectionPlan, centres: Sequence[Centre]) -> Iterator[_Wanted]:
    """From the money outwards, all underlyings and expiries abreast: what does not fit is the far ends of all."""
    found: list[tuple[int, int, int, int, _Wanted]] = []
    for n, (u, centre) in enumerate(zip(plan.underlyings, centres, strict=True)):
        chain = listing.chain(u.exchange, u.name)
        for e, expiry in enumerate(centre.expiries):
            strikes = sorted(chain[expiry])
            atm = nearest(strikes, centre.spot_paise)
            for k in range(max(atm - u.strikes_each_side, 0), min(atm + u.strikes_each_side + 1, len(strikes))):
                away = abs(k - atm)
                near = FeedClass.OPTION_NEAR if away <= u.near_each_side else FeedClass.OPTION_FAR
                for option in sorted(chain[expiry][strikes[k]], key=lambda i: i.kind):
                    found.append((away, e, n, k, _Wanted(option, "options", near)))
    found.sort(key=lambda row: row[:4])
    return (row[4] for row in found)


def _centre(listing: Listing, u: UnderlyingPlan, spot_paise: int) -> Centre | SelectionRefused:
    name = f"{u.exchange} {u.name}"
    if u.key not in listing.by_key:
        return SelectionRefused(Refusal.UNKNOWN_UNDERLYING, u.key, f"{u.key} is not in today's master")
    if spot_paise <= 0:
        return SelectionRefused(Refusal.NO_SPOT, u.key, f"no price of {u.key} to count strikes from")
    chain = listing.chain(u.exchange, u.name)
    lacks_futures = u.futures > 0 and not listing.futures(u.exchange, u.name)
    if lacks_futures or (u.option_expiries > 0 and not chain):
        gone = listing.expired[u.exchange, u.name]
        if gone:
            return SelectionRefused(Refusal.EXPIRED, u.key, f"{gone} contracts of {name} expired: an old master")
        return SelectionRefused(Refusal.NO_CONTRACTS, u.key, f"no {'future' if lacks_futures else 'option'} of {name}")
    expiries = tuple(chain)[: u.option_expiries]
    strikes = tuple(sorted(chain[expiries[0]])) if expiries else ()
    if strikes and not strikes[0] <= spot_paise <= strikes[-1]:
        text = f"spot {spot_paise} lies outside the strikes {strikes[0]} to {strikes[-1]} (paise) of {name}"
        return SelectionRefused(Refusal.SPOT_OUTSIDE_STRIKES, u.key, text)
    atm = strikes[nearest(strikes, spot_paise)] if strikes else 0
    return Centre(underlying=u.key, spot_paise=spot_paise, atm_paise=atm, strikes_paise=strikes, expiries=expiries)


def _unknown(listing: Listing, key: str) -> SelectionRefused | None:
    if key in listing.by_key:
        return None
    return SelectionRefused(Refusal.UNKNOWN_INSTRUMENT, key, f"{key} is not in today's master")


def _by_kind(instrument: Instrument) -> _Wanted:
    """The feed and class of what is not counted from the money; options so met are pins, and may be far from it."""
    match instrument.kind:
        case Kind.INDEX:
            return _Wanted(instrument, "index", FeedClass.VIX if instrument.tradingsymbol == VIX else FeedClass.INDEX)
        case Kind.FUT:
            return _Wanted(instrument, "futures", FeedClass.FUTURE)
        case Kind.EQ:
            return _Wanted(instrument, "stocks", FeedClass.STOCK)
        case _:
            return _Wanted(instrument, "options", FeedClass.OPTION_FAR)
