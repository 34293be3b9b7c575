"""`runbook/live.yaml` read, and refused where it does not hold together."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tarazu.app.runbook.book.model import END, Block, NoRunbook, Runbook, Source

SHIPPED = Path(__file__).with_name("live.yaml")
"""In a checkout the same file as `runbook/live.yaml`."""


class BadSource(ValueError):
    """The file cannot be used; the message names the place."""


def read_source(path: Path = SHIPPED) -> tuple[Source, str]:
    """The runbooks, and the SHA-256 of what they were read from. Raises BadSource, OSError."""
    import yaml  # type: ignore[import-untyped]  # here: `--help` of the commands does without it

    text = path.read_bytes()
    try:
        # libyaml takes 3 ms of these runbooks, and the parser in Python 23.
        source = msgspec.convert(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)), Source)
    except (yaml.YAMLError, msgspec.ValidationError) as bad:
        raise BadSource(f"{path}: {bad}") from bad
    wrong = list(faults(source))
    if wrong:
        raise BadSource(f"{path}: {'; '.join(wrong)}")
    return source, hashlib.sha256(text).hexdigest()


def faults(source: Source) -> Iterator[str]:
    """What does not hold together: names twice, ways to nowhere, steps that nothing leads to, prose nobody sees to."""
    yield from (f"runbook {name} is there twice" for name in _twice(r.id for r in source.runbooks))
    for runbook in source.runbooks:
        yield from _faults_of(runbook, {r.id for r in source.runbooks})
    for dotted in _references(source):
        try:
            source.step(dotted)
        except (NoRunbook, KeyError):
            yield f"the document names {dotted}, which is no step"


def _faults_of(runbook: Runbook, names: set[str]) -> Iterator[str]:
    ids = [step.id for step in runbook.steps]
    yield from (f"{runbook.id}: step {name} is there twice" for name in _twice(iter(ids)))
    for step in runbook.steps:
        at = f"{runbook.id}.{step.id}"
        if bool(step.run) == bool(step.manual):
            yield f"{at}: it has either `run` or `manual`"
        if step.expect.abs_diff_le is not None and len(step.record) != 2:
            yield f"{at}: a difference is of two recorded numbers"
        ways = [step.then, *(rule.to for rule in step.on_fail), *step.needs]
        yield from (f"{at}: there is no step {way}" for way in ways if way and way not in (*ids, END))
        if step.leads_to and step.leads_to not in names:
            yield f"{at}: there is no runbook {step.leads_to}"
        yield from (f"{at}: {bad}" for bad in _bad_patterns(step.expect.matches))
    yield from (f"{runbook.id}: nothing leads to {name}" for name in ids if name not in _reached(runbook))


def _reached(runbook: Runbook) -> set[str]:
    ids = {step.id for step in runbook.steps}
    found: set[str] = set()
    ahead = [runbook.steps[0].id]
    while ahead:
        name = ahead.pop()
        if name in found or name not in ids:
            continue
        found.add(name)
        step = runbook.step(name)
        ahead += [runbook.after(step), *(rule.to for rule in step.on_fail)]
    return found


def _references(source: Source) -> Iterator[str]:
    for section in source.document.sections:
        for part in section.parts:
            for block in part:
                yield from block.commands
                yield from _criteria(block)


def _criteria(block: Block) -> Iterator[str]:
    for criterion in block.criteria:
        yield from criterion.held_by
        yield from re.findall(r"\{([a-z0-9.-]+)\}", criterion.text)


def _bad_patterns(patterns: tuple[str, ...]) -> Iterator[str]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as bad:
            yield f"{pattern!r} is no pattern: {bad}"


def _twice(names: Iterator[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
