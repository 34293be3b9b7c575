"""What has happened, in sentences: orders, fills, decisions and refusals of the journal; events of the feed's log."""

from collections.abc import Iterator
from datetime import date

from tarazu.app.closing.entries import NOTHING_CAME_OF_IT, QUIET
from tarazu.app.demo.looking.diary import Diary
from tarazu.app.demo.told import FillTold, Kind
from tarazu.app.feed.history import entry as feed_entry
from tarazu.app.feed.sentences import Symbols, symbols_of
from tarazu.app.home import Home
from tarazu.app.verdict import Status, plain
from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import Act, Alert, BeginExit, Decide, Deny, HaltStrategy, Intend, MovePhase, SetHalt, Severity
from tarazu.engine.phase import Phase
from tarazu.journal.entry import Entry
from tarazu.model.units import PAISE
from tarazu.orders.intent import OrderIntent
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.messages import Filled, Moved
from tarazu.runtime import journal_files, segment
from tarazu.runtime.damage import Damaged
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.segment import Kind as FrameKind
from tarazu.runtime.tail import Tail
from tarazu.strategy.decision import Verb

IS, BEGINS = "the engine is ", "main begins"
Said = tuple[Kind, Status, str]
_ALERT = {Severity.SEV1: Status.CRIT, Severity.SEV2: Status.WARN, Severity.WARN: Status.WARN}
_TOLD_OF_THE_FEED = {
    "FEED_STALE": Status.CRIT,
    "FEED_RECOVER": Status.OK,
    "CONNECTED": Status.OK,
    "DISCONNECTED": Status.WARN,
    "FEED_STARTED": Status.OK,
}


class JournalEvents:
    """The day's journal from its first entry on, as far as it is there. Raises BrokenChain, BadPayload, OSError."""

    def __init__(self, home: Home, diary: Diary) -> None:
        self._home, self._diary = home, diary
        self._reader: JournalReader | None = None
        self._intents: dict[str, OrderIntent] = {}
        self.orders = 0
        """Intended, by whomever."""

    def read(self) -> None:
        if self._reader is None:
            days = journal_files.days(self._home.journal) if self._home.journal.is_dir() else []
            if not days:
                return
            self._reader = JournalReader(journal_files.day_folder(self._home.journal, days[-1]))
        for entry in self._reader.ready():
            if entry.kind not in QUIET or bytes(entry.payload[-len(NOTHING_CAME_OF_IT) :]) != NOTHING_CAME_OF_IT:
                self._take(entry)

    def _take(self, entry: Entry) -> None:
        record = codec.decode(entry.kind, entry.payload)
        wall_ns = record.stamped.wall_ns
        if isinstance(record, codec.Failure):
            self._diary.happened(Kind.DESK, Status.CRIT, f"the engine failed: {plain(record.error)[:200]}", wall_ns)
            return
        for kind, status, text in _of_message(record.stamped.message):
            self._diary.happened(kind, status, plain(text), wall_ns)
        for act in record.step.acts:
            if isinstance(act, Intend):
                self._intents[act.intent.ref] = act.intent
                self.orders += 1
            for kind, status, text in of_act(act):
                self._diary.happened(kind, status, plain(text), wall_ns)
        for output in record.step.outputs:
            if isinstance(output, Filled):
                self._filled(output, wall_ns)
            elif isinstance(output, Moved) and output.status is OrdStatus.REJECTED:
                self._diary.happened(Kind.ORDER, Status.WARN, f"{output.ref} was rejected by the broker", wall_ns)

    def _filled(self, output: Filled, wall_ns: int) -> None:
        fill, intent = output.fill, self._intents.get(output.ref)
        who = f"{intent.strategy} {intent.purpose}" if intent is not None else "nobody here"
        self._diary.filled(
            FillTold(
                market_ns=fill.ts_event_ns,
                key=fill.key,
                side=str(fill.side),
                qty=fill.qty,
                price_paise=fill.price_paise,
                order_id=str(fill.order_id),
                strategy="" if intent is None else intent.strategy,
            )
        )
        text = f"{fill.side} {fill.qty} {symbol(fill.key)} filled at {rupees(fill.price_paise)} ({who})"
        self._diary.happened(Kind.FILL, Status.OK, text, wall_ns)


class FeedEvents:
    """The feed's log from its first frame on. Raises OSError."""

    def __init__(self, home: Home, diary: Diary) -> None:
        self._home, self._diary = home, diary
        self._tail: Tail | None = None
        self._symbols: Symbols = {}
        self._ticked = False

    def read(self) -> None:
        if self._tail is None:
            days = _feed_days(self._home)
            if not days:
                return
            self._tail = Tail(segment.day_folder(self._home.feed, days[-1]))
        while True:
            try:
                for frame in self._tail.ready():
                    self._take(frame)
                return
            except Damaged as damaged:
                self._diary.happened(Kind.FEED, Status.WARN, f"a place of the log is damaged: {damaged}")
                self._tail.skip_damage()

    def _take(self, frame: segment.Frame) -> None:
        if frame.kind == FrameKind.BINARY:
            if not self._ticked and len(frame.payload) > 2:
                self._ticked = True
                self._diary.ticked()
            return
        if frame.kind != FrameKind.EVENT:
            return
        told = feed_entry(frame, self._symbols)
        if told.type == "SELECTED":
            self._symbols = _symbols(told.event) or self._symbols
        status = _TOLD_OF_THE_FEED.get(told.type)
        if status is not None:
            self._diary.happened(Kind.FEED, status, f"{told.type} {plain(told.text)}", told.ts_ns)


def of_act(act: Act) -> Iterator[Said]:
    """What people want to know of it; much is too small."""
    match act:
        case Intend(intent=intent):
            order = intent.order
            at = f" at {rupees(order.price_paise)}" if order.price_paise else ""
            at += f" trigger {rupees(order.trigger_paise)}" if order.trigger_paise else ""
            what = f"{order.side} {order.qty} {symbol(intent.key)} {order.order_type}{at}"
            yield Kind.ORDER, Status.OK, f"{intent.strategy} {intent.purpose}: {what}"
        case Decide(decision=decision) if decision.verb in (Verb.ENTER, Verb.ADJUST, Verb.LEAVE):
            told = f"{decision.strategy} {decision.verb} {symbol(decision.about)}: {decision.why}"
            yield Kind.DECISION, Status.OK, told
        case Deny(denials=denials):
            codes = ", ".join(_denial(d.code, d.observed) for d in denials)
            yield Kind.DENIED, Status.WARN, f"denied: {codes}"
        case MovePhase(phase=phase, why=why):
            status = Status.OK if phase is Phase.ACTIVE else Status.CRIT if phase is Phase.HALTED else Status.WARN
            yield Kind.DESK, status, f"{IS}{phase}{': ' if why else ''}{why}"
        case SetHalt(halt=None):
            yield Kind.RISK, Status.OK, "the halt is taken back"
        case SetHalt(halt=halt) if halt is not None:
            yield Kind.RISK, Status.CRIT, f"{halt.level}: {halt.code}: {halt.why}"
        case HaltStrategy(strategy=name, halt=halt) if halt is not None:
            yield Kind.RISK, Status.WARN, f"strategy {name} is halted: {halt.why}"
        case Alert(severity=severity, code=code, text=text) if severity in _ALERT:
            yield Kind.DESK, _ALERT[severity], f"alert {severity} {code}: {text}"
        case BeginExit(key=key, why=why):
            yield Kind.ORDER, Status.OK, f"leaving {symbol(key) or 'everything'}: {why}"


def symbol(key: str) -> str:
    return key.partition(":")[2]


def rupees(paise: int | None) -> str:
    return "the market" if paise is None else f"{paise / PAISE:,.2f}"


def _of_message(message: m.Message) -> Iterator[Said]:
    match message:
        case m.Started(epoch=epoch):
            yield Kind.DESK, Status.OK, f"{BEGINS}, epoch {epoch}"
        case m.Stopping():
            yield Kind.DESK, Status.OK, "main ends"
        case m.Commanded(order=order, who=who, why=why):
            yield Kind.DESK, Status.OK, f"{who} says {order}: {why}"


def _denial(code: str, observed: str) -> str:
    return f"{code} ({observed})" if observed else code


def _symbols(event: object) -> Symbols | None:
    from tarazu.app.feed.record import Selected

    return symbols_of(event) if isinstance(event, Selected) else None


def _feed_days(home: Home) -> list[date]:
    from tarazu.app.recordings.recorded_day import days

    return days(home.feed) if home.feed.is_dir() else []
