"""A family as it stands on the disk: every version proven, and whether pointer, record and files agree."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tarazu.app.home import Home
from tarazu.app.models.manifest import BadManifest, Judged, Manifest
from tarazu.app.models.moving.swap import Standing, standing
from tarazu.app.models.registry import manifest_of
from tarazu.app.models.versions import BadVersion, model_bytes, versions
from tarazu.app.models.words import rupees
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord

RESTORE = "tarazu dr restore"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One version."""

    sha256: str
    broken: str = ""
    """Why its bytes are not what its name says; empty: they are."""
    manifest: Manifest | None = None
    unsigned: str = ""
    """Why there is no manifest to believe."""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    versions: tuple[Seen, ...]
    stands: Standing | None
    unread: str = ""
    """Why it is not known how it stands."""

    def state(self, sha256: str) -> str:
        """`active`, `previous`, `next`, or nothing."""
        if self.stands is None:
            return "?"
        way = self.stands.way
        places = {way.next: "next", way.previous: "previous", self.stands.active: "active"}
        return places.get(sha256, "")

    def facts(self) -> dict[str, Any]:
        return {
            "family": self.name,
            "active": (self.stands.active or None) if self.stands else None,
            "previous": (self.stands.way.previous or None) if self.stands else None,
            "versions": [
                {"sha256": one.sha256, "state": self.state(one.sha256), "broken": one.broken, "unsigned": one.unsigned}
                | {"manifest": one.manifest}
                for one in self.versions
            ],
        }


def looked(home: Home, family: str) -> Family:
    """Raises nothing of the files': what does not read is told."""
    try:
        stands, unread = standing(home, family), ""
    except (BadDeskRecord, OSError) as bad:
        stands, unread = None, str(bad)
    seen = tuple(seen_of(home, family, sha256) for sha256 in versions(home.models, family))
    return Family(name=family, versions=seen, stands=stands, unread=unread)


def seen_of(home: Home, family: str, sha256: str) -> Seen:
    broken, unsigned, manifest = "", "", None
    try:
        model_bytes(home.models, family, sha256)
    except (BadVersion, OSError) as bad:
        broken = str(bad)
    try:
        manifest = manifest_of(home, family, sha256)
    except (BadManifest, OSError) as bad:
        unsigned = str(bad)
    return Seen(sha256=sha256, broken=broken, manifest=manifest, unsigned=unsigned)


def checks_of(family: Family) -> Iterator[Check]:
    """`model.<family>` first, then a check for each version that is not what it says, or not there any more. Without a
    manifest is one that somebody has put there, unless the record has it."""
    yield _pointer(family)
    known = {change.now for change in family.stands.changes if change.now} if family.stands else set[str]()
    for sha256 in sorted(known - {one.sha256 for one in family.versions}):
        seen = Check(id=f"model.{family.name}.{sha256[:12]}", status=Status.OK)
        yield seen.broken(Status.CRIT, "GONE", f"{sha256[:12]} is in the record, and its file is gone", RESTORE)
    for one in family.versions:
        seen = Check(id=f"model.{family.name}.{one.sha256[:12]}", status=Status.OK)
        if one.broken:
            yield seen.broken(Status.CRIT, "ALTERED", one.broken, RESTORE)
        elif one.unsigned and one.sha256 in known:
            yield seen.broken(Status.CRIT, "UNSIGNED", one.unsigned, RESTORE)
        elif one.unsigned:
            yield seen.broken(Status.WARN, "UNSIGNED", one.unsigned)


def _pointer(family: Family) -> Check:
    seen, stands = Check(id=f"model.{family.name}", status=Status.OK), family.stands
    if stands is None:
        return seen.broken(Status.UNKNOWN, "RECORD_UNREAD", family.unread, "tarazu audit verify")
    if stands.unread:
        return seen.broken(Status.CRIT, "BAD_POINTER", stands.unread)
    if stands.active and stands.active not in {one.sha256 for one in family.versions}:
        back = f"tarazu model rollback --family {family.name} --to previous"
        return seen.broken(Status.CRIT, "ACTIVE_GONE", f"{stands.active[:12]} is active and its file is gone", back)
    if not stands.is_by_the_record:
        told = f"the record has {stands.trail.active[:12] or 'none'}, the pointer {stands.active[:12] or 'none'}"
        return seen.broken(Status.WARN, "OUT_OF_BAND", f"no command moved it, or one was cut off: {told}")
    return seen


def line_of(family: Family, one: Seen) -> tuple[str, ...]:
    told = one.manifest
    file = "ALTERED" if one.broken else "unsigned" if one.unsigned else "ok"
    made = ist.stamp(told.made_ns)[:16] if told else "?"
    net, without = (net_of(told.out_of_sample), net_of(told.baseline)) if told else ("?", "?")
    return family.name, one.sha256[:12], family.state(one.sha256), made, net, without, file


def net_of(judged: Judged | None) -> str:
    return "?" if judged is None else f"{rupees(judged.net_paise)} of {judged.trades}"
