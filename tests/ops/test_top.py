"""`tarazu top`: the screen without a terminal (textual's pilot), from good homes, empty ones and broken ones."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from harness.feed_papers import health, store
from harness.main_health import well
from tarazu.app.health import write_health
from tarazu.app.home import Home, Profile
from tarazu.app.main.health import PlaceHealth
from tarazu.app.main.risk_health import GaugePage, RiskPage
from tarazu.app.watching.look import look_now
from tarazu.app.watching.screen import screen
from tarazu.app.watching.terminal import Top
from tarazu.engine.halts import Halt, RiskState
from tarazu.engine.phase import Phase
from tarazu.model.units import SECOND_NS

PATIENCE_S = 30.0
Seen = Callable[[Top, Pilot[None]], Awaitable[None]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.LIVE, tmp_path / "live")
    made.make()
    return made


def current(home: Home, **changes: object) -> None:
    mono_ns = time.monotonic_ns()
    now = {"profile": "live", "mono_ns": mono_ns, "every_ns": 60 * SECOND_NS, "pid": os.getpid()}
    store(home, health(**now, started_mono_ns=mono_ns))
    write_health(home.main_health, well(**now, **changes))


def on_screen(home: Home, seen: Seen, size: tuple[int, int] = (80, 24)) -> Top:
    """Begin, wait for the first picture, look, and leave by q."""

    async def story() -> Top:
        app = Top(home)
        async with app.run_test(size=size) as pilot:
            await until(lambda: app.drawn is not None, pilot)
            await seen(app, pilot)
            await pilot.press("q")
        return app

    app = asyncio.run(story())
    assert app.return_code == 0
    return app


async def until(holds: Callable[[], bool], pilot: Pilot[None]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        await pilot.pause(0.02)


def lines(app: Top) -> list[str]:
    """What stands on the terminal, row by row."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def pane(home: Home, name: str) -> str:
    found = next(pane for pane in screen(look_now(home)).panes if pane.name == name)
    return "\n".join((f"{found.name} {found.status}", *found.lines))


def test_it_fits_80_by_24_and_cuts_what_is_longer_off(home: Home) -> None:
    current(home)

    async def seen(app: Top, pilot: Pilot[None]) -> None:
        rows = lines(app)
        assert len(rows) == 24 and all(len(row) == 80 for row in rows)
        assert "LIVE  market OPEN" in rows[0] and rows[-1].startswith("q quit")
        assert any(row.startswith("RISK ok") for row in rows)

    on_screen(home, seen)


def test_it_is_drawn_again_when_something_changes(home: Home) -> None:
    current(home)

    async def seen(app: Top, pilot: Pilot[None]) -> None:
        halt = Halt(code="HAND", why="a drill", since_ns=1)
        current(home, phase=Phase.HALTED, why="HAND: a drill", halt=halt, risk=RiskPage(state=RiskState.HARD_HALT))
        await until(lambda: app.drawn is not None and "HARD_HALT HALTED" in str(app.drawn.panes), pilot)
        await until(lambda: lines(app)[0].startswith("CRIT  LIVE"), pilot)

    on_screen(home, seen)


def test_held_it_stands_still_until_it_is_let_go(home: Home) -> None:
    current(home)

    async def seen(app: Top, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        await pilot.pause(0.2)
        held = app.drawn
        current(home, entries_off="tester: a drill", phase=Phase.REDUCE_ONLY, why="entries are off")
        await pilot.pause(1.5)
        assert app.drawn is held and "HELD" in lines(app)[-1]
        await pilot.press("space")
        await until(lambda: "REDUCE_ONLY" in str(app.drawn), pilot)

    on_screen(home, seen)


def test_in_an_empty_home_it_says_what_is_missing_and_goes_on(home: Home) -> None:
    async def seen(app: Top, pilot: Pilot[None]) -> None:
        assert lines(app)[0].startswith("UNKNOWN  LIVE  market unknown")
        current(home)
        await until(lambda: "market OPEN" in lines(app)[0], pilot)

    on_screen(home, seen)


def test_a_home_that_is_not_there_is_no_crash(tmp_path: Path) -> None:
    async def seen(app: Top, pilot: Pilot[None]) -> None:
        assert lines(app)[0].startswith("UNKNOWN  PAPER")

    on_screen(Home(Profile.PAPER, tmp_path / "nowhere"), seen)


@pytest.mark.parametrize("name", ["main_health", "feed_health", "watchdog_health"])
def test_garbage_in_a_file_is_unknown_and_no_crash(home: Home, name: str) -> None:
    current(home)
    Path(getattr(home, name)).write_bytes(b'{"profile": "live", \xff')

    async def seen(app: Top, pilot: Pilot[None]) -> None:
        assert name == "watchdog_health" or "HEALTH_UNREADABLE" in str(app.drawn)

    on_screen(home, seen)


def test_what_a_file_says_cannot_paint_the_terminal(home: Home) -> None:
    place = PlaceHealth(key="NFO:X\x1b[2J[red]", product="MIS", qty=65, lowest=0, highest=65)
    current(home, positions=(place,), alerts=("SEV1 \x1b]0;owned\x07 [bold]",))

    async def seen(app: Top, pilot: Pilot[None]) -> None:
        told = "\n".join(lines(app))
        assert "\x1b" not in told and "\x07" not in told
        assert "NFO:X\\x1b[2J[red]" in told

    on_screen(home, seen, (120, 60))


def test_how_much_of_a_limit_is_used_is_a_bar_and_a_number(home: Home) -> None:
    gauges = (
        GaugePage(code="DAY_LOSS", percent=41, text="", near=False, reached=False),
        GaugePage(code="DRAWDOWN", percent=3, text="", near=False, reached=False),
        GaugePage(code="ROUND_TRIPS", percent=100, text="", near=False, reached=True),
    )
    current(home, risk=RiskPage(net_paise=0, gauges=gauges))
    told = pane(home, "RISK")
    assert "DAY_LOSS        [#####     ]  41 %" in told
    assert "DRAWDOWN        [#         ]   3 %" in told, "what is used at all is seen"
    assert "ROUND_TRIPS     [##########] 100 % REACHED" in told


def test_the_book_shows_what_is_held_and_what_may_become_of_it(home: Home) -> None:
    places = tuple(PlaceHealth(key=f"NFO:{n}", product="MIS", qty=65, lowest=0, highest=65) for n in range(11))
    current(home, positions=places)
    told = pane(home, "BOOK")
    assert "NFO:0  MIS      +65  +0 to +65" in told and "and 3 more: tarazu engine status" in told


def test_speed_is_unknown_without_main(home: Home) -> None:
    current(home)
    home.main_health.unlink()
    assert pane(home, "SPEED") == "SPEED UNKNOWN\nunknown: MAIN_DOWN"


def test_the_words_are_the_same_as_json(home: Home) -> None:
    current(home)
    told = screen(look_now(home))
    assert msgspec.json.decode(msgspec.json.encode(told.panes))[0]["name"] in ("TO LOOK AT", "RISK")
