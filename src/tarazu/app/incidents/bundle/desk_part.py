"""What people, commands and the watchdog did: the desk's record, the alerts, the runbook's runs.

incident.json              the incident and its alerts; of an unknown id, that nobody has opened it
desk/<day>.jsonl           the whole days of the record, byte for byte: each line has the hash of the one before
alerts.json                what was posted in the window, where it arrived and who has it
runbook/<run>/...          what the steps of the window's runs printed
"""

import msgspec

from tarazu.app.alerts.box import Box
from tarazu.app.incidents.bundle.scope import Scope
from tarazu.app.incidents.bundle.staging import Staging
from tarazu.app.incidents.bundle.story import Event, Story
from tarazu.app.verdict import plain
from tarazu.runtime import desk_record
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry, DeskKind

RUN_BYTES_MAX = 32 << 20
"""Of one run's files; those beyond are listed as missing."""
_LANES = {DeskKind.INCIDENT: "incident", DeskKind.ALERT: "alerts", DeskKind.HALT_ASKED: "risk"}
_GRAVE = frozenset({DeskKind.HALT_ASKED, DeskKind.FLATTEN})


def incident_part(scope: Scope, staging: Staging) -> None:
    alerts = [kept for kept in Box(scope.home.alerts).alerts() if kept.alert.incident == scope.id]
    told = {"id": scope.id, "known": scope.incident is not None, "incident": scope.incident, "alerts": alerts}
    staging.json("incident.json", told)


def alerts_part(scope: Scope, staging: Staging) -> None:
    box = Box(scope.home.alerts)
    staging.json("alerts.json", [kept for kept in box.alerts() if scope.has(kept.first_ns) or scope.has(kept.last_ns)])
    for path in box.unreadable():
        staging.lack(f"alert {path.name}", "it does not read")


def desk_part(scope: Scope, staging: Staging, story: Story) -> None:
    known = desk_record.days(scope.home.desk)
    touched = [day for day in scope.days if day in known]
    if not touched:
        staging.lack("desk", f"the desk's record has nothing of {scope.days[0]}")
    for day in touched:
        raw = (scope.home.desk / f"{day.isoformat()}.jsonl").read_bytes()
        staging.path(f"desk/{day}.jsonl").write_bytes(raw)
        try:
            entries = desk_record.entries(scope.home.desk, day)
        except BadDeskRecord as bad:
            staging.lack(f"desk {day}", f"the record was changed: {bad}; its lines are here as they are")
            entries = _readable(raw)
        story.events += [_event(entry, f"desk {day} {entry.seq}") for entry in entries if scope.has(entry.ts_ns)]


def runbook_part(scope: Scope, staging: Staging) -> None:
    """The runs that wrote anything in the window, by the machine's clock that files carry."""
    root = scope.home.runbook
    runs = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    for run in runs:
        files = sorted(path for path in run.rglob("*") if path.is_file() and not path.is_symlink())
        if not any(scope.has(path.stat().st_mtime_ns + scope.offset_ns) for path in files):
            continue
        size = 0
        for path in files:
            size += path.stat().st_size
            name = f"runbook/{run.name}/{path.relative_to(run).as_posix()}"
            if size > RUN_BYTES_MAX:
                staging.lack(name, f"the run has more than {RUN_BYTES_MAX >> 20} MiB")
                continue
            staging.text(name, path.read_text(errors="replace"))


def _readable(raw: bytes) -> list[DeskEntry]:
    found = []
    for line in raw.splitlines():
        try:
            found.append(msgspec.json.decode(line, type=DeskEntry))
        except msgspec.MsgspecError:
            continue  # told of as a whole
    return found


def _event(entry: DeskEntry, source: str) -> Event:
    body = entry.body
    code = str(body.get("code") or body.get("act") or body.get("what") or entry.kind).upper()
    text = "; ".join(f"{name} {plain(str(value))}" for name, value in body.items() if value not in ("", None, [], {}))
    return Event(
        ts_ns=entry.ts_ns,
        lane=_LANES.get(entry.kind, "desk"),
        code=code,
        text=f"{plain(entry.who)}: {text}"[:500],
        grave=entry.kind in _GRAVE or body.get("act") == "open",
        source=source,
    )
