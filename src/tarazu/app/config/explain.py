"""`tarazu config explain KEY`: what a setting means, takes and is, from the docstrings of the source."""

import difflib
import textwrap
import time
from collections.abc import Iterator, Sequence

from tarazu.app.config.fields import sections_of
from tarazu.app.config.meanings import meaning, meaning_of_section
from tarazu.app.config.show import fact, origin_told
from tarazu.app.config.values import Value, shown
from tarazu.app.home import Home
from tarazu.app.settings import Settings
from tarazu.app.verdict import Exit, Verdict

WIDTH = 112
READ_BY = {
    "feed": "depth_ws and main",
    "engine": "main and watchdog",
    "sim": "sim_broker",
    "paper": "main",
    "watchdog": "watchdog",
    "alerts": "watchdog",
    "metrics": "watchdog",
    "ship": "watchdog",
}
"""Which process reads a section at its start; other sections are read by the command that uses them."""


class NoSuchKey(LookupError):
    """The message is for the user."""


def chosen(found: Sequence[Value], key: str) -> list[Value]:
    """One setting, by its whole name or an end of it that only one has; or a section's. Raises NoSuchKey."""
    asked = key.strip().removeprefix("[").removesuffix("]")
    if asked.startswith("TARAZU__"):
        asked = asked.removeprefix("TARAZU__").replace("__", ".").lower()
    whole = [v for v in found if v.field.key == asked]
    section = [v for v in found if v.field.key.startswith(f"{asked}.")]
    ends = [v for v in found if v.field.key.endswith(f".{asked}")]
    if whole or section or len(ends) == 1:
        return whole or section or ends
    if ends:
        raise NoSuchKey(f"{key!r} may be {' or '.join(v.field.key for v in ends)}")
    names = {name: v.field.key for v in found for name in (v.field.key, v.field.path[-1])}
    near = [names[name] for name in difflib.get_close_matches(asked, names, 3)]
    hint = f"; near it: {', '.join(dict.fromkeys(near))}" if near else ""
    raise NoSuchKey(f"no setting {key!r}{hint}. All of them: tarazu config show")


def explain_verdict(home: Home, values: Sequence[Value]) -> Verdict:
    return Verdict(
        command="config.explain",
        word="OK",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=values[0].field.key if len(values) == 1 else f"{len(values)} settings",
        body=tuple(_lines(values)),
        facts={"settings": [fact(v) | {"takes": v.field.kind, "meaning": meaning(v.field)} for v in values]},
    )


def _lines(values: Sequence[Value]) -> Iterator[str]:
    sections, section = sections_of(Settings), None
    for value in values:
        if value.field.path[:-1] != section:
            section = value.field.path[:-1]
            said = meaning_of_section(sections[section]).removeprefix(f"`[{'.'.join(section)}]`").lstrip(": ")
            yield from textwrap.wrap(f"[{'.'.join(section)}]  {said}".rstrip(" ."), WIDTH)
        yield f"{value.field.key} = {shown(value.value)}"
        yield from textwrap.wrap(meaning(value.field), WIDTH, initial_indent="  ", subsequent_indent="  ")
        yield f"  takes    {value.field.kind}"
        yield f"  default  {shown(value.default)}"
        yield f"  from     {origin_told(value)}; the environment's name is {value.field.variable}"
        reader = READ_BY.get(value.field.path[0])
        when = f"{reader}, at a start: tarazu restart" if reader else "the command that uses it, each time"
        yield f"  read by  {when}"
