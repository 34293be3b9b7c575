"""The feed's part of a bundle: who was silent when it happened, and a clip that plays again."""

import csv
import tarfile
from pathlib import Path

import pytest

from harness.recorded_days import DAY, record_synthetic_day
from tarazu.app.feed.history import Entry, history
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import close, open_incident
from tarazu.app.recordings.clips import read_clip
from tarazu.market.feed_events import FeedRecover, FeedStale
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.ops.incident_bundle import incident_bundle
from tarazu.runtime.segment import day_folder


def event_ns(desk: Home, kind: type[FeedStale] | type[FeedRecover]) -> int:
    found = (told for told in history(day_folder(desk.feed, DAY)) if isinstance(told, Entry))
    return next(told.ts_ns for told in found if isinstance(told.event, kind))


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    """A day whose second connection was lost for a while, and the incident of that, opened 5 s later; unpacked."""
    desk = Home(Profile.SIM, tmp_path_factory.mktemp("desk") / "sim")
    record_synthetic_day(desk.feed, trouble=True)
    stale_ns, back_ns = event_ns(desk, FeedStale), event_ns(desk, FeedRecover)
    opened_ns = stale_ns + 5 * SECOND_NS
    incident = open_incident(desk, "SEV2", "FEED_STALE", "half of it is silent", who="watchdog", now_ns=opened_ns)
    close(desk, incident.id, "it is back", who="asha", now_ns=back_ns)
    verdict = incident_bundle(desk, incident.id, "asha", back_ns + 60 * MINUTE_NS)
    folder = desk.root / "unpacked"
    with tarfile.open(verdict.facts["path"]) as tar:
        tar.extractall(folder, filter="data")
    return desk, folder


def test_the_silent_half_is_told_from_the_one_that_ticked(bundled: tuple[Home, Path]) -> None:
    _, folder = bundled
    rows = list(csv.DictReader((folder / f"feed/ages-{DAY}.csv").open()))
    ages = [float(row["age_at_opening_sec"]) for row in rows if row["age_at_opening_sec"]]
    silent = [age for age in ages if age >= 5]
    assert len(silent) >= len(rows) // 4 and len([age for age in ages if age < 5]) >= len(rows) // 4
    assert ages == sorted(ages, reverse=True), "the most silent first"
    assert all(":" in row["instrument"] for row in rows), "by name"


def test_the_last_frames_are_a_clip_that_reads(bundled: tuple[Home, Path]) -> None:
    desk, folder = bundled
    clip = read_clip(folder / f"feed/clip-{DAY}")
    stale_ns = event_ns(desk, FeedStale)
    assert clip.manifest.first_ns < stale_ns < clip.manifest.last_ns
    assert clip.manifest.frames > 100 and clip.manifest.missing == 0


def test_its_page_shows_the_silence_and_its_events(bundled: tuple[Home, Path]) -> None:
    _, folder = bundled
    page = (folder / "timeline.html").read_text()
    assert "ticks a second" in page and "since the last tick" in page
    events = (folder / "events.jsonl").read_text()
    for text in (page, events):
        assert "FEED_STALE" in text and "FEED_RECOVER" in text
    assert "://" not in page.replace("http://www.w3.org/2000/svg", ""), "it needs nothing else"
