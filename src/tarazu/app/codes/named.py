"""Which entries a person means who types a word, and what is near it where there is none."""

import difflib

from tarazu.app.codes import registry
from tarazu.app.codes.registry import Entry

NEAR = 4


class NoSuchCode(LookupError):
    """The message is for the user."""


def chosen(asked: str) -> tuple[str, list[Entry]]:
    """The word as it is written, and its entries. Raises NoSuchCode."""
    said = asked.strip().strip("`:;,")
    for word in dict.fromkeys((said, said.upper(), said.lower())):
        found = [*registry.find(word), *_controls(word)]
        if found:
            return word, found
    known = dict.fromkeys(entry.code for entry in registry.entries() if "*" not in entry.code)
    near = dict.fromkeys(
        name for form in (said.upper(), said) for name in difflib.get_close_matches(form, known, NEAR, 0.6)
    )
    hint = f"; near it: {', '.join(near)}" if near else ""
    hint += "; of a setting: tarazu config explain KEY" if "." in said else ""
    hint += f"; a room: tarazu explain --room {said}" if said in registry.ROOMS else ""
    raise NoSuchCode(f"no code {asked!r}{hint}. All of them: tarazu explain")


def _controls(word: str) -> list[Entry]:
    """C01 to C39 are written down beside the controls themselves."""
    from tarazu.risk.controls import CONTROLS

    one = CONTROLS.get(word)
    if one is None:
        return []
    do = "; ".join(["tarazu controls", *(f"tarazu explain {code}" for code in one.codes)])
    return [Entry(code=one.id, room="controls", means=f"{one.title}: {one.rule}.", do=do)]
