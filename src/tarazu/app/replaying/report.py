"""What a replay tells: the day as its journal has it, what came out of deciding it again, the first difference."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tarazu.app.replaying.difference import Difference, plain
from tarazu.app.replaying.rerun import Rerun
from tarazu.app.replaying.tally import Tally
from tarazu.app.verdict import plain as printable
from tarazu.model import ist
from tarazu.model.units import SECOND_NS

TURNS_SHOWN = 30
FIELDS_SHOWN = 12
WIDTH = 400


def day_lines(tally: Tally) -> Iterator[str]:
    yield f"time       {_clock(tally.first_ns)} to {_clock(tally.last_ns)} IST, starts {len(tally.starts)}"
    yield from _counts("messages", tally.messages)
    yield from _counts("decided", tally.acts)
    yield from _counts("intents", tally.intents)
    yield f"fills      {tally.fills:,}"
    yield from _counts("denied", tally.denials)
    yield from _counts("alerts", tally.alerts)
    for turn in tally.turns[:TURNS_SHOWN]:
        yield f"phase      {_clock(turn.ts_ns)}  entry {turn.sequence:,}  {turn.phase}  {printable(turn.why)}".rstrip()
    if len(tally.turns) > TURNS_SHOWN:
        yield f"phase      and {len(tally.turns) - TURNS_SHOWN:,} more"


def day_facts(tally: Tally) -> dict[str, Any]:
    return {
        "entries": tally.entries,
        "first_ns": tally.first_ns,
        "last_ns": tally.last_ns,
        "messages": tally.messages,
        "acts": tally.acts,
        "intents": tally.intents,
        "fills": tally.fills,
        "denials": tally.denials,
        "alerts": tally.alerts,
        "failures": tally.failures,
        "starts": [{"epoch": s.epoch, "build": s.build, "master_sha256": s.master_sha256} for s in tally.starts],
        "phases": tally.turns,
    }


def equal_words(tally: Tally, found: Rerun) -> str:
    """`entries 20,143, equal 20,143 (100 %)`."""
    if found.difference is None:
        share = "100 %"
    else:
        share = f"{min(_share(tally, found), 99.99):.2f} %, up to the first that differs"
    return f"entries {tally.entries:,}, equal {found.equal:,} ({share})"


def rerun_lines(tally: Tally, found: Rerun, build: str, took_s: float) -> Iterator[str]:
    pace = f"{found.equal / took_s:,.0f} entries/s, {_of_real(tally, took_s):,.0f} x real time"
    yield f"replayed   in {took_s:.1f} s: {pace}"
    if found.builds:
        yield f"builds     this is {build}; journalled by {printable(', '.join(found.builds))}"
    if found.difference is not None:
        yield from _difference_lines(found.difference)


def rerun_facts(tally: Tally, found: Rerun, took_s: float) -> dict[str, Any]:
    return {
        "equal": found.equal,
        "equal_pct": _share(tally, found),
        "seconds": round(took_s, 3),
        "entries_per_s": round(found.equal / took_s, 1),
        "real_time_ratio": round(_of_real(tally, took_s), 1),
        "difference": plain(found.difference),
        "recoveries": found.recoveries,
        "not_recovered": found.not_recovered,
        "builds": found.builds,
        "losses": found.losses,
    }


def _difference_lines(found: Difference) -> Iterator[str]:
    yield f"differs    entry {found.sequence:,} of {_clock(found.ts_ns)} IST: {found.part}"
    yield f"message    {found.message} {_short(found.told)}"
    for field in found.fields[:FIELDS_SHOWN]:
        yield f"  {field.of or found.part}"
        yield f"    journalled  {_short(field.journalled)}"
        yield f"    replayed    {_short(field.replayed)}"
    if len(found.fields) > FIELDS_SHOWN:
        yield f"  and {len(found.fields) - FIELDS_SHOWN} values more"
    for cause in found.causes:
        yield f"perhaps    {printable(cause)}"


def _counts(name: str, counted: Counter[str]) -> Iterator[str]:
    if counted:
        told = ", ".join(f"{what} {n:,}" for what, n in sorted(counted.items(), key=lambda item: (-item[1], item[0])))
        yield f"{name:<10} {counted.total():,}: {printable(told)}"


def _share(tally: Tally, found: Rerun) -> float:
    return 100.0 * found.equal / tally.entries


def _of_real(tally: Tally, took_s: float) -> float:
    return tally.span_ns / SECOND_NS / took_s


def _clock(ts_ns: int) -> str:
    return f"{ist.stamp(ts_ns)[11:]}.{ts_ns // 1_000_000 % 1_000:03}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return printable(text if len(text) <= WIDTH else f"{text[:WIDTH]}... ({len(text):,} characters, whole with --json)")
