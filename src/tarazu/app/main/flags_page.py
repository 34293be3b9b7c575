"""The flags' part of main's health."""

from tarazu.app.main.flags_health import FlagsPage
from tarazu.engine.state import EngineState
from tarazu.risk.flags import WHOLE_PCT, Flags


def flags_page(state: EngineState) -> FlagsPage:
    flags = state.flags
    return FlagsPage(version=flags.version, sha256=flags.sha256, off=tuple(off(flags)))


def off(flags: Flags) -> list[str]:
    found = [] if flags.entries else ["entries=off"]
    for name, its in sorted(flags.strategies.items()):
        found += [] if its.entries else [f"strategy.{name}.entries=off"]
        found += [] if its.size_pct == WHOLE_PCT else [f"strategy.{name}.size_pct={its.size_pct}"]
    return found
