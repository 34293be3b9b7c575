"""`tarazu incident verify FILE`: is a bundle what was written?"""

from pathlib import Path

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

COMMAND = "incident.verify"

EXAMPLES = """
\b
Examples:
  tarazu incident verify INC-20261123-01.tar.gz
"""


@click.command("verify", epilog=EXAMPLES)
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@feed_flags
def command(path: Path, profile: str | None, as_json: bool) -> int:
    """Check a bundle: every file by the manifest, the journal's slice and the desk's record by their chains, the proof
    by its signed checkpoint, the file itself by this desk's record. Unpacks nothing.

    Exit code 0: it is what was written; 1: that, but not all can be shown; 2: it is not; 3: it does not read.
    """
    home = home_of(profile)
    return incident_verify(home, path, desk_now_ns(home)).show(as_json)


def incident_verify(home: Home, path: Path, now_ns: int) -> Verdict:
    from tarazu.app.incidents.bundle.check import BadBundle, checks_of, open_bundle, recorded_check

    try:
        opened = open_bundle(path)
    except BadBundle as bad:
        check = Check(id="bundle", status=Status.UNKNOWN, code="BAD_BUNDLE", detail=str(bad))
        return _verdict(home, now_ns, "UNKNOWN", Exit.UNKNOWN, str(path), (check,), {})
    checks = (*checks_of(opened), recorded_check(home, path, opened.manifest))
    status = worst(checks)
    word = "VERIFIED" if status is Status.OK else status.name
    missing = f", {len(opened.manifest.missing)} parts missing" if opened.manifest.missing else ""
    line = f"{opened.manifest.id}, {len(opened.sums)} files{missing}"
    return _verdict(home, now_ns, word, exit_of(status), line, checks, {"manifest": opened.manifest})


def _verdict(
    home: Home,
    now_ns: int,
    word: str,
    exit_code: Exit,
    line: str,
    checks: tuple[Check, ...],
    facts: dict[str, object],
) -> Verdict:
    fine = (check for check in checks if check.status is Status.OK)
    return Verdict(
        command=COMMAND,
        word=word,
        exit_code=exit_code,
        profile=home.profile,
        now_ns=now_ns,
        summary=line,
        checks=checks,
        body=tuple(f"{'ok':<8}{c.id}  {c.observed or ''} {c.unit}".rstrip() for c in fine),
        facts=facts,
    )
