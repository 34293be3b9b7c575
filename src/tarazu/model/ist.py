"""Indian Standard Time, the text of the market: UTC+5:30, no daylight saving. Inside, time is integer UTC ns."""

from datetime import UTC, date, datetime, time, timedelta

from tarazu.model.units import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS

IST_OFFSET_NS = 5 * HOUR_NS + 30 * MINUTE_NS
_EPOCH = date(1970, 1, 1)
_STAMP_CHARS = 19


def day_of(ts_ns: int) -> date:
    """The IST calendar day in which `ts_ns` falls."""
    return _EPOCH + timedelta(days=(ts_ns + IST_OFFSET_NS) // DAY_NS)


def midnight_ns(day: date) -> int:
    """00:00 IST of `day`, as UTC ns."""
    return (day - _EPOCH).days * DAY_NS - IST_OFFSET_NS


def at_ns(day: date, clock: time) -> int:
    """`clock` IST on `day`, as UTC ns."""
    seconds = clock.hour * 3600 + clock.minute * 60 + clock.second
    return midnight_ns(day) + seconds * SECOND_NS + clock.microsecond * 1_000


def clock_of(ts_ns: int) -> time:
    """The IST time of day of `ts_ns`, to the microsecond."""
    return _wall(ts_ns).time()


def stamp(ts_ns: int) -> str:
    """`YYYY-MM-DD HH:MM:SS` in IST, no zone: Kite's timestamp text."""
    return datetime.fromtimestamp((ts_ns + IST_OFFSET_NS) // SECOND_NS, tz=UTC).isoformat(" ")[:_STAMP_CHARS]


def stamp_iso(ts_ns: int) -> str:
    """`YYYY-MM-DDTHH:MM:SS+0530`: the stamp of Kite's candles."""
    return _wall(ts_ns).strftime("%Y-%m-%dT%H:%M:%S") + "+0530"


def parse_stamp(text: str) -> int | None:
    """UTC ns of an IST `YYYY-MM-DD HH:MM:SS` or a bare `YYYY-MM-DD`; None when `text` is neither."""
    if _is_stamp(text):
        try:
            wall = datetime.fromisoformat(text)
        except ValueError:
            pass  # no such moment, or digits that only `strptime` reads
        else:
            seconds = wall.hour * 3600 + wall.minute * 60 + wall.second
            return midnight_ns(wall.date()) + seconds * SECOND_NS
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            wall = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return int(wall.timestamp()) * SECOND_NS - IST_OFFSET_NS
    return None


def _is_stamp(text: str) -> bool:
    """As Kite writes it, to the second: `fromisoformat` reads that a dozen times faster than `strptime`, and reads
    other texts that are none."""
    is_long = len(text) == _STAMP_CHARS
    return is_long and text[4] == text[7] == "-" and text[10] == " " and text[13] == text[16] == ":"


def _wall(ts_ns: int) -> datetime:
    """A datetime whose fields read as IST; its zone says UTC and is never shown."""
    shifted = ts_ns + IST_OFFSET_NS
    return datetime.fromtimestamp(shifted // SECOND_NS, tz=UTC) + timedelta(microseconds=shifted % SECOND_NS // 1_000)
