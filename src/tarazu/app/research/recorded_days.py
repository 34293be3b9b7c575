"""Days of a feed log, as depth_ws recorded them, with the masters that are kept beside it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tarazu import reference
from tarazu.app.masters.listed import listed
from tarazu.app.masters.store import DamagedMaster, MasterStore
from tarazu.app.recordings.recorded_day import recorded_day
from tarazu.app.recordings.replayed import BadRecording, open_recording
from tarazu.app.research.day import ResearchDay
from tarazu.model.calendar import NotCovered
from tarazu.runtime.damage import Damage
from tarazu.runtime.segment import Frame
from tarazu.wire.kite_instruments import BadCsv, decode_csv


class NoSuchDay(ValueError):
    """It cannot be tried on; the message says why and what to do, and is for the user."""


def logged_day(log: Path, masters: Path, name: str = "") -> ResearchDay:
    """The day whose folder of the feed log is `log`. Raises NoSuchDay."""
    try:
        recording = open_recording(log, None)
        kept = MasterStore(masters).load(recording.day)
        session = reference.calendar().session(recording.day)
    except (BadRecording, DamagedMaster, NotCovered, OSError) as bad:
        raise NoSuchDay(f"{log.name}: {bad}") from bad
    if session is None:
        raise NoSuchDay(f"{recording.day} is no trading day")
    if kept is None:
        raise NoSuchDay(f"there is no instrument master of {recording.day} in {masters}: bring it back from a copy")
    master = decode_csv(kept.csv)
    if isinstance(master, BadCsv):
        raise NoSuchDay(f"the master of {recording.day} does not read: {master}")
    return ResearchDay(
        name=name or str(recording.day),
        date=recording.day,
        session=session,
        instruments=listed(master.instruments, recording.day),
        csv=kept.csv,
        traded=recording.instruments,
        closes=recording.closes,
        frames=partial(_frames, log),
        first_ns=recording.contents.first_ns,
        last_ns=recording.contents.last_ns,
        log=log.resolve(),
        note=recording.about() if recording.contents.damaged or recording.left_out else "",
    )


def _frames(log: Path) -> Iterator[Frame]:
    return (found for found in recorded_day(log) if not isinstance(found, Damage))
