"""Who is there while a runbook runs: a person at a terminal, or nobody."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Protocol

from tarazu.app.runbook.book.model import Step


class Choice(Enum):
    DO = "do"
    SKIP = "skip"
    QUIT = "quit"


class Attendance(Protocol):
    def choose(self, step: Step) -> Choice:
        """Before every step."""

    def agrees(self, step: Step, question: str) -> bool | None:
        """None: nobody is there who could."""

    def numbers(self, step: Step) -> Mapping[str, float] | None:
        """What a manual step asks for, once it is done; None: nobody did it."""

    @property
    def is_there(self) -> bool: ...


class Nobody:
    """`--auto`: nothing is asked. Steps that were agreed to beforehand are done, all others that ask are not."""

    is_there = False

    def __init__(self, consents: Sequence[str] = ()) -> None:
        self._consents = frozenset(consents)

    def choose(self, step: Step) -> Choice:
        return Choice.DO

    def agrees(self, step: Step, question: str) -> bool | None:
        return True if step.id in self._consents else None

    def numbers(self, step: Step) -> Mapping[str, float] | None:
        return None


class Person:
    """`--step`: asked before every step. `ask` shows a question and gives the line typed in; "" for none."""

    is_there = True

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask

    def choose(self, step: Step) -> Choice:
        answer = self._ask(f"  {step.run or step.manual}\n  Enter: do it, s: skip it, q: leave it for now").lower()
        return {"s": Choice.SKIP, "q": Choice.QUIT}.get(answer[:1], Choice.DO)

    def agrees(self, step: Step, question: str) -> bool | None:
        return self._ask(f"  {question} Type yes to go on").lower() == "yes"

    def numbers(self, step: Step) -> Mapping[str, float] | None:
        found: dict[str, float] = {}
        for name in step.record:
            while name not in found:
                try:
                    found[name] = float(self._ask(f"  {name}").replace(",", ""))
                except ValueError:
                    continue
        if not step.record and self._ask("  Type yes when it is done").lower() != "yes":
            return None
        return found
