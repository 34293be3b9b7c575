"""What main sent and had no answer to, by the journal on the disk: after a main that was ended it may still come."""

from tarazu.app.flatten.book import AccountBook
from tarazu.app.flatten.local import main_of
from tarazu.app.flatten.unanswered import FOR_NS, take_sent
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth
from tarazu.model import ist
from tarazu.orders.intent import OrderIntent
from tarazu.orders.report import AnswerKind


def take_mains(home: Home, book: AccountBook) -> str:
    """Before the first read of the book. Why the journal was not read to its end; empty when it was, or when main has
    been gone for so long that nothing of it can be under way."""
    now_ns, health = book.now_ns, main_of(home)
    if isinstance(health, MainHealth) and health.wall_ns < now_ns - FOR_NS:
        return ""
    # Here, for a journal wants much that a flatten without one does not.
    from tarazu.engine import codec
    from tarazu.engine.acts import Intend
    from tarazu.engine.messages import Answered
    from tarazu.runtime.journal_files import day_folder
    from tarazu.runtime.journal_reader import BrokenChain, JournalReader

    sent: dict[str, tuple[int, OrderIntent]] = {}
    trouble = ""
    try:
        for entry in JournalReader(day_folder(home.journal, ist.day_of(now_ns))).ready():
            if entry.kind != codec.KINDS[Answered] and Intend.__name__.encode() not in entry.payload:
                continue
            record = codec.decode(entry.kind, entry.payload)
            if not isinstance(record, codec.Record) or record.stamped.ts_ns < now_ns - FOR_NS:
                continue
            said = record.stamped.message
            if isinstance(said, Answered) and said.answer.kind is not AnswerKind.NO_ANSWER:
                sent.pop(said.ref, None)
            for act in record.step.acts:
                if isinstance(act, Intend):
                    sent[act.intent.ref] = (record.stamped.ts_ns, act.intent)
    except (BrokenChain, codec.BadPayload, OSError) as bad:
        trouble = f"main's journal does not read to its end: {bad}"
    for ts_ns, intent in sent.values():
        take_sent(book, intent, min(ts_ns, now_ns))
    return trouble
