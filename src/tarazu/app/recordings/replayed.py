"""A recording as the market of a simulated broker: what it holds, who trades in it, and its frames as they came.

The universe is what was recorded. What the recording does not say comes from the day's master: names, lots, ticks,
strikes, expiries, and yesterday's price of what never ticked. Freeze quantities are in neither, and are none.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from tarazu.app.recordings.clip_writer import selected_by
from tarazu.app.recordings.clips import BadClip, day_master, is_clip, read_clip, read_master
from tarazu.app.recordings.recorded_day import is_ticks, recorded_day
from tarazu.app.recordings.underlyings import missing_underlyings, underlying_key, with_underlyings
from tarazu.market.listing import Listing
from tarazu.model.calendar import TradingSession
from tarazu.model.instrument import Exchange, Instrument
from tarazu.model.rules import RuleBook
from tarazu.runtime.damage import Damage
from tarazu.runtime.segment import Kind, segments
from tarazu.runtime.writer_lock import is_being_written
from tarazu.sim.broker.days import Closes
from tarazu.sim.replay import ReplayMarket
from tarazu.sim.universe import Universe
from tarazu.wire.kite_instruments import InstrumentMaster
from tarazu.wire.kite_ticks import LTP_BYTES, TickFrame, decode

PLAYED = (Exchange.NSE, Exchange.BSE, Exchange.NFO, Exchange.BFO)
"""The simulated broker has no other markets."""


class BadRecording(ValueError):
    """It cannot be played; the message is for the user."""


class Source(msgspec.Struct, frozen=True):
    """Where a recording lies, checked as far as checksums go."""

    path: Path
    log: Path
    """The day's folder of the feed log."""
    master: InstrumentMaster
    fno_shares: frozenset[str] | None
    """None: the master has all rows, and says it."""

    @property
    def day(self) -> date:
        return date.fromisoformat(self.log.name)


class Contents(msgspec.Struct):
    """What one pass over the frames finds."""

    sha256: str = ""
    frames: int = 0
    """That have packets; all others are not played."""
    packets: int = 0
    first_ns: int = 0
    last_ns: int = 0
    damaged: int = 0
    """Places of the log that could not be read."""
    closes: dict[int, int] = {}
    """Token -> yesterday's close, paise, of all that ticked; 0 where no packet carried it."""
    selected: set[int] = set()


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    source: Source
    contents: Contents
    instruments: tuple[Instrument, ...]
    closes: dict[str, int]
    """Key -> yesterday's close, paise; contracts that nothing is known of are left out, and valued by the market."""
    left_out: tuple[str, ...]
    """Keys of exchanges that are not played here, and of shares and indices without any price."""
    sha256: str
    """Of what is played, wherever it lies: frames, stamps and instruments."""

    @property
    def day(self) -> date:
        return self.source.day

    @property
    def still(self) -> tuple[str, ...]:
        """Keys of the instruments that never tick: they stand at yesterday's close."""
        return tuple(i.key for i in self.instruments if i.instrument_token not in self.contents.closes)

    def universe(self, day: date, _: Closes) -> Universe:
        """What of it still trades on a day."""
        return Universe(day, [i for i in self.instruments if i.expiry is None or i.expiry >= day])

    def market(
        self,
        universe: Universe,
        session: TradingSession,
        closes: Closes,
        *,
        played_on: date,
        seed: int,
        rules: RuleBook,
    ) -> ReplayMarket:
        """The recording on the day it is played on; on any other a market that stands still."""
        frames: Iterable[tuple[int, bytes]] = self.frames() if session.day == played_on else ()
        return ReplayMarket(universe, session, frames, seed, closes or self.closes, rules)

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """(receive time, frame) of all frames with packets, in order; no two at the same nanosecond, so that each
        makes a step of its own."""
        last_ns = 0
        for found in recorded_day(self.source.log):
            if not isinstance(found, Damage) and is_ticks(found):
                last_ns = max(found.wall_ns, last_ns + 1)
                yield last_ns, bytes(found.payload)

    def about(self) -> str:
        """For the log."""
        what = self.contents
        held = f"{what.frames:,} frames of {len(self.instruments):,} instruments of {self.day}"
        notes = [
            f"{what.damaged} damaged places passed over" if what.damaged else "",
            f"standing still, for they never tick: {_some(self.still)}" if self.still else "",
            f"left out: {_some(self.left_out)}" if self.left_out else "",
        ]
        return "; ".join([f"{self.source.path}: {held}", *filter(None, notes)])


def open_recording(path: Path, master: Path | None) -> Recording:
    """Read a clip, or a day of a feed log with its master. Raises BadRecording."""
    try:
        source = _source(path, master)
        contents = _read(source.log)
        if not contents.frames:
            raise BadRecording(f"{path} has no frame with ticks: there is nothing to play")
        return _recording(source, contents)
    except (BadClip, OSError) as bad:
        raise BadRecording(str(bad)) from bad


def _source(path: Path, master: Path | None) -> Source:
    if is_clip(path):
        clip = read_clip(path)
        kept = None if master else frozenset(clip.manifest.fno_shares)
        given, log = master or clip.master, clip.day_folder
        rows = read_master(given) if given else None
    else:
        log, kept = path, None
        try:
            day = date.fromisoformat(path.resolve().name)
        except ValueError:
            day = None
        if day is None or not segments(path):
            raise BadRecording(f"{path} is neither a clip (tarazu feed record) nor a day's folder of a feed log")
        if is_being_written(path):
            raise BadRecording(f"{path} is being written: play a clip of it (tarazu feed record --date {day})")
        log = path.resolve()
        rows = read_master(master) if master else day_master(log.parent.parent / "masters", day)
    if rows is None:
        raise BadRecording(f"there is no instrument master with {path}: give the day's with --master FILE")
    return Source(path, log, rows, kept)


def _read(log: Path) -> Contents:
    digest, found, ticks = hashlib.sha256(), Contents(closes={}, selected=set()), TickFrame()
    for frame in recorded_day(log):
        if isinstance(frame, Damage):
            found.damaged += 1
        elif is_ticks(frame):
            digest.update(frame.wall_ns.to_bytes(8, "little"))
            digest.update(frame.payload)
            _count(found, ticks, decode(frame.payload, ticks))
            found.first_ns = found.first_ns or frame.wall_ns
            found.last_ns = max(found.last_ns, frame.wall_ns)
        elif frame.kind == Kind.EVENT:
            found.selected.update(selected_by(frame))
    found.sha256 = digest.hexdigest()
    return found


def _count(found: Contents, ticks: TickFrame, count: int) -> None:
    """Tokens of a frame that is not whole are not believed."""
    found.frames += 1
    found.packets += count
    if not ticks.clean:
        return
    rows = ticks.rows[:count]
    closes = rows["close"].tolist()
    for token, close, size in zip(rows["token"].tolist(), closes, ticks.packet_bytes[:count].tolist(), strict=True):
        if not found.closes.get(token):
            found.closes[token] = close if size != LTP_BYTES else 0


def _recording(source: Source, contents: Contents) -> Recording:
    master = source.master
    listed = {i.key: i for i in master.instruments}
    price_of = dict(zip(listed, master.last_prices, strict=True))
    _refuse_rowless(contents, master)
    wanted = contents.closes.keys() | contents.selected
    rows = [i for i in master.instruments if i.instrument_token in wanted and i.exchange in PLAYED]
    _refuse_orphans(rows, listed)
    keys = {i.key for i in rows} | {underlying_key(i) for i in rows if i.is_derivative}
    rows = [i for key, i in listed.items() if key in keys]
    closes = {i.key: contents.closes.get(int(i.instrument_token)) or price_of[i.key] for i in rows}
    priceless = {i.key for i in rows if not i.is_derivative and not closes[i.key]}
    _refuse_priceless([i for i in rows if i.is_derivative and underlying_key(i) in priceless])
    fno_shares = source.fno_shares
    if fno_shares is None:
        fno_shares = Listing(master.instruments, source.day).fno_shares()
    played = tuple(with_underlyings((i for i in rows if i.key not in priceless), fno_shares))
    foreign = {i.key for i in master.instruments if i.instrument_token in wanted and i.exchange not in PLAYED}
    what = hashlib.sha256(contents.sha256.encode() + msgspec.json.encode(played))
    return Recording(
        source=source,
        contents=contents,
        instruments=played,
        closes={key: close for key, close in closes.items() if close},
        left_out=tuple(sorted(priceless | foreign)),
        sha256=what.hexdigest(),
    )


def _refuse_rowless(contents: Contents, master: InstrumentMaster) -> None:
    missing = sorted(contents.closes.keys() - {int(i.instrument_token) for i in master.instruments})
    if missing:
        raise BadRecording(
            f"{len(missing)} recorded instruments have no row in the master: {_some(missing)}; "
            "give the master of the recording's own day with --master FILE"
        )


def _refuse_orphans(rows: list[Instrument], listed: dict[str, Instrument]) -> None:
    orphans = missing_underlyings(rows, listed)
    if orphans:
        keys = sorted({underlying_key(i) for i in orphans})
        raise BadRecording(
            f"the master has no row of what {len(orphans)} contracts derive from ({_some(keys)}), first: "
            f"{_some(i.key for i in orphans)}; give the whole master with --master FILE"
        )


def _refuse_priceless(contracts: list[Instrument]) -> None:
    if contracts:
        keys = sorted({underlying_key(i) for i in contracts})
        raise BadRecording(
            f"no price is known of {_some(keys)}, from which {len(contracts)} contracts derive: it did not tick and "
            "the master has no last_price of it; record it too"
        )


def _some(what: Iterable[object]) -> str:
    """The first five and how many there are besides."""
    names = [str(name) for name in what]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
