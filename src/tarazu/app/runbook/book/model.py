"""What a runbook is made of: `runbook/live.yaml` after reading, whose head explains every word."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

END = "end"
Name = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Code = Annotated[int, Meta(ge=0, le=255)]
Seconds = Annotated[float, Meta(ge=0, le=3_600)]


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of all that is read from the file: a misspelt word is refused."""


class Expect(Words, frozen=True):
    """What a good answer is; all of it together."""

    exit: Annotated[tuple[Code, ...], Meta(min_length=1)] = (0,)
    starts: str = ""
    """How standard output begins: a whole word."""
    matches: tuple[str, ...] = ()
    """Patterns that some line of the output has."""
    lacks: tuple[str, ...] = ()
    """Words that line 1 does not have."""
    abs_diff_le: float | None = None
    """Of the two numbers that a person typed in."""


class Rule(Words, frozen=True):
    """Where a step that was not as expected leads to."""

    to: Name
    because: str
    exit: tuple[Code, ...] = ()
    """Any, where none is said."""
    has: str = ""
    """Somewhere in the answer."""
    remains: bool = False
    """The run goes on from there, and has failed all the same."""


class Step(Words, frozen=True):
    id: Name
    run: str = ""
    manual: str = ""
    record: tuple[str, ...] = ()
    expect: Expect = Expect()
    patience_s: Seconds = 0.0
    settles: tuple[str, ...] = ()
    """Words of line 1 that end the patience: asking again makes them no better."""
    then: str = ""
    on_fail: tuple[Rule, ...] = ()
    needs: tuple[Name, ...] = ()
    asks: str = ""
    interactive: bool = False
    idempotent: bool = False
    timeout_s: Seconds = 60.0
    leads_to: str = ""
    """The runbook for what this step has found; told where it failed, or ended a run of which a
    failure remains."""
    issue: int | None = None


_BOUND = r"^(open|close)([+-]\d{1,3})m$"


class Window(Words, frozen=True):
    """When it is due: between two moments of the market's day, or every so many minutes while the market is open."""

    phase: Annotated[str, Meta(pattern=_BOUND)] = ""
    deadline: Annotated[str, Meta(pattern=_BOUND)] = ""
    every_min: Annotated[int, Meta(ge=1, le=240)] | None = None

    @staticmethod
    def bound(text: str) -> tuple[str, int]:
        """`open-30m` as ("open", -30)."""
        found = re.match(_BOUND, text)
        assert found is not None, text
        return found[1], int(found[2])


class Runbook(Words, frozen=True):
    id: Name
    title: str
    steps: Annotated[tuple[Step, ...], Meta(min_length=1)]
    window: Window | None = None
    severity: str = ""
    """`SEV1`: it is for an incident, and takes its number."""

    def step(self, name: str) -> Step:
        """Raises KeyError."""
        for step in self.steps:
            if step.id == name:
                return step
        raise KeyError(name)

    @property
    def needs_incident(self) -> bool:
        return any("{incident}" in step.run for step in self.steps)

    def after(self, step: Step) -> str:
        """The step after a good one, or END."""
        if step.then:
            return step.then
        following = self.steps.index(step) + 1
        return self.steps[following].id if following < len(self.steps) else END


class Criterion(Words, frozen=True):
    """One line of prose in the document, and the steps that see to it."""

    text: str
    held_by: Annotated[tuple[str, ...], Meta(min_length=1)]


class Block(Words, frozen=True):
    """A heading; or a line of prose with commands or with criteria behind it."""

    heading: str = ""
    say: str = ""
    commands: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()


class Section(Words, frozen=True):
    title: str
    parts: tuple[tuple[Block, ...], ...]
    """With an empty line between two."""


class Document(Words, frozen=True):
    title: str
    intro: str
    sections: tuple[Section, ...]


class Source(Words, frozen=True):
    runbooks: tuple[Runbook, ...]
    document: Document

    def runbook(self, name: str) -> Runbook:
        """Raises NoRunbook."""
        for each in self.runbooks:
            if each.id == name:
                return each
        raise NoRunbook(f"no runbook {name!r}; there are: {', '.join(each.id for each in self.runbooks)}")

    def step(self, dotted: str) -> Step:
        """`pre-open.gate`. Raises NoRunbook, KeyError."""
        name, _, step = dotted.partition(".")
        return self.runbook(name).step(step)


class NoRunbook(LookupError):
    """There is none of that name; the message is for the user."""
