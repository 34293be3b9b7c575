"""`tarazu config validate`: can the settings be used?"""

import os
import time
from pathlib import Path

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict, worst

_WORDS = {
    Status.OK: ("VALID", Exit.OK),
    Status.WARN: ("VALID", Exit.WARN),
    Status.CRIT: ("INVALID", Exit.CRIT),
    Status.UNKNOWN: ("UNKNOWN", Exit.UNKNOWN),
}

EXAMPLES = """
\b
Examples:
  tarazu config validate                                   before `tarazu up`; `up` and the gate do it, too
  tarazu config validate --profile live --file new.toml    a file that is not in its place yet
"""


@click.command("validate", epilog=EXAMPLES)
@click.option("--file", "path", type=click.Path(path_type=Path), help="Another file than the profile's tarazu.toml.")
@feed_flags
def command(path: Path | None, profile: str | None, as_json: bool) -> int:
    """Check tarazu.toml and the environment's TARAZU__SECTION__KEY: every word, every value, and the limits without
    which no entry passes. Changes nothing.

    Exit code 0: they can be used; 1: likewise, and something is to be looked at; 2: they cannot; 3: not readable.
    """
    home = home_of(profile)
    return validate(home, path).show(as_json)


def validate(home: Home, path: Path | None) -> Verdict:
    from tarazu.app.config.problems import problems

    if path is not None and not path.is_file():
        raise click.UsageError(f"there is no file {path}")
    file = path or home.settings_file
    try:
        found = problems(home, file, os.environ)
    except OSError as bad:
        told = f"{file} cannot be read: {bad.strerror}"
        found = [Check(id="settings.toml", status=Status.UNKNOWN, code="UNREADABLE", detail=told, hint="tarazu doctor")]
    word, exit_code = _WORDS[worst(found)]
    wrong = sum(check.status is Status.CRIT for check in found)
    looks = len(found) - wrong
    there = str(file) if file.exists() else f"no {file}: the defaults"
    return Verdict(
        command="config.validate",
        word=word,
        exit_code=exit_code,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=f"{there}, {wrong} wrong, {looks} to look at",
        checks=tuple(found),
    )
