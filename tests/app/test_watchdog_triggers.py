"""What is wrong, what it is called, whether it halts: a rule each."""

import msgspec
import pytest

from harness.main_health import NOW_NS, well
from tarazu.app.main.health import DISK, Stage
from tarazu.app.settings import WatchdogSettings
from tarazu.app.verdict import Check, Status
from tarazu.app.watchdog.account.audit import Audit, Undecided
from tarazu.app.watchdog.account.watch import AccountFacts
from tarazu.app.watchdog.finding import Finding
from tarazu.app.watchdog.health import BookRead, OwnPnl, Watched
from tarazu.app.watchdog.triggers import last_word, of_account, of_main, of_process, of_result, of_ship
from tarazu.engine.halts import Halt, RiskState
from tarazu.model.units import SECOND_NS

DAY = "2026-11-23"
ORDER = Undecided(order_id="261123000000001", tag="", text="order 261123000000001: BUY 65 NFO:X NRML")


def codes(found: list[Finding]) -> list[str]:
    return [one.code + ("!" if one.halts else "") for one in found]


def account(facts: AccountFacts, *books: BookRead, market_open: bool = True, foreign: str = "alarm") -> list[Finding]:
    settings = msgspec.convert({"foreign": foreign}, WatchdogSettings)
    return list(of_account(facts, books, DAY, market_open, settings))


def pnl(net: int | None, limit: int | None = 2_500_000, main: int | None = None) -> OwnPnl:
    return OwnPnl(net_paise=net, limit_paise=limit, wall_ns=NOW_NS, main_paise=main)


def test_all_well_is_no_finding() -> None:
    assert codes(list(of_main(well()))) == []
    assert account(AccountFacts(), BookRead(what="orders", age_ns=1)) == []
    assert list(of_process(Watched(name="main", pulse="WELL"), "", False)) == []
    assert list(of_result(pnl(-100), well(), 0)) == []


def test_a_hard_halt_is_an_incident_and_a_soft_one_is_the_engines_to_tell() -> None:
    halt = Halt(code="DAY_LOSS", why="-25,000 of -25,000", since_ns=NOW_NS)
    (found,) = of_main(well(halt=halt))
    assert (found.code, found.severity, found.opens, found.halts) == ("HARD_HALT", "SEV1", True, False)
    soft = msgspec.structs.replace(halt, level=RiskState.SOFT_HALT)
    assert codes(list(of_main(well(halt=soft)))) == []


@pytest.mark.parametrize("trouble", [{"DISK": "full"}, {"DATABASE": "locked"}])
def test_a_record_that_cannot_be_written_is_sev1_once_it_has_lasted(trouble: dict[str, str]) -> None:
    (found,) = of_main(well(trouble=trouble))
    assert (found.code, found.severity) == ("DB_WRITE", "SEV1") and found.lasts_ns > 0


def test_trouble_of_other_things_is_no_record_trouble() -> None:
    assert codes(list(of_main(well(trouble={"WATCHDOG": "silent"})))) == []


def test_an_order_with_our_tag_and_no_intent_halts_and_has_the_engines_key() -> None:
    (found,) = account(AccountFacts(audit=Audit(nobodys=(ORDER,))))
    assert codes([found]) == ["NO_INTENT!"] and found.severity == "SEV1"
    assert found.key == f"main:{DAY}:NO_INTENT:#{ORDER.order_id}"


def test_a_strangers_order_calls_somebody_and_halts_only_where_that_is_wanted() -> None:
    facts = AccountFacts(audit=Audit(foreign=(ORDER,)))
    (found,) = account(facts)
    assert codes([found]) == ["FOREIGN"] and (found.severity, found.opens) == ("SEV2", False)
    (found,) = account(facts, foreign="halt")
    assert codes([found]) == ["FOREIGN!"] and (found.severity, found.opens) == ("SEV1", True)


def test_a_broken_chain_halts_and_a_journal_of_another_version_does_not() -> None:
    assert codes(account(AccountFacts(broken="entry 7"))) == ["AUDIT_CHAIN!"]
    assert codes(account(AccountFacts(unread="kind 99"))) == ["JOURNAL_UNREAD"]


def test_an_account_that_cannot_be_read_is_told_while_it_matters() -> None:
    dark = BookRead(what="orders", age_ns=None, failing="AUTH: log in")
    assert codes(account(AccountFacts(), dark)) == ["ACCOUNT_UNREAD"]
    assert account(AccountFacts(), dark, market_open=False) == []


def test_a_loss_beyond_the_limit_halts_where_main_has_not() -> None:
    assert codes(list(of_result(pnl(-2_500_000), well(), 0))) == ["OWN_LOSS!"]
    assert codes(list(of_result(pnl(-2_500_000), None, 0))) == ["OWN_LOSS!"]
    halted = well(halt=Halt(code="DAY_LOSS", why="", since_ns=NOW_NS, level=RiskState.SOFT_HALT))
    assert codes(list(of_result(pnl(-2_500_000), halted, 0))) == []
    assert codes(list(of_result(pnl(-2_499_999), well(), 0))) == []
    assert codes(list(of_result(pnl(-9_999_999, limit=None), well(), 0))) == []


def test_two_reckonings_that_lie_apart_are_told_and_one_that_is_not_known_is_none() -> None:
    assert codes(list(of_result(pnl(1_000, main=2_001), well(), 1_000))) == ["PNL_DIFFERS"]
    assert codes(list(of_result(pnl(1_000, main=2_000), well(), 1_000))) == []
    assert codes(list(of_result(pnl(None, main=2_000), well(), 0))) == []


def test_a_process_that_died_is_sev3_and_one_that_stays_away_sev2() -> None:
    found = list(of_process(Watched(name="main", pulse="DEAD"), "process 7 died, RUNNING", True))
    assert [(f.code, f.severity) for f in found] == [("PROCESS_DIED", "SEV3"), ("PROCESS_DOWN", "SEV2")]
    assert found[1].lasts_ns > 0
    hung = list(of_process(Watched(name="main", pulse="HUNG", why="process 7 does nothing"), "", False))
    assert [f.code for f in hung] == ["PROCESS_HUNG", "PROCESS_DOWN"]


def test_a_process_whose_word_cannot_be_read_is_not_taken_for_absent() -> None:
    (found,) = of_process(Watched(name="main", pulse="UNKNOWN", why="garbage"), "", False)
    assert (found.code, found.severity) == ("PROCESS_UNKNOWN", "SEV2")


def test_a_main_that_is_down_is_halted_where_the_journals_last_word_says_so() -> None:
    halt = Halt(code="DAY_LOSS", why="", since_ns=NOW_NS)
    assert list(of_result(pnl(-2_500_000), None, 0, halt)) == []
    (found,) = of_result(pnl(-2_500_000), None, 0)
    assert "main is down" in found.text
    (found,) = of_result(pnl(-2_500_000), well(), 0, halt)
    assert "not halted" in found.text, "a main that runs says so itself"


def test_a_main_that_died_of_the_disk_is_sev1_whatever_the_error_was_called() -> None:
    died = well(stage=Stage.FAILED, detail="NoRoom: 12 bytes are left", failed_of=DISK)
    (found,) = of_main(died)
    assert (found.code, found.severity, found.lasts_ns) == ("DB_WRITE", "SEV1", 0) and "NoRoom" in found.text
    assert list(of_main(well(stage=Stage.FAILED, detail="KeyError: Journal"))) == []


def test_what_main_said_last_counts_until_it_says_otherwise() -> None:
    full = well(trouble={"DISK": "full"})
    before = last_word(full, ())
    assert codes(list(before)) == ["DB_WRITE"]
    assert last_word(None, before) == before, "silence is no end of trouble"
    assert last_word(well(stage=Stage.RECOVERING), before) == before, "it has no engine that would know"
    assert last_word(well(), before) == ()


def test_a_copy_that_is_behind_for_a_minute_calls_somebody_and_halts_nothing() -> None:
    well = Check(id="ship", status=Status.OK, observed=0.5)
    assert list(of_ship(well)) == []
    assert list(of_ship(well.broken(Status.SKIP, "", "nothing is copied"))) == []
    (found,) = of_ship(well.broken(Status.WARN, "TARGET_FULL", "no room", "df -h"))
    assert (found.code, found.opens, found.halts, found.lasts_ns) == ("SHIP", False, False, 60 * SECOND_NS)
    assert "TARGET_FULL" in found.text and found.hint == "df -h"
