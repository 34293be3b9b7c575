"""The synthetic market's instruments of one day, in three sizes.

| size | what | about |
|---|---|---|
| tiny | NIFTY 50, VIX, four NSE shares, one BSE share, a few contracts | 30 |
| desk | every index and share, front futures, the NIFTY chain, the middle of the others | exactly 500 |
| full | every index, share, future and chain | 13,000 |
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import date
from itertools import chain, islice

import msgspec

from tarazu.model.calendar import TradingCalendar
from tarazu.model.ids import TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind, SegmentByte, token_of
from tarazu.model.rules import RuleBook
from tarazu.sim.synthetic import contracts
from tarazu.sim.synthetic.contracts import Underlying
from tarazu.sim.synthetic.listed import (
    BSE_TOKENS,
    INDEX_OF,
    INDICES,
    SHARE_OF,
    SHARES,
    Index,
    Share,
    index_named,
    share_named,
    share_tick_paise,
    strike_step_paise,
)
from tarazu.sim.universe import Universe

SIZES = ("tiny", "desk", "full")
DESK = 500
INDEX_TICK_PAISE = 5
TINY_SHARES = ("INFY", "RELIANCE", "SBIN")
TINY_UNLISTED = "SOUTHBANK"
"""The tiny market's one share without contracts."""


def build_universe(
    day: date, calendar: TradingCalendar, rules: RuleBook, size: str, seed: int, closes: Mapping[str, int]
) -> Universe:
    """All instruments that trade on `day`, one of `SIZES`, always in the same order.

    `closes` (key -> paise) are yesterday's closes, around which strikes are listed; what is missing starts from the
    base prices. An option listed yesterday stays until it expires, behind all others. `seed` does not move anything
    yet: what is listed is a matter of day, calendar and rules.
    """
    rules.refuse_uncovered(day)
    market = _Listing(day, calendar, rules, closes)
    build = {"tiny": market.tiny, "desk": market.desk, "full": market.full}
    listed = build[size]()
    return Universe(day, [*listed, *market.left_behind({i.key for i in listed})])


def base_paise(instrument: Instrument) -> int:
    """What an index or share costs where nothing is known of yesterday."""
    if instrument.kind is Kind.INDEX:
        return index_named(instrument.tradingsymbol).base_paise
    return share_named(instrument.tradingsymbol).base_paise


def index_instrument(index: Index) -> Instrument:
    return Instrument(
        instrument_token=token_of(index.exchange_token, SegmentByte.INDICES),
        exchange=index.exchange,
        tradingsymbol=TradingSymbol(index.symbol),
        name=index.symbol,
        kind=Kind.INDEX,
        segment="INDICES",
        tick_size_paise=INDEX_TICK_PAISE if index.underlying_name else 1,
    )


def share_instrument(share: Share, exchange: Exchange = Exchange.NSE) -> Instrument:
    """The cash row; on BSE its dual listing, which follows the same rules for shares with contracts."""
    bse = exchange is Exchange.BSE
    return Instrument(
        instrument_token=token_of(BSE_TOKENS[share.symbol], SegmentByte.BSE)
        if bse
        else token_of(share.exchange_token, SegmentByte.NSE),
        exchange=exchange,
        tradingsymbol=TradingSymbol(share.symbol),
        name=share.name,
        kind=Kind.EQ,
        segment=str(exchange),
        tick_size_paise=share_tick_paise(share.base_paise),
        fno_underlying=share.lot_size > 0,
    )


class _Listing:
    """One day's listing, made on demand."""

    def __init__(self, day: date, calendar: TradingCalendar, rules: RuleBook, closes: Mapping[str, int]) -> None:
        self._day = day
        self._calendar = calendar
        self._rules = rules
        self._closes = closes
        with_contracts = [i for i in INDICES if i.underlying_name]
        self._underlyings = [self._of_index(n + 1, i) for n, i in enumerate(with_contracts)]
        first = len(with_contracts) + 1
        self._underlyings += [self._of_share(first + n, s) for n, s in enumerate(s for s in SHARES if s.lot_size)]
        self._by_name = {u.name: u for u in self._underlyings}

    def full(self) -> list[Instrument]:
        return [*self._cash(), *chain.from_iterable(self._all_of(u) for u in self._underlyings)]

    def desk(self) -> list[Instrument]:
        """The rows a desk watches; where the calendar's end leaves fewer, filled from the full market."""
        chosen = dict.fromkeys(i.key for i in self._desk_choice())
        everything = {i.key: i for i in self.full()}
        keys = islice(dict.fromkeys(chain(chosen, everything)), DESK)
        return [everything[key] for key in keys]

    def tiny(self) -> list[Instrument]:
        nifty, infy, reliance = (self._by_name[n] for n in ("NIFTY", "INFY", "RELIANCE"))
        return [
            index_instrument(INDEX_OF["NIFTY 50"]),
            index_instrument(INDEX_OF["INDIA VIX"]),
            *(share_instrument(SHARE_OF[s]) for s in (*TINY_SHARES, TINY_UNLISTED)),
            share_instrument(SHARE_OF["INFY"], Exchange.BSE),
            *self._futures(nifty, contracts.FUTURE_MONTHS),
            *islice(self._chain(nifty, 0, 5), 20),
            *self._futures(infy, 1),
            *islice(self._chain(infy, 0, 1), 2),
            *self._futures(reliance, 1),
        ]

    def left_behind(self, listed: Set[str]) -> Iterator[Instrument]:
        """Yesterday's options that live on, at strikes which the day's listing has moved away from."""
        gone = [key for key in self._closes if key.endswith(("CE", "PE")) and key not in listed]
        for u in self._underlyings if gone else ():
            for expiry in contracts.option_expiries(self._day, self._calendar, u.contract):
                monthly = expiry in self._monthly(u)
                series = f"{u.exchange}:{contracts.series_symbol(u.name, expiry, monthly)}"
                for strike in (contracts.strike_of(key, series) for key in gone):
                    if strike is not None:
                        yield u.option(expiry, monthly, *strike)

    def _desk_choice(self) -> Iterator[Instrument]:
        nifty, bank, fin, sensex = self._underlyings[:4]
        yield from self._cash()
        for index in self._underlyings[:4]:
            yield from self._futures(index, contracts.FUTURE_MONTHS)
        for share in self._underlyings[4:]:
            yield from self._futures(share, 1)
        yield from chain(self._chain(nifty, 0), self._chain(nifty, 1))
        yield from chain(self._chain(bank, 0, 14), self._chain(sensex, 0, 14))
        for name in (*TINY_SHARES, "HDFCBANK"):
            yield from islice(self._chain(self._by_name[name], 0, 1), 2)
        yield from self._chain(fin, 0)

    def _cash(self) -> Iterator[Instrument]:
        yield from map(index_instrument, INDICES)
        yield from map(share_instrument, SHARES)
        yield from (share_instrument(SHARE_OF[symbol], Exchange.BSE) for symbol in BSE_TOKENS)

    def _all_of(self, u: Underlying) -> Iterable[Instrument]:
        return chain(self._futures(u, contracts.FUTURE_MONTHS), self._chain(u, 0), self._chain(u, 1))

    def _futures(self, u: Underlying, months: int) -> Iterator[Instrument]:
        return map(u.future, self._monthly(u)[:months])

    def _chain(self, u: Underlying, nth: int, each_side: int = contracts.STRIKES_EACH_SIDE) -> Iterator[Instrument]:
        """The chain of the `nth` option expiry; nothing where the calendar does not reach it."""
        for expiry in contracts.option_expiries(self._day, self._calendar, u.contract)[nth : nth + 1]:
            yield from u.chain(expiry, expiry in self._monthly(u), each_side)

    def _monthly(self, u: Underlying) -> list[date]:
        return contracts.monthly_expiries(self._day, self._calendar, u.contract.monthly_expiry)

    def _of_index(self, no: int, index: Index) -> Underlying:
        key = f"{index.exchange}:{index.symbol}"
        contract = self._rules.contracts[index.underlying_name]
        return Underlying(
            no, key, index.underlying_name, contract, index.strike_step_paise, self._closes.get(key, index.base_paise)
        )

    def _of_share(self, no: int, share: Share) -> Underlying:
        key = f"NSE:{share.symbol}"
        # Shares expire with NIFTY's months: the last Tuesday since 1 Sep 2025 (KITE facts 3.3).
        contract = msgspec.structs.replace(
            self._rules.contracts["NIFTY"],
            lot_size=share.lot_size,
            freeze_qty=self._rules.stock_freeze_qty,
            weekly_expiry=None,
        )
        step = strike_step_paise(share.base_paise)
        return Underlying(no, key, share.symbol, contract, step, self._closes.get(key, share.base_paise))
