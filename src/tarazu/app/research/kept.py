"""A research day that is kept: a desk's home with its journal, its master and its feed log, to be looked at with all
the tools there are (`tarazu why`, `audit show`, `replay --verify`)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tarazu.adapters.signing import key_of
from tarazu.app.audit import journal_name
from tarazu.app.home import Home, Profile
from tarazu.app.masters.store import MasterStore
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.made_days import record
from tarazu.app.research.recorded_days import logged_day
from tarazu.app.settings import StrategySettings
from tarazu.runtime.journal_state import JournalSettings, Mode
from tarazu.runtime.journal_writer import Journal


class Kept:
    """Of a folder, which becomes a TARAZU_HOME with one profile, sim."""

    def __init__(self, root: Path, strategies: Sequence[StrategySettings]) -> None:
        """Raises FileExistsError where something is kept already: a run is never written over another."""
        self.home = Home(Profile.SIM, root.absolute() / Profile.SIM)
        if self.home.root.exists():
            raise FileExistsError(f"{root} holds a run: keep this one in another folder")
        self.home.make()
        self.home.settings_file.write_text(settings_text(strategies), encoding="utf-8")

    def keep(self, day: ResearchDay) -> tuple[ResearchDay, str]:
        """The day as it lies in the home, and its master's hash."""
        rows = len(day.instruments)
        meta = MasterStore(self.home.masters).keep(day.date, day.csv, day.first_ns, rows=rows, source="research")
        if day.log is None:
            log = record(day, self.home.feed)
        else:
            log = self.home.feed / str(day.date)
            log.symlink_to(day.log, target_is_directory=True)
        held = logged_day(log, self.home.masters, day.name)
        return msgspec.structs.replace(held, seed=day.seed, closes=day.closes), meta.sha256

    def journal(self, day: ResearchDay) -> Journal:
        """To be closed."""
        signer = key_of(self.home.keys, journal_name(self.home))
        settings = JournalSettings(durability=Mode.PROCESS)
        name = journal_name(self.home)
        return Journal.open(self.home.journal, day.date, name, settings, signer=signer, verifiers=(signer.verifier(),))


def settings_text(strategies: Sequence[StrategySettings]) -> str:
    """`tarazu.toml` that makes these strategies again."""
    lines: list[str] = []
    for one in strategies:
        lines += ["[[engine.strategies]]", f"factory = {_toml(one.factory)}", f"params = {_toml(one.params)}", ""]
    return "\n".join(lines)


def _toml(value: Any) -> str:
    """TOML of plain values. Texts, numbers and booleans are written as in JSON."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(str(name))} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return msgspec.json.encode(value).decode()
