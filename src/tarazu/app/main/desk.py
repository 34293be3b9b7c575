"""The desk that the engine's shell performs on: requests and questions to the broker, whose answers are messages."""

import asyncio
import functools
import logging
import time
from collections import deque
from collections.abc import Callable

from tarazu.app.main.bands import Bands
from tarazu.app.main.broker import Broker
from tarazu.app.main.reading import Reading
from tarazu.app.main.timings import Timing
from tarazu.engine.acts import Alert, Deny, MovePhase, Severity, Step
from tarazu.engine.messages import Answered, Call, Message, ReadFailed, Stamped, What
from tarazu.model.outcome import OrderOutcome
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.orders.report import Answer, AnswerKind, answer_of
from tarazu.ports.desk import Request

log = logging.getLogger("tarazu.main")

ALERTS_KEPT = 20
CLOSE_S = 2.0
"""What is out when the connections are closed ends at once; a bug in that must not keep the process."""
_LEVELS = {Severity.SEV1: logging.CRITICAL, Severity.SEV2: logging.ERROR, Severity.WARN: logging.WARNING}


class KiteDesk:
    """`ports.desk.Desk`. For the event loop's thread; `tell` takes a message at once, and is called from the loop."""

    def __init__(
        self,
        broker: Broker,
        reading: Reading,
        bands: Bands,
        tell: Callable[[Message], object],
        acks: Timing | None = None,
    ) -> None:
        """`acks` is told how long each answer took."""
        self.sent = 0
        self.sequence = 0
        """Of the last step that was told."""
        self.alerts: deque[str] = deque(maxlen=ALERTS_KEPT)
        self.on_step: Callable[[Step], None] = lambda step: None
        """Told each step once it is done."""
        self.failing: dict[What, str] = {}
        """Why the last read of it failed."""
        self._broker, self._reading, self._bands, self._tell = broker, reading, bands, tell
        self._acks = acks or Timing()
        self._unanswered: dict[asyncio.Future[OrderOutcome], str] = {}
        self._asked_ns: dict[asyncio.Future[OrderOutcome], int] = {}
        self._questions: set[asyncio.Task[None]] = set()

    def request(self, request: Request) -> None:
        asked_ns = time.monotonic_ns()
        call, future = self._send(request)
        self.sent += 1
        self._unanswered[future], self._asked_ns[future] = request.ref, asked_ns
        future.add_done_callback(functools.partial(self._answered, call, request.ref))

    def read(self, what: What) -> None:
        task = asyncio.create_task(self._bands.read() if what is What.BANDS else self._read(what))
        self._questions.add(task)
        task.add_done_callback(self._questions.discard)

    def told(self, sequence: int, stamped: Stamped, step: Step) -> None:
        self.sequence = sequence
        for act in step.acts:
            match act:
                case Alert():
                    text = " ".join(part for part in (act.severity, act.code, act.of, act.text) if part)
                    self.alerts.append(text)
                    log.log(_LEVELS.get(act.severity, logging.INFO), "alert: %s", text)
                case MovePhase():
                    log.info("phase %s%s", act.phase, f": {act.why}" if act.why else "")
                case Deny():
                    log.debug("denied: %s: %s", act.want, "; ".join(str(denial) for denial in act.denials))
        self.on_step(step)

    @property
    def pending(self) -> int:
        """Requests without an answer."""
        return len(self._unanswered)

    def waiting_ns(self, mono_ns: int) -> int:
        """For how long the request that has waited longest has no answer; 0 where all have theirs."""
        return max(mono_ns - min(self._asked_ns.values()), 0) if self._asked_ns else 0

    async def settle(self, patience_s: float) -> None:
        """Until every request has its answer, or the time is up."""
        try:
            async with asyncio.timeout(patience_s):
                while self._unanswered:
                    await asyncio.wait(self._unanswered)
                    await asyncio.sleep(0)  # the callbacks' turn
        except TimeoutError:
            left = ", ".join(self._unanswered.values())
            log.warning("no answer yet to requests about %s: the next start looks for them by their tags", left)

    async def close(self) -> None:
        """No more questions; requests that are still out end as unknown, and that is told."""
        questions = tuple(self._questions)
        for question in questions:
            question.cancel()
        await asyncio.gather(*questions, return_exceptions=True)
        await self._broker.close()
        await self.settle(CLOSE_S)

    def _send(self, request: Request) -> tuple[Call, asyncio.Future[OrderOutcome]]:
        match request:
            case SendOrder():
                return Call.PLACE, self._broker.place(request.order)
            case ModifyOrder():
                return Call.MODIFY, self._broker.modify(request.change)
            case CancelOrder():
                return Call.CANCEL, self._broker.cancel(request.cancellation)

    def _answered(self, call: Call, ref: str, future: asyncio.Future[OrderOutcome]) -> None:
        self._unanswered.pop(future, None)
        self._acks.note(time.monotonic_ns() - self._asked_ns.pop(future))
        self._tell(Answered(call=call, ref=ref, answer=_answer(future)))

    async def _read(self, what: What) -> None:
        try:
            message = await self._reading.read(what)
        except Exception as bug:  # without this book the engine takes no risk; without the engine there are no exits
            log.exception("a bug in reading %s", what)
            message = ReadFailed(what=what, cause=f"BUG: {type(bug).__name__}: {bug}")
        self.failing[what] = message.cause if isinstance(message, ReadFailed) else ""
        self._tell(message)


def _answer(future: asyncio.Future[OrderOutcome]) -> Answer:
    """A request that ended without an outcome may have gone out all the same."""
    if future.cancelled():
        return Answer(AnswerKind.NO_ANSWER, text="given up")
    bug = future.exception()
    if bug is None:
        return answer_of(future.result())
    log.error("a bug in a request to the broker", exc_info=bug)
    return Answer(AnswerKind.NO_ANSWER, text=f"BUG: {type(bug).__name__}: {bug}")
