"""Back, forward and to none: proven before, written down, and the pointer moved last; or left where it is."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tarazu.app.health import write_health
from tarazu.app.home import Home, Profile
from tarazu.app.main.health import Stage
from tarazu.app.main.health_page import health_page
from tarazu.app.main.models_health import ModelsPage
from tarazu.app.models.active import active_hashes
from tarazu.app.models.manifest import Manifest
from tarazu.app.models.moving.promoting import promote
from tarazu.app.models.moving.swap import Moved, move, standing
from tarazu.app.models.moving.trail import Act
from tarazu.app.models.registry import register
from tarazu.app.models.versions import manifest_file, model_file
from tarazu.app.verdict import Verdict
from tarazu.ops.model_list import listed
from tarazu.ops.model_rollback import rollback
from tarazu.ops.model_show import shown

ALL = ("baseline", "active", "drift", "shadow")
NOW_NS = 1_795_000_000 * 10**9


class Desk:
    """A home with the versions A, B, C of the family xgb, promoted one after the other."""

    def __init__(self, root: Path) -> None:
        self.home = Home(Profile.SIM, root / "sim")
        self.home.make()
        self.hashes = {name: self.made(bias) for bias, name in enumerate("ABC")}
        for name in "ABC":
            assert self.promoted(name).exit_code == 1

    def made(self, bias: int) -> str:
        text = b'{"schema":"tarazu.model/1","kind":"linear","features":["x"],"weights":[1],"bias":%d}' % bias
        return register(self.home, "xgb", text, Manifest(), who="asha", now_ns=NOW_NS)

    def promoted(self, name: str) -> Verdict:
        return promote(self.home, "xgb", self.hashes[name][:12], None, ALL, "a test", dry_run=False)

    def back(self, to: str, dry_run: bool = False) -> Verdict:
        return rollback(self.home, "xgb", to, "a test", dry_run)

    @property
    def active(self) -> str:
        found = active_hashes(self.home.models).get("xgb", "")
        return next((name for name, sha256 in self.hashes.items() if sha256 == found), found or ".")

    @property
    def pointer(self) -> Path:
        return self.home.models / "xgb" / "active"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_back_twice_forward_twice_and_no_further_either_way(desk: Desk) -> None:
    story = [(desk.back(to).exit_code, desk.active) for to in ("previous", "previous", "previous")]
    assert story == [(0, "B"), (0, "A"), (4, "A")]
    story = [(desk.back(to).exit_code, desk.active) for to in ("next", "next", "next")]
    assert story == [(0, "B"), (0, "C"), (4, "C")]


def test_every_move_is_in_the_record_with_who_and_why_and_the_pointer_follows_it(desk: Desk) -> None:
    desk.back("previous")
    stands = standing(desk.home, "xgb")
    last = stands.changes[-1]
    assert (last.act, last.was, last.now, last.why) == ("back", desk.hashes["C"], desk.hashes["B"], "a test")
    assert last.who and stands.is_by_the_record
    assert [change.waived for change in stands.changes if change.act == "promote"] == [ALL] * 3


def test_the_verdict_tells_before_and_after_and_who_has_not_acknowledged(desk: Desk) -> None:
    told = desk.back("previous")
    assert told.facts["before"] == desk.hashes["C"] and told.facts["after"] == desk.hashes["B"]
    assert told.facts["acknowledged"] is False and "main does not run" in told.text()


def test_none_uses_no_model_and_previous_brings_the_last_one_back(desk: Desk) -> None:
    assert (desk.back("none").exit_code, desk.active) == (0, ".")
    assert desk.back("none").summary.endswith("is active already, nothing was changed")
    assert (desk.back("previous").exit_code, desk.active) == (0, "C")


def test_a_version_of_before_may_be_named_by_its_hash_and_one_that_never_was_may_not(desk: Desk) -> None:
    assert (desk.back(desk.hashes["A"][:8]).exit_code, desk.active) == (0, "A")
    never = desk.made(7)
    assert desk.back(never).exit_code == 4 and desk.active == "A"
    assert desk.back("zzzzzz").exit_code == 4 and desk.back(desk.hashes["B"][:3]).exit_code == 4


def test_a_dry_run_proves_everything_and_changes_nothing(desk: Desk) -> None:
    before = standing(desk.home, "xgb")
    assert desk.back("previous", dry_run=True).exit_code == 0
    assert standing(desk.home, "xgb") == before and desk.active == "C"
    altered(desk, desk.hashes["B"])
    assert desk.back("previous", dry_run=True).exit_code == 2


def gone(desk: Desk, sha256: str) -> None:
    model_file(desk.home.models, "xgb", sha256).unlink()


def altered(desk: Desk, sha256: str) -> None:
    path = model_file(desk.home.models, "xgb", sha256)
    path.write_bytes(path.read_bytes().replace(b"[1]", b"[2]"))


def unsigned(desk: Desk, sha256: str) -> None:
    manifest_file(desk.home.models, "xgb", sha256).unlink()


def resigned(desk: Desk, sha256: str) -> None:
    path = manifest_file(desk.home.models, "xgb", sha256)
    path.write_bytes(path.read_bytes().replace(b"asha", b"eve!"))


SPOILS = [gone, altered, unsigned, resigned]


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("to", ["previous", "hash"])
def test_a_version_that_is_not_what_it_was_is_refused_and_the_pointer_stays(
    desk: Desk, spoil: Callable[[Desk, str], None], to: str
) -> None:
    spoil(desk, desk.hashes["B"])
    raw, changes = desk.pointer.read_bytes(), standing(desk.home, "xgb").changes
    told = desk.back("previous" if to == "previous" else desk.hashes["B"])
    assert (told.exit_code, told.checks[0].code) == (2, "BAD_VERSION")
    assert desk.pointer.read_bytes() == raw and standing(desk.home, "xgb").changes == changes
    assert desk.promoted("B").exit_code == 2 and desk.active == "C", "nor is it promoted"


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("name", ["A", "C"])
def test_the_list_names_what_is_altered_whichever_version_it_is(
    desk: Desk, spoil: Callable[[Desk, str], None], name: str
) -> None:
    assert listed(desk.home, None).exit_code == 0
    spoil(desk, desk.hashes[name])
    told = listed(desk.home, None)
    assert told.exit_code == 2, told.text()
    assert any(desk.hashes[name][:12] in check.id and check.status == "CRIT" for check in told.checks)
    assert shown(desk.home, "xgb", desk.hashes[name]).exit_code == 2


def test_a_file_that_somebody_has_put_there_is_told_and_not_promoted(desk: Desk) -> None:
    text = b'{"schema":"tarazu.model/1","kind":"linear","features":["x"],"weights":[9]}'
    planted = hashlib.sha256(text).hexdigest()
    model_file(desk.home.models, "xgb", planted).write_bytes(text)
    told = listed(desk.home, None)
    assert told.exit_code == 1 and [check.code for check in told.checks if check.code] == ["UNSIGNED"]
    refused = promote(desk.home, "xgb", planted, None, ALL, "a test", dry_run=False)
    assert (refused.exit_code, refused.checks[0].code, desk.active) == (2, "BAD_VERSION", "C")


def test_a_pointer_that_no_command_moved_is_told_and_there_is_a_way_back(desk: Desk) -> None:
    desk.pointer.write_text(desk.hashes["A"])
    told = listed(desk.home, None)
    assert told.exit_code == 1 and told.checks[0].code == "OUT_OF_BAND"
    assert (desk.back("previous").exit_code, desk.active) == (4, "A"), "A is where the trail begins"
    assert (desk.back("next").exit_code, desk.active) == (0, "B") and listed(desk.home, None).exit_code == 0


def test_a_pointer_that_does_not_read_is_broken_and_mended_by_a_move(desk: Desk) -> None:
    desk.pointer.write_text("../../../etc/passwd")
    told = listed(desk.home, None)
    assert told.exit_code == 2 and told.checks[0].code == "BAD_POINTER"
    assert (desk.back(desk.hashes["C"]).exit_code, desk.active) == (0, "C")
    assert listed(desk.home, None).exit_code == 0


def test_a_record_that_was_altered_is_not_gone_by(desk: Desk) -> None:
    record = max(desk.home.desk.glob("*.jsonl"))
    record.write_bytes(record.read_bytes().replace(b"a test", b"a lie!", 1))
    told = desk.back("previous")
    assert (told.exit_code, told.checks[0].code, desk.active) == (2, "RECORD_BROKEN", "C")
    assert listed(desk.home, None).exit_code == 3


def test_no_home_no_family_and_no_version_are_answers(tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path / "none" / "sim")
    assert listed(home, None).exit_code == 0 and "tarazu train xgb" in listed(home, None).text()
    for told in (rollback(home, "xgb", "previous", "", False), shown(home, "xgb", "active")):
        assert (told.exit_code, told.checks[0].code) == (4, "NO_SUCH_VERSION")
    assert promote(home, "xgb", "latest", None, (), "", False).exit_code == 4
    assert not home.root.exists(), "nothing was made by asking"


class Health:
    """What main is told to have said: written as main writes it, by this very process."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def says(self, page: ModelsPage, stage: Stage = Stage.RUNNING) -> None:
        told = health_page(
            home=self.desk.home,
            started=(1, 1),
            now=(NOW_NS, time.monotonic_ns()),
            every_ns=60 * 10**9,
            stage=stage,
            detail="",
            day=None,
        )
        write_health(self.desk.home.main_health, msgspec.structs.replace(told, models=page))


@pytest.mark.parametrize(
    ("page", "stage", "state"),
    [
        (ModelsPage(), Stage.RUNNING, "NOT_USED"),
        (ModelsPage(is_used=True, active={"xgb": "B"}), Stage.RUNNING, "ACKNOWLEDGED"),
        (ModelsPage(is_used=True, active={"xgb": "C"}), Stage.RUNNING, "SILENT"),
        (ModelsPage(is_used=True, active={"xgb": "C"}, trouble="no feature is called x"), Stage.RUNNING, "REFUSED"),
        (ModelsPage(is_used=True, active={"xgb": "B"}), Stage.RECOVERING, "SILENT"),
    ],
)
def test_done_is_said_only_where_main_says_so_too(desk: Desk, page: ModelsPage, stage: Stage, state: str) -> None:
    active = {name: desk.hashes[of] for name, of in page.active.items()}
    Health(desk).says(msgspec.structs.replace(page, active=active), stage)
    told = rollback(desk.home, "xgb", "previous", "", False, wait_s=0)
    assert (told.facts["main"].state, told.facts["acknowledged"]) == (state, state == "ACKNOWLEDGED")
    is_well = state in ("ACKNOWLEDGED", "NOT_USED")
    assert (told.word, told.exit_code) == (("DONE", 0) if is_well else ("PARTIAL", 5))
    assert desk.active == "B", "the pointer was moved, and the answer says who does not follow"


def test_a_pointer_that_is_gone_is_not_none_until_a_person_says_so(desk: Desk) -> None:
    desk.pointer.unlink()
    assert not standing(desk.home, "xgb").is_by_the_record
    assert desk.back("none").exit_code == 0 and standing(desk.home, "xgb").is_by_the_record
    assert (desk.back("previous").exit_code, desk.active) == (0, "C")


def test_one_that_a_hand_has_made_active_is_not_adopted_by_a_rollback(desk: Desk) -> None:
    never = desk.made(7)
    desk.pointer.write_text(never)
    assert desk.back(never).exit_code == 4
    assert (desk.back("previous").exit_code, desk.active) == (0, "C")


def test_a_version_that_was_judged_beside_another_active_one_is_not_promoted(desk: Desk) -> None:
    before = standing(desk.home, "xgb")
    desk.back("previous")
    with pytest.raises(Moved, match="meanwhile"):
        a, beside = desk.hashes["A"], before.active
        move(desk.home, "xgb", Act.PROMOTE, a, why="a test", who="asha", now_ns=NOW_NS, beside=beside)
    assert desk.active == "B" and standing(desk.home, "xgb").is_by_the_record


MOMENTUM = '[[engine.strategies]]\nfactory = "momentum"\n[engine.strategies.params]\n'
TRADES_ON = {
    "a momentum that is told to": (MOMENTUM + 'model = "xgb"\nwithout_model = "trade"\n', "momentum"),
    "a strategy of one's own": ('[[engine.strategies]]\nfactory = "desk.mine:make"\n', "desk.mine:make"),
    "settings that do not read": ("[[engine.strategies\n", "tarazu.toml"),
}


@pytest.mark.parametrize(("settings", "named"), TRADES_ON.values(), ids=TRADES_ON)
def test_no_model_for_who_trades_on_without_one_needs_its_own_word(desk: Desk, settings: str, named: str) -> None:
    desk.home.settings_file.write_text(settings)
    changes = standing(desk.home, "xgb").changes
    for dry_run in (True, False):
        told = desk.back("none", dry_run)
        assert (told.exit_code, told.checks[0].code) == (4, "WOULD_UNGATE"), told.text()
        assert named in told.checks[0].detail and "--ungated" in told.checks[0].hint
    assert desk.active == "C" and standing(desk.home, "xgb").changes == changes
    assert (desk.back("previous").exit_code, desk.active) == (0, "B"), "the runbook's way back asks for nothing"
    told = rollback(desk.home, "xgb", "none", "a test", False, ungated=True)
    assert (told.exit_code, told.checks[0].code, desk.active) == (1, "UNGATED", ".")
    assert named in told.checks[0].detail
    assert desk.back("none").exit_code == 0, "it is done already"


@pytest.mark.parametrize("params", ['model = "xgb"\n', 'model = "other"\nwithout_model = "trade"\n'])
def test_no_model_for_who_passes_then_or_asks_another_family_is_as_before(desk: Desk, params: str) -> None:
    desk.home.settings_file.write_text(MOMENTUM + params + '[[engine.strategies]]\nfactory = "orb_spread"\n')
    assert (desk.back("none").exit_code, desk.active) == (0, ".")


def test_a_pointer_that_a_hand_took_away_is_no_word_to_trade_without_a_model(desk: Desk) -> None:
    desk.home.settings_file.write_text(TRADES_ON["a momentum that is told to"][0])
    desk.pointer.unlink()
    assert desk.back("none").checks[0].code == "WOULD_UNGATE" and not standing(desk.home, "xgb").is_by_the_record


RUNS = """
import sys
from pathlib import Path
from tarazu.app.config.running import note_settings
from tarazu.app.home import Home, Profile
from tarazu.app.settings import read_settings
home = Home(Profile.SIM, Path(sys.argv[2]))
note_settings(home, "main", read_settings(home.settings_file))
print("up", flush=True)
sys.stdin.read()
"""


def test_what_a_running_main_has_read_counts_though_the_settings_say_another_thing_by_now(desk: Desk) -> None:
    desk.home.settings_file.write_text(TRADES_ON["a momentum that is told to"][0])
    command = [sys.executable, "-c", RUNS, "tarazu.app.main", str(desk.home.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as main:
        assert main.stdout is not None and main.stdout.readline() == b"up\n"
        desk.home.settings_file.write_text(MOMENTUM + 'model = "xgb"\n')
        assert desk.back("none").checks[0].code == "WOULD_UNGATE"
        assert main.stdin is not None
        main.stdin.close()
    assert (desk.back("none").exit_code, desk.active) == (0, "."), "the next one begins with what they say now"


@pytest.mark.parametrize("word", [None, b"{torn"], ids=["gone", "torn"])
def test_of_a_running_main_that_has_left_no_word_of_its_settings_nobody_can_tell(
    desk: Desk, word: bytes | None
) -> None:
    desk.home.settings_file.write_text(MOMENTUM + 'model = "xgb"\n')
    Health(desk).says(ModelsPage())
    if word is not None:
        (desk.home.run / "main.settings.json").write_bytes(word)
    told = desk.back("none")
    assert (told.exit_code, told.checks[0].code, desk.active) == (4, "WOULD_UNGATE", "C")
    assert "word on the settings" in told.checks[0].detail
