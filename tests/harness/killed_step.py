"""A step of the close as a process that is killed (SIGKILL) before each thing it does to the disk, once before each.

`python -m harness.killed_step STEP HOME INTO` copies HOME to `INTO/1`, `INTO/2`, ... and ends with how many there are:
in the nth the step was killed before its nth rename or line of the desk's record.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from harness.closing_desk import FOUR_NS
from harness.order_story import DAY
from tarazu.app.closing.rolling.roll_up import roll_up
from tarazu.app.data.steps import steps
from tarazu.app.day_audit.audit import Audit
from tarazu.app.day_audit.keep import kept
from tarazu.app.home import Home, Profile
from tarazu.app.reconcile.kept import encoded, keep, read_reconciliation, saved_read
from tarazu.app.trade_log.exporting import export_day
from tarazu.app.trade_log.formats import Format
from tarazu.runtime import desk_record

LATER_NS = FOUR_NS + 60 * 10**9


def homes_killed(step: str, home: Home, into: Path) -> list[Home]:
    """Copies of `home` in each of which the step was killed one moment later."""
    into.mkdir()
    path = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, "-m", "harness.killed_step", step, str(home.root), str(into)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, check=True, capture_output=True, text=True)
    return [Home(Profile.SIM, into / str(n)) for n in range(1, int(done.stdout.split()[-1]) + 1)]


def export(home: Home) -> None:
    export_day(home, DAY, [Format.CSV, Format.XLSX], "tester", steps(), LATER_NS)


def rollup(home: Home) -> None:
    roll_up(home, DAY, 30, "tester", steps(), LATER_NS)


def audit(home: Home) -> None:
    kept(home, Audit(day=DAY, profile="sim", build="", who="tester", made_ns=LATER_NS), LATER_NS)


def reconcile(home: Home) -> None:
    """With what the broker answers a minute later."""
    found, result = saved_read(home, DAY), read_reconciliation(home, DAY)
    assert found is not None and result is not None
    read = msgspec.structs.replace(found[0], as_of_ns=LATER_NS)
    result = msgspec.structs.replace(result, as_of_ns=LATER_NS)
    keep(home, DAY, result, encoded(read), verdict="RECONCILED", exit_code=0, who="tester", now_ns=LATER_NS)


STEPS = {"export": export, "rollup": rollup, "audit": audit, "reconcile": reconcile}


def _dies_before(nth: int) -> None:
    """Of this process: renames in place, and lines of the desk's record, counted together."""
    left = [nth]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)

        return call

    Path.rename = counted(Path.rename)  # type: ignore[method-assign]
    Path.replace = counted(Path.replace)  # type: ignore[method-assign]
    desk_record._write = counted(desk_record._write)


def _killed(step: str, home: Home, nth: int) -> bool:
    """Whether it got so far."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    _dies_before(nth)
    STEPS[step](home)
    os._exit(0)


def main(argv: list[str]) -> int:
    step, base, into = argv
    nth = 1
    shutil.copytree(base, Path(into) / "1")
    while _killed(step, Home(Profile.SIM, Path(into) / str(nth)), nth):
        nth += 1
        shutil.copytree(base, Path(into) / str(nth))
    shutil.rmtree(Path(into) / str(nth))
    print(nth - 1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
