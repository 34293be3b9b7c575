"""The next day begins with the flags of the day before, whatever its own folder says by then."""

from datetime import date, timedelta
from pathlib import Path

from harness.engine_desk import CONFIG
from harness.journal_days import key, small
from harness.order_story import DAY
from tarazu.app.main.past import before
from tarazu.engine import codec
from tarazu.engine.acts import Step
from tarazu.engine.messages import FlagsSet, Message, Stamped, Started
from tarazu.risk.flags import Flags, StrategyFlags
from tarazu.runtime.journal_writer import Journal

NEXT = DAY + timedelta(days=1)
FIRST = Flags(version=1, sha256="ab" * 32, strategies={"orb": StrategyFlags(size_pct=25)})
SECOND = Flags(version=2, sha256="cd" * 32, entries=False)


def started(flags: Flags = Flags()) -> Message:  # noqa: B008 - frozen
    return Started(day=DAY.isoformat(), epoch=1, profile="sim", build="test", config=CONFIG, flags=flags)


def journal(root: Path, *messages: Message, day: date = DAY) -> Path:
    signer = key(root)
    log = Journal.open(
        root / "journal", day, signer.name, small(1 << 20), signer=signer, verifiers=(signer.verifier(),)
    )
    for n, message in enumerate(messages, 1):
        log.append(*codec.encode(Stamped(n, n, 0, message), Step()), n)
    log.close()
    return root / "journal"


def test_the_last_that_was_told_is_kept_to(tmp_path: Path) -> None:
    root = journal(tmp_path, started(), FlagsSet(flags=FIRST), FlagsSet(flags=SECOND), started(FIRST))
    assert before(root, NEXT).flags == SECOND, "a second start of the day begins with what the journal knows"


def test_what_a_day_began_with_and_was_told_no_other_is_carried_on(tmp_path: Path) -> None:
    root = journal(tmp_path, started(SECOND))
    assert before(root, NEXT).flags == SECOND


def test_a_rollback_to_nothing_is_carried_on_too(tmp_path: Path) -> None:
    assert before(journal(tmp_path, started(SECOND), FlagsSet(flags=Flags())), NEXT).flags == Flags()


def test_a_day_without_a_start_takes_over_what_the_one_before_had(tmp_path: Path) -> None:
    journal(tmp_path, started(), FlagsSet(flags=SECOND))
    root = journal(tmp_path, FlagsSet(flags=FIRST), day=NEXT)
    assert before(root, NEXT + timedelta(days=1)).flags == SECOND


def test_the_journal_gives_back_what_was_told_byte_for_byte(tmp_path: Path) -> None:
    stamped = Stamped(1, 2, 3, FlagsSet(flags=FIRST))
    kind, payload = codec.encode(stamped, Step())
    assert kind == 18 and codec.decode(kind, payload) == codec.Record(stamped, Step())
    assert codec.durability(stamped, Step()).name == "FORCE"
