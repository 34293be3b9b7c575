"""The runbook in a pane: every step of the day with its verdict, chapter by chapter."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec
from rich.text import Text

from tarazu.app.demo.told import Chapter, StepTold
from tarazu.app.demo.view.ink import Ink
from tarazu.app.demo.view.lines import BAD, FAINT, LOUD, NEAR, OF_STATUS, OK, UNKNOWN, pane, rule
from tarazu.app.demo.view.seen import Seen
from tarazu.app.demo.view.words import shown, verdict_of, why_missed
from tarazu.app.runbook.runs.judging import How

STYLES = {None: f"{LOUD} cyan", How.OK: OK, How.FAILED: BAD, How.UNKNOWN: UNKNOWN, How.SKIPPED: FAINT}
HOW_WIDTH, STEP_WIDTH = 4, 9
"""Of nearly all of them: a longer word pushes what follows."""
INDENT = HOW_WIDTH + 9
"""Of what stands below a step."""
WEIGHT = {How.OK: 0, How.SKIPPED: 0, How.UNKNOWN: 1, How.FAILED: 2, None: 3}


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Steps of one chapter that follow each other."""

    head: Text
    lines: tuple[Text, ...]


def runbook(seen: Seen, width: int, height: int, ink: Ink) -> list[Text]:
    """The chapter that goes on is whole; those before it are a line each where there is no room for more."""
    blocks = [_block(chapter, list(steps), seen) for chapter, steps in groupby(seen.steps, key=lambda s: s.chapter)]
    if seen.proofs:
        blocks.append(_proofs(seen))
    ended = sum(step.how is not None for step in seen.steps)
    head = rule("RUNBOOK", Text(f"{ended} steps done", FAINT), width, ink)
    return pane(head, _shown(blocks, height - 1), width, height, ink)


def chapters(seen: Seen) -> Text:
    """`pre-open ok > start ok > MONITOR > incident > ...`: where in the day we are."""
    now = seen.running.chapter if seen.running else None
    done = {chapter: [s for s in seen.steps if s.chapter is chapter] for chapter in Chapter}
    parts: list[Text] = []
    for chapter, steps in done.items():
        if chapter is now:
            parts.append(Text(chapter.upper(), STYLES[None]))
        elif steps:
            worst = _worst(steps)
            parts.append(Text.assemble(chapter, " ", (str(worst), STYLES[worst])))
        else:
            parts.append(Text(chapter, FAINT))
    return Text.assemble((" > ", FAINT)).join(parts)


def _shown(blocks: Sequence[Block], room: int) -> list[Text]:
    closed = 0
    while closed < len(blocks) - 1 and sum(map(_height, blocks[closed:])) + closed > room:
        closed += 1
    lines = [block.head for block in blocks[:closed]]
    lines += [line for block in blocks[closed:] for line in (block.head, *block.lines)]
    if len(lines) <= room:
        return lines
    last = blocks[-1:]
    if any(_height(block) > room for block in last):
        lines = [line for block in last for line in (block.head, *block.lines[max(_height(block) - room, 0) :])]
        return lines[: max(room, 0)]
    return lines[len(lines) - max(room, 0) :]


def _height(block: Block) -> int:
    return 1 + len(block.lines)


def _block(chapter: Chapter, steps: Sequence[StepTold], seen: Seen) -> Block:
    worst = _worst(steps)
    names = ", ".join(dict.fromkeys(shown(step.runbook) for step in steps if step.runbook not in ("", chapter)))
    took_s = sum(step.took_s for step in steps)
    count = f"{len(steps)} step{'s' * (len(steps) != 1)}"
    told = "" if worst is None else f"  {count}, {took_s:.1f} s, "
    verdict = ("", "") if worst is None else (str(worst), STYLES[worst])
    head = Text.assemble((chapter, LOUD), (f" {names}" if names else "", LOUD), (told, FAINT), verdict)
    return Block(head=head, lines=tuple(line for step in steps for line in _step(step, seen)))


def _step(step: StepTold, seen: Seen) -> Iterator[Text]:
    """Its command; below it what was missed, or what it says while it runs."""
    runs = step.how is None
    took_s = seen.now_s - step.began_s if runs else step.took_s
    yield Text.assemble(
        (f"{verdict_of(step):<{HOW_WIDTH}}", STYLES[step.how]),
        f" {took_s:5.1f} s ",
        (f"{shown(step.step):<{STEP_WIDTH}} ", LOUD if runs else ""),
        shown(step.command),
        (f"  {shown(step.first_line)}" if step.first_line else "", FAINT),
    )
    if step.missed:
        yield Text(f"{'':{INDENT}}{why_missed(step)}", BAD)
    if runs and seen.said:
        yield Text(f"{'':{INDENT}}{shown(seen.said)}", FAINT)


def _worst(steps: Sequence[StepTold]) -> How | None:
    """None where one of them runs."""
    return max((step.how for step in steps), key=WEIGHT.__getitem__)


def _proofs(seen: Seen) -> Block:
    """What the demo has shown, the misses last: those stay where there is little room."""
    checks = sorted(seen.proofs, key=lambda check: check.status != "ok")
    missed = sum(check.status != "ok" for check in checks)
    told = (f"{missed} of {len(checks)} MISSED", BAD) if missed else (f"all {len(checks)} hold", OK)
    lines = (
        Text.assemble(
            (f"{check.status:<{HOW_WIDTH}} ", OF_STATUS[check.status]),
            f"{shown(check.id)}: ",
            (f"{check.code}: " if check.code else "", NEAR),
            shown(check.detail),
        )
        for check in checks
    )
    return Block(head=Text.assemble(("what it has shown", LOUD), "  ", told), lines=tuple(lines))
