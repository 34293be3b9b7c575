"""A plan carried out at the broker: cancels, turns, exits, in this order, each written down before it is sent."""

import functools
import time
from collections.abc import Callable, Mapping

import msgspec

from tarazu.adapters.kite_account.client import KiteAccount
from tarazu.app.account.contracts import Terms
from tarazu.app.flatten.book import AccountBook
from tarazu.app.flatten.evidence import Evidence
from tarazu.app.flatten.tags import Tags, on_the_wire
from tarazu.model.order import OrdType, Side
from tarazu.model.order_request import NewOrder, OrderChange
from tarazu.model.outcome import OrderOutcome
from tarazu.model.units import SECOND_NS
from tarazu.orders import messages as m
from tarazu.orders import tick_steps
from tarazu.orders.exposure import Place
from tarazu.orders.flatten_plan import ExitOrder, ExitRule, FlattenPlan, Turn
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import AnswerKind, answer_of

GAP_S = 0.12
"""Kite takes ten orders a second (KITE facts 1.12); the watchdog may be cancelling beside us."""
AGAIN_NS = 2 * SECOND_NS
"""An exit that rests is moved, and a request that came to nothing is made again, no sooner."""
PAUSE_MAX_NS = 16 * SECOND_NS
CHANGES_MAX = 20
WORST_BPS = 1_000
"""As far as the engine chases an exit (`EngineConfig.chase_worst_bps`)."""


class Carrying:
    """`requests` counts what was sent."""

    def __init__(self, account: KiteAccount, book: AccountBook, tags: Tags, evidence: Evidence) -> None:
        self._account, self._book, self._tags, self._evidence = account, book, tags, evidence
        self._asked_ns: dict[str, int] = {}
        self.requests = 0
        self.refusals: dict[str, str] = {}
        """By key, the broker's last no."""
        self.market_refused: set[str] = set()
        self.bounded: set[str] = set()
        """Keys whose exit has come to the bound of its price."""
        self._first: dict[tuple[str, Side], int] = {}

    def carry_out(self, plan: FlattenPlan, terms: Mapping[str, Terms], rules: Mapping[str, ExitRule]) -> None:
        """No limit goes further than `WORST_BPS` from the first of its instrument and side."""
        for ref in plan.cancels:
            if self._may_ask(ref):
                self._cancel(ref)
        for turn in plan.turns:
            if self._may_ask(turn.ref):
                self._change(turn.ref, self._turned(turn, terms))
        for order in self._resting_exits():
            price = rules[order.key].price(order.side) if order.key in rules else None
            price = None if price is None else self._bound(order.key, order.side, price, terms)
            if price is not None and _is_behind(order, price) and self._may_ask(order.ref):
                change = OrderChange(order_id=order.order_id, order_type=OrdType.LIMIT, price_paise=price)
                self._change(order.ref, change)
        for exit in plan.exits:
            if not self._is_paused((exit.key, exit.product)):
                self._place(self._priced(exit, terms), terms.get(exit.key))

    def _turned(self, turn: Turn, terms: Mapping[str, Terms]) -> OrderChange:
        order, price = self._book.blotter.orders[turn.ref], turn.change.price_paise
        if price is None:
            return turn.change
        return msgspec.structs.replace(turn.change, price_paise=self._bound(order.key, order.side, price, terms))

    def _priced(self, exit: ExitOrder, terms: Mapping[str, Terms]) -> ExitOrder:
        if exit.price_paise is None:
            return exit
        price = self._bound(exit.key, exit.side, exit.price_paise, terms)
        return msgspec.structs.replace(exit, price_paise=price)

    def _bound(self, key: str, side: Side, price: int, terms: Mapping[str, Terms]) -> int:
        first = self._first.setdefault((key, side), price)
        tick = terms[key].tick_paise if key in terms else 1
        worst = max(tick_steps.beyond(first, WORST_BPS, side, tick), tick)
        if side.sign * price <= side.sign * worst:
            return price
        self.bounded.add(key)
        return worst

    def _cancel(self, ref: str) -> None:
        for out in self._tell(m.AskCancel(ref=ref, ts_ns=self._book.now_ns)):
            if isinstance(out, m.CancelOrder):
                outcome = self._send(
                    "cancel", out.cancellation, functools.partial(self._account.cancel, out.cancellation)
                )
                self._tell(m.CancelAnswered(ref=out.ref, answer=answer_of(outcome), ts_ns=self._book.now_ns))

    def _change(self, ref: str, change: OrderChange) -> None:
        for out in self._tell(m.AskChange(ref=ref, change=change, ts_ns=self._book.now_ns)):
            if isinstance(out, m.ModifyOrder):
                outcome = self._send("modify", out.change, functools.partial(self._account.modify, out.change))
                self._tell(m.ChangeAnswered(ref=out.ref, answer=answer_of(outcome), ts_ns=self._book.now_ns))

    def _place(self, exit: ExitOrder, terms: Terms | None) -> None:
        order = new_order(exit, self._tags.fresh())
        intent = OrderIntent(order=order, purpose=Purpose.SQUARE_OFF, strategy="flatten")
        self._tell(m.Intended(intent=intent, ts_ns=self._book.now_ns))
        self._tell(m.Durable(ref=intent.ref, ts_ns=self._book.now_ns))
        self._tell(m.Send(ref=intent.ref, ts_ns=self._book.now_ns))
        # A freeze quantity that nobody could tell us: the broker knows it, and slices.
        unknown = terms is not None and terms.is_derivative and not terms.freeze_qty
        sent = msgspec.structs.replace(order, tag=on_the_wire(order.tag), autoslice=unknown)
        answer = answer_of(self._send("place", sent, lambda: self._account.place(sent)))
        self._tell(m.PlaceAnswered(ref=intent.ref, answer=answer, ts_ns=self._book.now_ns))
        if answer.kind in (AnswerKind.REFUSED, AnswerKind.NOT_PLACED):
            self.refusals[exit.key] = answer.text
            if answer.kind is AnswerKind.REFUSED and exit.order_type is OrdType.MARKET:
                self.market_refused.add(exit.key)

    def _send(self, what: str, request: msgspec.Struct, ask: Callable[[], OrderOutcome]) -> OrderOutcome:
        self._evidence.write(what, request=msgspec.to_builtins(request))
        outcome = ask()
        self.requests += 1
        told = {name: value for name, value in msgspec.to_builtins(outcome).items() if name != "timing"}
        self._evidence.write(f"{what}.answer", outcome=type(outcome).__name__, **told)
        time.sleep(GAP_S)
        return outcome

    def _tell(self, message: m.Message) -> list[m.Output]:
        return self._book.tell(message)

    def _may_ask(self, ref: str) -> bool:
        now_ns = self._book.now_ns
        if now_ns < self._asked_ns.get(ref, -AGAIN_NS) + AGAIN_NS:
            return False
        self._asked_ns[ref] = now_ns
        return True

    def _resting_exits(self) -> list[OrderState]:
        """Ours that have stood for a while and may be moved."""
        rests = (OrdStatus.WORKING, OrdStatus.PARTIALLY_FILLED)
        return [
            order
            for order in self._book.blotter.open()
            if order.intent is not None
            and order.status in rests
            and order.change is None
            and order.changes < CHANGES_MAX
            and self._book.now_ns > order.status_ns + AGAIN_NS
        ]

    def _is_paused(self, place: Place) -> bool:
        """After refusals one after the other: 1, 2, 4 ... 16 s."""
        tried = [o for o in self._book.blotter.of_key(place[0]) if o.product is place[1] and o.intent is not None]
        refused = 0
        for order in reversed(tried):
            if order.status is not OrdStatus.REJECTED or order.cum_qty:
                break
            refused += 1
        if not refused:
            return False
        return self._book.now_ns < tried[-1].status_ns + min(SECOND_NS << (refused - 1), PAUSE_MAX_NS)


def _is_behind(order: OrderState, price: int) -> bool:
    return not order.price_paise or order.side.sign * price > order.side.sign * order.price_paise


def new_order(exit: ExitOrder, tag: str) -> NewOrder:
    exchange, _, symbol = exit.key.partition(":")
    return NewOrder(
        tag=tag,
        exchange=exchange,
        tradingsymbol=symbol,
        side=exit.side,
        qty=exit.qty,
        product=exit.product,
        order_type=exit.order_type,
        price_paise=exit.price_paise,
        protection_bps=exit.protection_bps,
    )
