"""A day that was traded on a made market, kept as a desk's home: made once, and a copy of it for each test."""

import shutil
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import msgspec
import pytest

from harness.research_days import DATE, kept_run, probe, small_day
from tarazu.app.closing.standing import standing_of
from tarazu.app.closing.steps import record_step
from tarazu.app.home import Home, Profile
from tarazu.app.research.result import DayResult
from tarazu.app.verdict import Verdict
from tarazu.model import ist
from tarazu.model.units import HOUR_NS
from tarazu.ops.audit_daily import audit_daily
from tarazu.runtime.desk_record import DeskKind

EVENING_NS = ist.midnight_ns(DATE) + 18 * HOUR_NS
Traded = tuple[Path, DayResult]


@pytest.fixture(scope="session")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Traded:
    """Where it is kept, and what its broker says that it came to."""
    root = tmp_path_factory.mktemp("traded") / "home"
    made = small_day(until=time(9, 24))
    strategy = msgspec.structs.replace(probe(made), factory="harness.deciding_probe:make")
    result, _ = kept_run(made, [strategy], root)
    (root / "sim" / "journal" / "reserve").unlink()  # room for exits on a full disk: no part of the record
    return root, result


@pytest.fixture
def home(traded: Traded, tmp_path: Path) -> Home:
    """Traded, and reconciled: as the audit comes upon it in the evening."""
    shutil.copytree(traded[0], tmp_path / "home", symlinks=True, copy_function=_copied)
    home = Home(Profile.SIM, tmp_path / "home" / "sim")
    reconciled(home)
    return home


def _copied(source: str, to: str) -> str:
    """Segments are zeros for the most part, and zeros are not written."""
    data = Path(source).read_bytes()
    with Path(to).open("wb") as file:
        file.write(data.rstrip(b"\0"))
        file.truncate(len(data))
    return to


def reconciled(home: Home, exit_code: int = 0) -> None:
    verdict = "OK" if exit_code == 0 else "CRIT"
    body = {"verdict": verdict, "exit": exit_code, "standing": standing_of(home, DATE), "files": {}}
    record_step(home, DeskKind.RECONCILED, DATE, body, "asha", EVENING_NS)


Audit = Callable[..., Verdict]


@pytest.fixture
def audit(home: Home) -> Audit:
    """In the evening of the day, or of another."""

    def run(day: date = DATE, *, replays: bool = True, now_ns: int = EVENING_NS) -> Verdict:
        return audit_daily(home, day, who="asha", now_ns=now_ns, replays=replays)

    return run
