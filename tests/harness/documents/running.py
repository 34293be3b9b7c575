"""A programme run in its place, and what is said of a line that ended otherwise than it should."""

from harness.documents.placeholders import Facts, filled
from harness.documents.places import Checkout
from harness.documents.programmes import Programme, Step
from harness.documents.shell import Said, Shell, is_endless

ENDED = (0, 130)
"""By Ctrl-C."""


class NotAsWritten(AssertionError):
    """What a reader pasted did not work; the message has what was said."""


def run(programme: Programme, place: Checkout) -> None:
    """Raises NotAsWritten."""
    block, shell, facts = programme.block, place.shell(), place.facts
    if block.marks.written_as:
        path = place.folder / block.marks.written_as
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(block.text)
    if block.language == "python" and not block.marks.not_run and not block.marks.written_as:
        (place.folder / "block.py").write_text(block.text)
        _typed(Step("python block.py", block.marks.exits or (0,)), programme, facts, shell)
    for step in programme.steps:
        if not step.not_run:
            _typed(step, programme, facts, shell)


def _typed(step: Step, programme: Programme, facts: Facts, shell: Shell) -> None:
    line = filled(step.line, facts)
    said = shell.type(line)
    exits = {*step.exits, *(ENDED if is_endless(line) else ())}
    print(f"$ {line}\n{said.text}exit {said.code}, {said.took_s:.1f} s\n")
    if said.code not in exits:
        raise NotAsWritten(_told(said, programme, exits))


def _told(said: Said, programme: Programme, exits: set[int]) -> str:
    return (
        f"{programme.name}, at {programme.place.value}:\n$ {said.line}\n{said.text}\n"
        f"exit {said.code}, not {' or '.join(str(code) for code in sorted(exits))}"
    )
