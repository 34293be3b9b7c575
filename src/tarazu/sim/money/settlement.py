"""Day end: expiry, the futures' mark, intraday left-overs, delivery of shares, and the carry into the next day.

`settle_day` runs once a day per account, after the market and before anything of the next day. What it does, in order:
1. Contracts expiring today close at their final value, taken from the underlying's final settlement price (the mean of
   its last half hour, passed in). Index contracts settle in cash; long options pay STT on their intrinsic value.
2. Stock contracts settle physically: their closes, as above but without exercise STT, make one net delivery obligation
   per share, which trades at the final settlement price as a CNC order of its own with a delivery order's charges.
   Shares that would have to be given and are not held are not traded: that part stays settled in cash.
3. MIS and CO should be flat by now. What could not be squared off is carried: derivatives as NRML, long shares as CNC,
   short shares are bought in at the close.
4. Shares sold and not held (an early sale of what a conversion took away) are bought in at the close too.
5. Futures are marked to the settlement price: the day's whole result becomes cash.
6. CNC and MTF nets go to holdings; what was bought on an earlier day arrives if today is a settlement day; each share
   sold out of holdings costs one depository charge.
7. What is open is carried at the settlement price, the day's figures start again, cash is the new opening balance.
"""

from collections.abc import Callable
from datetime import date

import msgspec

from tarazu.model.calendar import TradingCalendar
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.portfolio.charges import exercise_charges
from tarazu.sim.money.account import DELIVERY, Account
from tarazu.sim.money.ledger import Book, EntryKind
from tarazu.sim.money.margins import INTRADAY
from tarazu.sim.money.positions import Position
from tarazu.sim.orders import Fill


class Closing(msgspec.Struct, frozen=True):
    """An instrument's day-end prices in paise."""

    settlement_paise: int
    """Futures: daily settlement price. Options and shares: the closing price."""
    underlying_paise: int = 0
    """Derivatives: final settlement price of the underlying, used on expiry day."""


Closings = Callable[[Instrument], Closing]


class DayEnd(msgspec.Struct, frozen=True, kw_only=True):
    """What happens at the end of one trading day."""

    day: date
    ts_ns: int
    closings: Closings
    underlying: Callable[[str], Instrument | None]
    """The share behind a stock contract by its key; None for what cannot be delivered."""
    index_names: frozenset[str]
    """Underlyings settled in cash: `frozenset(rules.contracts)`."""
    is_settlement_day: bool


class Settled(msgspec.Struct, kw_only=True):
    """What a person would want to know of the night, besides the ledger."""

    expired: list[str] = []
    carried_intraday: list[str] = []
    bought_in: list[str] = []


def day_end(
    calendar: TradingCalendar,
    day: date,
    ts_ns: int,
    closings: Closings,
    underlying: Callable[[str], Instrument | None],
    index_names: frozenset[str],
) -> DayEnd:
    """The day end of `day` by the dated calendar: on a settlement holiday no share arrives."""
    return DayEnd(
        day=day,
        ts_ns=ts_ns,
        closings=closings,
        underlying=underlying,
        index_names=index_names,
        is_settlement_day=calendar.is_settlement_day(day),
    )


def settle_day(account: Account, night: DayEnd) -> Settled:
    """Settle one account for one day; the module's text says how. Leaves the account ready for the next day."""
    settled = Settled()
    _expire(account, night, settled)
    _carry_intraday(account, night, settled)
    _buy_in_shorts(account, night, settled)
    _mark_futures(account, night)
    _deliver(account, night)
    _carry(account, night)
    account.begin_day()
    return settled


def final_value_paise(instrument: Instrument, underlying_paise: int) -> int:
    """What one unit is worth at expiry: the underlying for a future, the intrinsic value for an option."""
    if instrument.kind is Kind.CE:
        return max(0, underlying_paise - instrument.strike_paise)
    if instrument.kind is Kind.PE:
        return max(0, instrument.strike_paise - underlying_paise)
    return underlying_paise


def _expire(account: Account, night: DayEnd, settled: Settled) -> None:
    due = [p for p in account.positions if p.qty and p.instrument.expiry and p.instrument.expiry <= night.day]
    obligations: dict[str, tuple[int, int]] = {}
    for position in due:
        instrument, qty = position.instrument, position.qty
        final = night.closings(instrument).underlying_paise
        assert final > 0, instrument.key
        worth = final_value_paise(instrument, final)
        cash_settled = instrument.name in night.index_names
        _close(account, position, worth, night.ts_ns, EntryKind.EXPIRY)
        if cash_settled and instrument.is_option and qty > 0 and worth:
            cost = exercise_charges(account.rates, qty * worth, night.day)
            account.pay_charges(EntryKind.CHARGES, cost, night.ts_ns, instrument.tradingsymbol)
        if not cash_settled and worth:
            before, _ = obligations.get(instrument.underlying, (0, 0))
            obligations[instrument.underlying] = (before + _shares(instrument, qty), final)
        settled.expired.append(instrument.tradingsymbol)
    for key, (shares, price) in obligations.items():
        _trade_obligation(account, night, key, shares, price)


def _shares(instrument: Instrument, qty: int) -> int:
    """Shares a closed stock contract obliges to take (give: negative)."""
    return -qty if instrument.kind is Kind.PE else qty


def _trade_obligation(account: Account, night: DayEnd, key: str, shares: int, price_paise: int) -> None:
    share = night.underlying(key)
    if share is None or shares == 0:
        return
    qty = shares if shares > 0 else min(-shares, account.sellable_qty(share))
    if qty <= 0:
        return
    ref = f"EXP-{night.day:%Y%m%d}-{share.tradingsymbol}"
    account.apply(
        Fill(
            user_id=account.user_id,
            order_id=ref,
            trade_id=ref,
            instrument=share,
            side=Side.BUY if shares > 0 else Side.SELL,
            product=Product.CNC,
            qty=qty,
            price_paise=price_paise,
            ts_ns=night.ts_ns,
        )
    )


def _carry_intraday(account: Account, night: DayEnd, settled: Settled) -> None:
    for position in [p for p in account.positions if p.product in INTRADAY and p.qty]:
        if position.instrument.kind is Kind.EQ and position.qty < 0:
            continue
        product = Product.NRML if position.instrument.is_derivative else Product.CNC
        _move(account, position, product, night.ts_ns)
        settled.carried_intraday.append(position.instrument.tradingsymbol)


def _buy_in_shorts(account: Account, night: DayEnd, settled: Settled) -> None:
    for position in [p for p in account.positions if p.instrument.kind is Kind.EQ and p.qty < 0]:
        missing = -account.sellable_qty(position.instrument) if position.product in DELIVERY else -position.qty
        short = min(-position.qty, missing)
        if short > 0:
            price = night.closings(position.instrument).settlement_paise
            _trade_at(account, position, Side.BUY, short, price, night.ts_ns, EntryKind.CLOSE_OUT)
            settled.bought_in.append(position.instrument.tradingsymbol)


def _mark_futures(account: Account, night: DayEnd) -> None:
    for position in account.positions:
        if position.is_future:
            gain = position.m2m_paise(night.closings(position.instrument).settlement_paise if position.qty else 0)
            account.ledger.move(night.ts_ns, EntryKind.MARK, position.instrument.tradingsymbol, Book.CLEARING, gain)


def _deliver(account: Account, night: DayEnd) -> None:
    delivered = [p for p in account.positions if p.product in DELIVERY]
    for position in sorted(delivered, key=lambda p: -p.qty):
        holding, qty = account.holdings.at(position.instrument), position.qty
        if qty > 0:
            holding.receive(night.day, qty, position.open_cost_paise())
        elif qty < 0:
            holding.deliver(-qty)
            fee = account.rates.dp_paise_per_scrip
            account.ledger.move(
                night.ts_ns, EntryKind.DEPOSITORY, position.instrument.tradingsymbol, Book.DEPOSITORY, -fee
            )
        account.positions.drop(position)
    if night.is_settlement_day:
        for holding in account.holdings:
            holding.settle(night.day)
    account.holdings.drop_empty()


def _carry(account: Account, night: DayEnd) -> None:
    for position in list(account.positions):
        if position.qty:
            position.carry(night.closings(position.instrument).settlement_paise)
        else:
            account.positions.drop(position)


def _close(account: Account, position: Position, price_paise: int, ts_ns: int, kind: EntryKind) -> None:
    side = Side.SELL if position.qty > 0 else Side.BUY
    _trade_at(account, position, side, abs(position.qty), price_paise, ts_ns, kind)


def _trade_at(
    account: Account, position: Position, side: Side, qty: int, price_paise: int, ts_ns: int, kind: EntryKind
) -> None:
    """A trade that no order made: no charges of its own. A future's cash moves with the mark."""
    value = qty * price_paise
    position.trade(side, qty, value)
    if not position.is_future:
        account.ledger.move(ts_ns, kind, position.instrument.tradingsymbol, Book.CLEARING, -side.sign * value)


def _move(account: Account, position: Position, product: Product, ts_ns: int) -> None:
    """Carry the open part under another product, at its cost; what was closed stays where it was."""
    target = account.positions.at(position.instrument, product)
    qty = position.qty
    if position.overnight_qty * qty > 0:
        carried = min(abs(qty), abs(position.overnight_qty)) * (1 if qty > 0 else -1)
        target.give_overnight(carried, *position.take_overnight(carried))
    side = Side.BUY if position.qty > 0 else Side.SELL
    left = abs(position.qty)
    if left:
        value = position.take_day(side, left)
        target.trade(side, left, value)
        account.rerate(target, position.product, side, left, value, ts_ns)
