"""`tarazu incident bundle ID`: everything about it in one file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.offered import incidents
from tarazu.app.person import person
from tarazu.app.verdict import Check, Exit, Status, Verdict

if TYPE_CHECKING:
    from tarazu.app.incidents.bundle.make import Bundle

COMMAND = "incident.bundle"

EXAMPLES = """
\b
Examples:
  tarazu incident bundle INC-20261123-01
  tarazu incident bundle INC-20261123-01 --out /tmp/INC-20261123-01.tar.gz    on another disk
  tarazu incident verify /tmp/INC-20261123-01.tar.gz                          by whoever gets it
"""


@click.command("bundle", epilog=EXAMPLES)
@click.argument("id_", metavar="ID", required=False, shell_complete=incidents)
@click.option("--incident-id", "option", metavar="ID", help="The same, as the runbook writes it.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it there.", metavar="FILE")
@click.option("--who", default=person, show_default="your login name", help="Who makes it.")
@feed_flags
def command(id_: str | None, option: str | None, out: Path | None, who: str, profile: str | None, as_json: bool) -> int:
    """Gather all there is about an incident in one file without credentials: 15 minutes before it to 15 after.

    Of any id: one that nobody has opened is flagged, and its day or the last hour is taken. Works with everything down,
    changes nothing but the incident's timeline. What cannot be had is listed and stops nothing.

    Exit code 0: all is in it; 1: parts are missing, or the id is unknown; 2: no file could be written.
    """
    asked = option or id_
    if not asked or (option and id_ and option != id_):
        raise click.UsageError("say which incident: tarazu incident bundle INC-20261123-01")
    home = home_of(profile)
    id_ = asked.upper() if asked.upper().startswith("INC-") else asked
    return incident_bundle(home, id_, who, desk_now_ns(home), out).show(as_json)


def incident_bundle(home: Home, id_: str, who: str, now_ns: int, out: Path | None = None) -> Verdict:
    from tarazu.app.incidents.bundle.make import make_bundle

    try:
        bundle = make_bundle(home, id_, who=who, now_ns=now_ns, out=out)
    except OSError as failed:
        hint = f"tarazu incident bundle {id_} --out FILE on another disk"
        check = Check(id="bundle.file", status=Status.CRIT, code="NOT_WRITTEN", detail=str(failed), hint=hint)
        return _verdict(home, now_ns, "CRIT", Exit.CRIT, "no bundle", (check,), (), (), {})
    checks = _checks(bundle)
    word, exit_code = ("BUNDLE", Exit.WARN if checks else Exit.OK)
    manifest = bundle.manifest
    facts: dict[str, object] = {
        "path": str(bundle.path),
        "bytes": bundle.bytes,
        "sha256": bundle.sha256,
        "recorded": bundle.recorded,
        "manifest": manifest,
    }
    digest = f"sha256 {bundle.sha256[:4]}...{bundle.sha256[-3:]}"
    line = f"{bundle.path}  {_size(bundle.bytes)}  {digest}  ({bundle.took_s:.1f} s)"
    return _verdict(home, now_ns, word, exit_code, line, checks, _body(bundle), _tail(bundle), facts)


def _checks(bundle: "Bundle") -> tuple[Check, ...]:
    manifest = bundle.manifest
    found = [
        Check(id="bundle.missing", status=Status.WARN, code="MISSING", detail=f"{one.part}: {one.why}")
        for one in manifest.missing
    ]
    if not manifest.known:
        detail = f"nobody has opened {manifest.id}: the bundle has the window below"
        unknown = Check(
            id="incident", status=Status.WARN, code="UNKNOWN_INCIDENT", detail=detail, hint="tarazu incident list"
        )
        found.insert(0, unknown)
    elif not bundle.recorded:
        detail = "the desk's record does not have its hash; keep the sha256 yourself"
        found.append(Check(id="desk.record", status=Status.WARN, code="NOT_RECORDED", detail=detail))
    return tuple(found)


def _body(bundle: "Bundle") -> tuple[str, ...]:
    manifest = bundle.manifest
    what = f"{manifest.severity} {manifest.code}  " if manifest.known else ""
    window = f"window {manifest.since_ist} to {manifest.until_ist[11:]} IST"
    folders: dict[str, list[int]] = {}
    for one in manifest.files:
        folder, slash, _ = one.name.partition("/")
        folders.setdefault(folder + slash, []).append(one.bytes)
    rows = [f"  {name:<32}{len(sizes):>4} files  {_size(sum(sizes))}" for name, sizes in sorted(folders.items())]
    return (f"incident  {manifest.id}  {what}{window}", *rows)


def _tail(bundle: "Bundle") -> tuple[str, ...]:
    manifest = bundle.manifest
    replaced = sum(manifest.redacted.values())
    of = f" ({', '.join(f'{name} {n}' for name, n in manifest.redacted.items())})" if replaced else ""
    return (
        f"redaction  {replaced} values replaced{of}; every byte was searched for {manifest.scanned_for} credentials",
        f"verify     tarazu incident verify {bundle.path}",
    )


def _size(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB" if count >= 1 << 20 else f"{count / 1024:.1f} KiB"


def _verdict(
    home: Home,
    now_ns: int,
    word: str,
    exit_code: Exit,
    line: str,
    checks: tuple[Check, ...],
    body: tuple[str, ...],
    tail: tuple[str, ...],
    facts: dict[str, object],
) -> Verdict:
    return Verdict(
        command=COMMAND,
        word=word,
        exit_code=exit_code,
        profile=home.profile,
        now_ns=now_ns,
        summary=line,
        checks=checks,
        body=body,
        tail=tail,
        facts=facts,
    )
