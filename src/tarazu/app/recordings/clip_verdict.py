"""What is said of a clip that was made."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tarazu.app.home import Profile
from tarazu.app.recordings.clip_cut import Follow
from tarazu.app.recordings.clips import Manifest
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst
from tarazu.model.units import MILLISECOND_NS

EXIT_INTERRUPTED = 130
"""As the shell says it of Ctrl-C (DESIGN 11)."""


class Endings(msgspec.Struct, frozen=True, kw_only=True):
    """What kept the clip from being all that was asked for; empty and False for nothing."""

    full: str = ""
    """Why the disk took no more."""
    no_master: str = ""
    cut_short: bool = False
    """Interrupted before the end that was asked for."""


def clip_verdict(
    profile: Profile, now_ns: int, place: Path, manifest: Manifest, follow: Follow, endings: Endings
) -> Verdict:
    checks = tuple(_checks(manifest, endings))
    code = exit_of(worst(checks))
    lag_ms = round(follow.lag_ns_max / MILLISECOND_NS, 3)
    lag = f"; at most {lag_ms:.1f} ms behind the feed" if follow.frames else ""
    whole = f"{manifest.missing:,} frames missing" if manifest.missing else "every frame of the stretch"
    return Verdict(
        command="feed.record",
        word="INTERRUPTED" if endings.cut_short else "RECORDED",
        exit_code=code if code is not Exit.OK or not endings.cut_short else EXIT_INTERRUPTED,
        profile=profile,
        now_ns=now_ns,
        summary=f"{manifest.frames:,} frames, {manifest.packets:,} packets, {manifest.instruments:,} instruments",
        checks=checks,
        body=(
            f"CLIP       {place}",
            f"STRETCH    {manifest.first_ist} - {manifest.last_ist[11:]} IST",
            f"SEQUENCE   {manifest.first_sequence} - {manifest.last_sequence}: {whole}{lag}",
        ),
        tail=(f"next:      tarazu sim serve --replay {place}",),
        facts={"clip": str(place), "manifest": manifest, "followed_frames": follow.frames, "lag_ms_max": lag_ms},
    )


def _checks(manifest: Manifest, endings: Endings) -> Iterator[Check]:
    """What a clip is asked about, in this order."""
    yield _whole(manifest)
    yield _master(manifest, endings.no_master)
    full = endings.full
    status = Status.CRIT if full else Status.OK
    yield Check(id="clip.disk", status=status, code="DISK_FULL" if full else "", detail=full)


def _whole(manifest: Manifest) -> Check:
    if not (manifest.missing or manifest.damages):
        return Check(id="clip.whole", status=Status.OK, observed=0, unit="frames missing")
    where = "; ".join(str(d) for d in manifest.damages[:3])
    return Check(
        id="clip.whole",
        status=Status.WARN,
        observed=manifest.missing,
        unit="frames missing",
        code="LOG_DAMAGED",
        detail=f"{len(manifest.damages)} damaged places in the log" + (f": {where}" if where else ""),
    )


def _master(manifest: Manifest, no_master: str) -> Check:
    unknown = manifest.without_row
    if not (no_master or unknown):
        return Check(id="clip.master", status=Status.OK, observed=manifest.instruments, unit="instruments")
    few = ", ".join(map(str, unknown[:5]))
    return Check(
        id="clip.master",
        status=Status.WARN,
        code="NO_MASTER" if no_master else "ROWS_MISSING",
        detail=no_master or f"{len(unknown)} recorded instruments have no row in the day's master: {few}",
        hint="tarazu sim serve --replay CLIP --master FILE",
    )
