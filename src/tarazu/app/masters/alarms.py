"""What changed overnight, as a desk reads it: by name and in few lines, the expected kept short, nothing left out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tarazu.market.master import GONE_PCT_MAX, WATCHED, FieldChange, MasterChanges
from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Instrument

LINES_MAX = 20
"""Of one kind; then how many more there are."""

# The order of urgency. Freeze quantities are not in the dump (`market.master`).
FIELDS = tuple(name for name in WATCHED.values() if name != "freeze")


def alarms_of(changes: MasterChanges, today: Sequence[Instrument]) -> tuple[str, ...]:
    """At most `LINES_MAX` lines of each kind, and one that counts the rest. Empty on an ordinary morning."""
    lines = _short_dump(changes)
    lines += _reused(changes)
    changed = changes.changed
    names = _names(today, {c.token for c in changed}) if changed else {}
    for field in FIELDS:
        lines += _first(_grouped((c for c in changed if c.field == field), names), f"changes of {field}")
    return tuple(lines)


def _short_dump(changes: MasterChanges) -> list[str]:
    if changes.gone_pct <= GONE_PCT_MAX:
        return []
    gone = len(changes.gone)
    return [f"{gone:,} unexpired instruments ({changes.gone_pct:.1f} %) are gone since then: a dump cut short?"]


def _reused(changes: MasterChanges) -> list[str]:
    """Tokens of expired contracts go to new ones as a matter of course (KITE facts 1.8); of others they should not."""
    due = {i.key for i in changes.expired}
    loud = [f"token {r.token} was {r.before}, is now {r.after}" for r in changes.reused if r.before not in due]
    usual = [r for r in changes.reused if r.before in due]
    lines = _first(loud, "tokens of other instruments")
    if usual:
        r = usual[0]
        lines.append(
            f"{len(usual):,} tokens of expired contracts are used again: {r.token} was {r.before}, is {r.after}"
        )
    return lines


def _grouped(changes: Iterable[FieldChange], names: dict[InstrumentToken, str]) -> list[str]:
    """A line for each name and step: a new lot is one line, not a line a strike."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for c in changes:
        exchange = c.key.partition(":")[0]
        groups[f"{exchange} {names[c.token]}", f"{c.field} {c.before} -> {c.after}"].append(c.key)
    return [
        f"{keys[0]}: {step}" if len(keys) == 1 else f"{name}: {step} ({len(keys):,} instruments, {keys[0]} first)"
        for (name, step), keys in groups.items()
    ]


def _first(lines: Sequence[str], of_what: str) -> list[str]:
    more = len(lines) - LINES_MAX
    return [*lines[:LINES_MAX], *([f"and {more:,} more {of_what}"] if more > 0 else [])]


def _names(today: Sequence[Instrument], tokens: set[InstrumentToken]) -> dict[InstrumentToken, str]:
    return {i.instrument_token: i.name or i.tradingsymbol for i in today if i.instrument_token in tokens}
