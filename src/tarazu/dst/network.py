"""The line between the desk and the broker: requests, answers, order updates and reads, each of them late, lost, twice
or out of order. A request that was lost and one that arrives two minutes later look the same from here: no answer.
"""

from collections.abc import Callable
from random import Random

import msgspec

from tarazu.dst.agenda import Agenda
from tarazu.dst.broker import SimBroker
from tarazu.dst.faults import Faults
from tarazu.dst.limits import FUNDS_PAISE
from tarazu.dst.marks import Marks
from tarazu.engine import messages as m
from tarazu.model.outcome import RefusalKind
from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.orders.report import Answer, AnswerKind, OrderReport
from tarazu.ports.desk import Request

TIMEOUT_NS = 7 * SECOND_NS
"""After so long the client gives an answer up (kiteconnect's own figure)."""
LATE_S_MAX = 120
BEHIND_MS_MAX = 5_000

Deliver = Callable[[m.Message], object]
CALLS = {SendOrder: m.Call.PLACE, ModifyOrder: m.Call.MODIFY, CancelOrder: m.Call.CANCEL}


class Network:
    def __init__(self, seed: int, agenda: Agenda, faults: Faults, marks: Marks) -> None:
        self._dice = Random(f"network {seed}")
        self._agenda, self._faults, self._marks = agenda, faults, marks
        self.broker: SimBroker
        self.funds_paise = FUNDS_PAISE
        """In the account before anything is traded."""
        self.subscriber: Deliver = lambda message: None
        """Who hears order updates now."""
        self.under_way: dict[int, Request] = {}
        """Requests that will still arrive at the broker."""
        self._sent = 0

    # Requests about orders.

    def send(self, request: Request, answer: Deliver) -> None:
        """Once. `answer` is called with how it ended, at most once."""
        faults, sent_ns = self._faults, self._agenda.now_ns
        call = CALLS[type(request)]

        def told(outcome: Answer, at_ns: int) -> None:
            if at_ns > sent_ns + TIMEOUT_NS:
                outcome, at_ns = Answer(AnswerKind.NO_ANSWER, text="TIMEOUT"), sent_ns + TIMEOUT_NS
            message = m.Answered(call=call, ref=request.ref, answer=outcome)
            self._agenda.at(at_ns, lambda: answer(message))

        if faults.strikes("not_sent"):
            told(Answer(AnswerKind.NOT_PLACED, refusal=RefusalKind.NOT_SENT, text="no connection"), sent_ns + 1)
            return
        if faults.strikes("request_lost"):
            told(Answer(AnswerKind.NO_ANSWER, text="TIMEOUT"), sent_ns + TIMEOUT_NS)
            return
        delay_ns = self._dice.randint(5, 60) * MILLISECOND_NS
        if faults.strikes("request_late"):
            delay_ns += faults.between("request_late", 500, LATE_S_MAX * 1_000 - 60) * MILLISECOND_NS
            if delay_ns > TIMEOUT_NS:
                told(Answer(AnswerKind.NO_ANSWER, text="TIMEOUT"), sent_ns + TIMEOUT_NS)
        self._sent += 1
        number = self._sent
        self.under_way[number] = request
        self._agenda.after(delay_ns, lambda: self._arrive(number, sent_ns, told))

    def _arrive(self, number: int, sent_ns: int, told: Callable[[Answer, int], None]) -> None:
        request = self.under_way.pop(number)
        now_ns = self._agenda.now_ns
        outcome = self._asked(request)
        if now_ns > sent_ns + TIMEOUT_NS:
            if outcome.kind is AnswerKind.ACCEPTED:
                self._marks.hit("accepted_after_timeout")
            return  # its client has given up, and was told so
        back_ns = now_ns + self._dice.randint(5, 60) * MILLISECOND_NS
        if self._faults.strikes("answer_slow"):
            back_ns += self._faults.between("answer_slow", 200, 9_000) * MILLISECOND_NS
        if self._faults.strikes("answer_lost") or self._faults.strikes("server_error_after"):
            outcome = Answer(AnswerKind.NO_ANSWER, text="RESET")
        told(outcome, back_ns)

    def _asked(self, request: Request) -> Answer:
        if self.broker.token_ok:
            if self._faults.strikes("server_error_before"):
                return Answer(AnswerKind.NO_ANSWER, text="SERVER_ERROR")
            if self._faults.strikes("throttled"):
                return Answer(AnswerKind.REFUSED, refusal=RefusalKind.THROTTLED, text="too many requests")
            if self._faults.strikes("refused"):
                return Answer(AnswerKind.REFUSED, refusal=RefusalKind.MARGIN, text="insufficient funds")
        match request:
            case SendOrder():
                return self.broker.place(request.order)
            case ModifyOrder():
                return self.broker.modify(request.change)
            case CancelOrder():
                return self.broker.cancel(request.cancellation)

    # Order updates.

    def heard(self, row: OrderReport) -> None:
        """The ticker's frame, or the postback: a hint that may be late, lost or twice."""
        if self._faults.strikes("update_lost"):
            return
        if row.tag and self._faults.strikes("row_untagged"):
            row = msgspec.structs.replace(row, tag="")
        delay_ns = self._dice.randint(5, 150) * MILLISECOND_NS
        if self._faults.strikes("update_late"):
            delay_ns += self._faults.between("update_late", 100, 20_000) * MILLISECOND_NS
        message = m.OrderHeard(report=row)
        self._agenda.after(delay_ns, lambda: self.subscriber(message))
        if self._faults.strikes("update_twice"):
            delay_ns += self._faults.between("update_twice", 1, 5_000) * MILLISECOND_NS
            self._agenda.after(delay_ns, lambda: self.subscriber(message))

    # Reads.

    def read(self, what: m.What, answer: Deliver, steady_ns: int) -> None:
        """`steady_ns` is the asker's time, which its reads are told in."""
        faults, began_ns = self._faults, self._agenda.now_ns
        delay_ns = self._dice.randint(20, 200) * MILLISECOND_NS
        if faults.strikes("read_slow"):
            delay_ns += faults.between("read_slow", 200, 6_000) * MILLISECOND_NS
        failed = faults.strikes("read_failed")
        seen_ns = began_ns + delay_ns // 2
        behind_ns = (
            faults.between("read_behind", 0, BEHIND_MS_MAX) * MILLISECOND_NS if faults.strikes("read_behind") else 0
        )

        def back() -> None:
            if failed:
                answer(m.ReadFailed(what=what, cause="TIMEOUT"))
            elif not self.broker.token_ok:
                answer(m.ReadFailed(what=what, cause="TokenException", auth_lost=True))
            else:
                answer(self._content(what, steady_ns, seen_ns - behind_ns))

        self._agenda.after(delay_ns, back)

    def _content(self, what: m.What, began_ns: int, at_ns: int) -> m.Message:
        if what is m.What.TRADES:
            return m.TradesRead(started_ns=began_ns, fills=self.broker.tradebook(at_ns))
        if what is m.What.POSITIONS:
            return m.PositionsRead(started_ns=began_ns, positions=self.broker.positions(at_ns))
        if what is m.What.MARGINS:
            used = self.broker.margin_used_paise()
            return m.MarginsRead(started_ns=began_ns, available_paise=self.funds_paise - used, used_paise=used)
        rows = self.broker.book(at_ns)
        if not self._faults.strikes("read_partial"):
            return m.OrdersRead(started_ns=began_ns, reports=rows)
        gap = self._faults.between("read_partial", 0, 3)
        kept = tuple(row for place, row in enumerate(rows) if place % 4 != gap)
        return m.OrdersRead(started_ns=began_ns, reports=kept, whole=False)
