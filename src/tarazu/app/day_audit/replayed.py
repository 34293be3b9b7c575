"""The day decided again, and every step compared (`app.replaying`); a long day in a process of its own.

    python -m tarazu.app.day_audit.replayed PROFILE ROOT DAY ENTRIES

prints how many entries are done, line by line, and last what was found.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from tarazu.app.day_audit.audit import Replayed
from tarazu.app.home import Home, Profile
from tarazu.app.replaying.parts import past_day
from tarazu.app.replaying.past_day import CannotReplay
from tarazu.app.replaying.rerun import rerun
from tarazu.runtime.journal_reader import BrokenChain

Told = Callable[[int, int], None]
APART_ENTRIES = 100_000
"""So many entries take some ten seconds: from there on a second core is worth the second it takes to begin."""
_TELL_EACH = 4_096


def replayed(home: Home, day: date, entries: int, told: Told) -> Replayed:
    """Up to the entry `entries`; the day may be written on meanwhile."""
    try:
        past = past_day(home, day, decides=True)
        found = rerun(past, entries, lambda done: told(done, entries))
    except (CannotReplay, BrokenChain) as cannot:
        return Replayed(of=entries, why_not=str(cannot))
    other = found.difference
    where = f"entry {other.sequence:,}: {other.message}, {other.part}; perhaps {other.causes[0]}" if other else ""
    return Replayed(
        equal=found.equal,
        of=entries,
        difference=where,
        recoveries=found.recoveries,
        not_recovered=tuple(found.not_recovered),
        losses=tuple(found.losses),
    )


class Replaying:
    """Under way, or about to be. Close it."""

    def __init__(self, home: Home, day: date, entries: int, apart_entries: int = APART_ENTRIES) -> None:
        self._home, self._day, self._entries = home, day, entries
        self._process: subprocess.Popen[bytes] | None = None
        if entries >= apart_entries:
            program = (sys.executable, "-P", "-m", __name__, home.profile, str(home.root), str(day), str(entries))
            environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
            self._process = subprocess.Popen(program, stdout=subprocess.PIPE, env=environ)

    def end(self, told: Told) -> Replayed:
        """What was found, when it is."""
        if self._process is None:
            return replayed(self._home, self._day, self._entries, told)
        last = b""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            last = line.strip()
            if last.isdigit():
                told(int(last), self._entries)
        code = self._process.wait()
        try:
            return msgspec.json.decode(last, type=Replayed)
        except msgspec.MsgspecError:
            why = f"the process that decided it again ended with code {code} and said nothing"
            return Replayed(of=self._entries, why_not=why)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()


def main(profile: str, root: str, day: str, entries: str) -> None:
    def tell(done: int, total: int) -> None:
        if done % _TELL_EACH == 0:
            print(done, flush=True)

    found = replayed(Home(Profile(profile), Path(root)), date.fromisoformat(day), int(entries), tell)
    print(msgspec.json.encode(found).decode(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
