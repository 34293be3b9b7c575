"""What a TAB offers for a value that the desk knows (`tarazu completion`): a process, a runbook, an incident.

Each is click's `shell_complete`. What cannot be read offers nothing; the command itself says why.
"""

from collections.abc import Callable, Iterable

import click

from tarazu.app.home import BadProfile, Home, Profile, home

Offer = Callable[[click.Context, click.Parameter, str], list[str]]


def _offer(names: Callable[[Home], Iterable[str]]) -> Offer:
    """Of the home that the line before the TAB names."""

    def offered(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
        try:
            return [name for name in names(home(context.params.get("profile"))) if name.startswith(begun)]
        except (BadProfile, OSError):
            return []

    return offered


def _processes(desk: Home) -> Iterable[str]:
    from tarazu.app.supervision.programs import names

    return (*names(desk), "all")


def _logs(desk: Home) -> Iterable[str]:
    from tarazu.app.supervision.programs import names

    return (*names(desk), "supervisord")


def _runbooks(_desk: Home) -> Iterable[str]:
    from tarazu.app.runbook.book.source import read_source

    return (runbook.id for runbook in read_source()[0].runbooks)


def _drills(_desk: Home) -> Iterable[str]:
    from tarazu.app.drills.drill import DRILLS

    return (drill.name for drill in DRILLS)


def _incidents(desk: Home) -> Iterable[str]:
    """The open ones first, of both the latest first."""
    from tarazu.app.incidents.store import incidents

    return (one.id for one in sorted(incidents(desk), key=lambda one: (not one.is_open, -one.opened_ns)))


def profiles(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    return [str(profile) for profile in Profile if profile.startswith(begun)]


processes, logs = _offer(_processes), _offer(_logs)
runbooks, drills, incidents = _offer(_runbooks), _offer(_drills), _offer(_incidents)
