"""`tarazu explain CODE`: what a word of tarazu's means, and what to do about it."""

import os
from typing import TYPE_CHECKING

import click

from tarazu.app.feed.flags import feed_flags, home_of

if TYPE_CHECKING:
    from tarazu.app.codes.registry import Room

EXAMPLES = """
\b
Examples:
  tarazu explain FEED_STALE       what it means, what to do, when it was last said here
  tarazu explain DAY_LOSS         with the limit as this home has it set
  tarazu explain session.token    a check, by its id
  tarazu explain C07              a control
  tarazu explain 4                an exit code
  tarazu explain --room gate      every word of one room, with its meaning
  tarazu explain                  every word there is
  tarazu explain --document       the same as Markdown: docs/codes.md
"""


@click.command("explain", epilog=EXAMPLES)
@click.argument("code", required=False)
@click.option("--room", metavar="ROOM", help="Every word of this room, with its meaning.")
@click.option("--document", "as_document", is_flag=True, help="The whole registry as Markdown, and nothing else.")
@feed_flags
def command(code: str | None, room: str | None, as_document: bool, profile: str | None, as_json: bool) -> int:
    """Explain a code, a check's id, a state, a verdict's first word or an exit code: what it means, what to do, the
    runbook's step, the limits that this home has set for it, and the last five times that it was said here.

    Without CODE: every word, room by room. Needs no running process and changes nothing.

    Exit code 0: explained; 1: explained, and when it was last said could not all be read; 3: explained, and the
    settings do not read; 64: there is no such code, or no such room.
    """
    from tarazu.app.codes import registry
    from tarazu.app.codes.document import document
    from tarazu.app.codes.named import NoSuchCode, chosen
    from tarazu.app.codes.told import code_verdict, rooms_verdict

    if as_document + (code is not None) + (room is not None) > 1 or (as_document and as_json):
        raise click.UsageError("one of CODE, --room and --document; --document is Markdown, and takes no --json")
    if as_document:
        click.echo(document(registry.rooms()), nl=False)
        return 0
    home = home_of(profile)
    if code is None:
        return rooms_verdict(home, _rooms(room)).show(as_json)
    try:
        word, entries = chosen(code)
    except NoSuchCode as none:
        raise click.UsageError(str(none)) from none
    return code_verdict(home, word, entries, os.environ).show(as_json)


def _rooms(name: str | None) -> "tuple[Room, ...]":
    from tarazu.app.codes import registry

    if name is None:
        return registry.rooms()
    if name not in registry.ROOMS:
        raise click.UsageError(f"no room {name!r}; there are: {', '.join(registry.ROOMS)}")
    return (registry.room(name),)
