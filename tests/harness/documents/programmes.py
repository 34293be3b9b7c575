"""Blocks as programmes: what is run, where, in which turn, and how each line may end."""

from collections.abc import Iterable, Iterator

import msgspec

from harness.documents.commands import commands, is_named_alone, lines, tarazu_words, whole
from harness.documents.reading import Block
from harness.documents.tables import ANYWHERE, COMPLETED, NOT_RUN, VERBS, Place, best, row_of

LANGUAGES = ("sh", "inline", "python")


class Step(msgspec.Struct, frozen=True):
    line: str
    exits: tuple[int, ...] = (0,)
    not_run: str = ""


class Programme(msgspec.Struct, frozen=True):
    block: Block
    place: Place
    turn: int
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        return self.block.origin

    @property
    def reasons(self) -> list[str]:
        return [step.not_run for step in self.steps if step.not_run]


def programmes(found: Iterable[Block]) -> list[Programme]:
    """Of all documents. A command between backticks that stands in several is run once in its place."""
    every = list(_programmes(found))
    seen = {key for one in every if one.block.language != "inline" for key in _keys(one)}
    made = [one for one in every if one.block.language != "inline"]
    for one in every:
        if one.block.language == "inline" and not seen.issuperset(keys := _keys(one)):
            made.append(one)
            seen.update(keys)
    return made


def _keys(programme: Programme) -> set[tuple[Place, str]]:
    """A script of the runbook is the verb that it comes to."""
    place = programme.place
    return {(place, str([tarazu_words(words) or words for words in commands(step.line)])) for step in programme.steps}


def at(place: Place, found: Iterable[Programme]) -> list[Programme]:
    """In their order there: by document in a checkout, by turn where one desk is used by all."""
    here = [programme for programme in found if programme.place is place]
    shared = place in (Place.DESK, Place.CLOSED)
    return sorted(here, key=lambda programme: programme.turn if shared else 0)


def _programmes(found: Iterable[Block]) -> Iterator[Programme]:
    for block in found:
        if block.language in LANGUAGES or block.marks.written_as:
            place = Place(block.marks.on) if block.marks.on else _place(block)
            steps = tuple(_step(line, block) for line in block_lines(block))
            yield Programme(block=block, place=place, turn=_turn(block), steps=steps)


def block_lines(block: Block) -> list[str]:
    """What is typed, placeholders and all; of what is named and could not be typed so, nothing."""
    if block.language == "sh":
        return lines(block.text)
    if block.language == "inline":
        line = COMPLETED.get(block.text, whole(block.text))
        return [] if is_named_alone(commands(line)[0]) else [line]
    return []


def _step(line: str, block: Block) -> Step:
    told = _tarazu(line)
    exits = block.marks.exits or (row_of(told[-1]).exits if told else (0,))
    reason = block.marks.not_run or next((NOT_RUN[key] for words in commands(line) if (key := _never(words))), "")
    return Step(line=line, exits=exits, not_run=reason)


def _never(words: list[str]) -> str:
    told = tarazu_words(words)
    return best(["tarazu", *told] if told is not None else words, NOT_RUN)


def _tarazu(line: str) -> list[list[str]]:
    return [told for words in commands(line) if (told := tarazu_words(words))]


def _place(block: Block) -> Place:
    """Of its first command that the table knows."""
    if block.language == "python":
        return Place.BROKER
    rows = (row_of(told) for line in block_lines(block) for told in _tarazu(line) if best(told, VERBS))
    return next(rows, ANYWHERE).place


def _turn(block: Block) -> int:
    return max((row_of(told).turn for line in block_lines(block) for told in _tarazu(line)), default=0)
