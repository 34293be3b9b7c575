"""After a flatten that has ended a supervised main, main runs again: it would be given up by its supervisor, which has
tried while its place was held."""

from pathlib import Path

from harness.supervised import program, reached, supervised_home
from tarazu.app.flatten.giving_back import give_main_back
from tarazu.app.home import Home, Profile
from tarazu.app.supervision.programs import MAIN
from tarazu.app.supervision.state import State
from tarazu.app.supervision.supervisor import Supervision


def test_a_main_that_its_supervisor_gave_up_is_started_again(tmp_path: Path) -> None:
    with supervised_home(tmp_path) as home:
        held = home.root / "held"
        held.touch()
        code = f"import os, sys, time; os.path.exists({str(held)!r}) and sys.exit(4); time.sleep(300)"
        supervision = Supervision(home)
        supervision.ensure([program(MAIN, code)])
        supervision.start(MAIN)
        reached(supervision, MAIN, State.FATAL)
        held.unlink()
        assert give_main_back(home) == ""
        reached(supervision, MAIN, State.RUNNING)


def test_where_nobody_supervises_there_is_nothing_to_give_back(tmp_path: Path) -> None:
    assert give_main_back(Home(Profile.PAPER, tmp_path / "paper")) == ""
