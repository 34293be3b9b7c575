"""What is followed because it is held: as far as anybody can say, and never at the cost of the feed."""

from datetime import date
from pathlib import Path

import pytest

from tarazu import reference
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import TokenRefused, Unreachable
from tarazu.app.depth_ws.pins import held_before, held_now
from tarazu.app.main import prepare as main_prepare
from tarazu.app.main.prepare import followed
from tarazu.model.ids import InstrumentToken
from tarazu.sim.synthetic.universe import build_universe

DAY = date(2026, 11, 23)


class Books(KiteMarketRest):
    """A broker whose books answer like this."""

    def __init__(self, answer: frozenset[InstrumentToken] | Exception) -> None:
        super().__init__(root="http://127.0.0.1:1", api_key="k", access_token=lambda: "t")
        self._answer = answer

    def held(self) -> frozenset[InstrumentToken]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def test_books_that_do_not_answer_are_said_and_cost_no_feed(caplog: pytest.LogCaptureFixture) -> None:
    held = frozenset([InstrumentToken(7)])
    assert held_before(Books(held)) == held and not caplog.text
    assert held_before(Books(Unreachable("gone"))) == frozenset()
    assert "what is held could not be asked" in caplog.text
    with pytest.raises(TokenRefused):
        held_before(Books(TokenRefused("log in")))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            '{"stage": "RUNNING", "positions": [{"key": "NFO:A", "qty": 75}, {"key": "NFO:B", "lowest": -75}]}',
            {"NFO:A", "NFO:B"},
        ),
        ('{"stage": "RUNNING", "positions": []}', set()),
        ('{"stage": "STARTING", "positions": []}', None),
        ('{"stage": "RECOVERING", "positions": [{"key": "NFO:A", "qty": 75}]}', None),
        ('{"stage": "FAILED", "positions": []}', None),
        ("{}", None),
        ('{"stage": "RUNNING", "positions": [{"qty": 1}]}', None),
        ("", None),
        (None, None),
    ],
    ids=[
        *("two places", "flat", "no engine yet", "half of its journal", "no engine any more", "no stage", "no keys"),
        *("empty file", "no file"),
    ],
)
def test_main_says_what_it_holds_and_what_it_does_not_say_changes_nothing(
    text: str | None, keys: set[str] | None, tmp_path: Path
) -> None:
    path = tmp_path / "main_health.json"
    if text is not None:
        path.write_text(text)
    assert held_now(path) == keys


def test_where_there_is_no_room_for_all_what_is_held_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = build_universe(DAY, reference.calendar(), reference.rules("nse-2026"), "tiny", 1, {}).instruments
    last = listed[-1].instrument_token
    assert followed(listed, {last}) == tuple(listed)
    monkeypatch.setattr(main_prepare, "WATCH_MAX", 5)
    assert followed(listed, set()) == tuple(listed[:5])
    assert followed(listed, {last}) == (*listed[:4], listed[-1])
    assert followed(listed, {listed[2].instrument_token}) == tuple(listed[:5])
