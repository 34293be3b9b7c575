"""Steps and events in words: the same on the screen and in plain lines."""

from tarazu.app.demo.told import DemoTold, Happened, StepTold
from tarazu.app.redaction import conceal
from tarazu.app.verdict import Status, plain

RUNS = "runs"
KIND_WIDTH = 8


def shown(text: str) -> str:
    """Text of other processes, on one line: nothing in it moves the cursor, and no secret of ours is in it."""
    return conceal(plain(text))


def seconds(real_s: float) -> str:
    """`  3.5 s`, as wide for each second of a demo."""
    return f"{real_s:5.1f} s"


def verdict_of(step: StepTold) -> str:
    return RUNS if step.how is None else str(step.how)


def name_of(step: StepTold) -> str:
    """`pre-open gate`; the step alone where the command is the demo's own."""
    return shown(f"{step.runbook} {step.step}".strip())


def why_missed(step: StepTold) -> str:
    return shown("; ".join(step.missed))


def status_word(status: Status) -> str:
    """Nothing for what is as it should be."""
    return "" if status in (Status.OK, Status.SKIP) else str(status)


def step_line(step: StepTold, now_s: float) -> str:
    """`  3.5 s  pre-open gate: ok after 3.5 s, exit 0: python scripts/readiness_gate.py: READY  SIM ...`."""
    how = "was broken off" if step.how is None else f"{verdict_of(step)} after {step.took_s:.1f} s"
    code = "" if step.exit is None else f", exit {step.exit}"
    parts = [f"{seconds(now_s)}  {name_of(step)}: {how}{code}: {shown(step.command)}"]
    parts += [shown(step.first_line)] if step.first_line else []
    parts += [f"NOT AS EXPECTED: {why_missed(step)}"] if step.missed else []
    return " | ".join(parts)


def event_line(what: Happened) -> str:
    """` 41.2 s  feed: CRIT FEED_STALE options: ...`."""
    word = status_word(what.status)
    return f"{seconds(what.at_s)}  {what.kind}: {word + ' ' if word else ''}{shown(what.text)}"


def head_line(told: DemoTold) -> str:
    """What demo it is."""
    speed = "" if told.speed == 1 else f", speed {told.speed:g}"
    return f"seed {told.seed}, scenario {told.scenario}, incident {told.incident}{speed}"
