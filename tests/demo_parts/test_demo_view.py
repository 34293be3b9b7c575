"""What a demo looks like: the same words on any terminal, at any size of it, and never more than was known then."""

import io
import os
import re
import time

import msgspec
import pytest
from rich.console import Console

from demo_parts.made_demo import BACK_S, CALL, OPENS_S, STALE_S, TOOK_S, made_demo, market_ns
from tarazu.app.demo.told import DemoTold, Happened, Kind, Sample
from tarazu.app.demo.view.frame import frame
from tarazu.app.demo.view.ink import ASCII, BRAILLE, Ink, ink_of
from tarazu.app.demo.view.live import LiveView
from tarazu.app.demo.view.plain_lines import PlainLines
from tarazu.app.runbook.runs.judging import How
from tarazu.app.verdict import Check, Status

SIZES = [(80, 24), (120, 36), (200, 60), (60, 16), (100, 30), (72, 40), (30, 8), (1, 1)]
MOMENTS_S = [0.0, 2.0, 8.0, OPENS_S + 4, STALE_S + 6, 90.0, TOOK_S, TOOK_S + 50]
RAW = "\x1b[2J\x1b]0;owned\x07\nOK all is well"


def shown(told: DemoTold, at_s: float, width: int = 120, height: int = 36, said: str = "", ink: Ink = BRAILLE) -> str:
    return frame(told, at_s, width, height, said, ink).plain


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("at_s", MOMENTS_S)
def test_a_frame_fills_the_terminal_and_no_cell_more(width: int, height: int, at_s: float) -> None:
    console = Console(width=width, file=io.StringIO())
    drawn = frame(made_demo(), at_s, width, height)
    assert [line.cell_len for line in drawn.split("\n", allow_blank=True)] == [width] * height
    assert len(console.render_lines(drawn, pad=False)) == height, "and rich breaks none of its lines"


def test_a_demo_of_which_nothing_is_known_says_so() -> None:
    empty = msgspec.structs.replace(
        made_demo(), steps=[], samples=[], happened=[], fills=[], proofs=[], opens_ns=0, closes_ns=0, took_s=0.0
    )
    text = shown(empty, 0.0)
    assert "market unknown" in text
    assert "no price yet" in text
    assert "nothing seen of it yet" in text
    assert "NORMAL" not in text and "flat" not in text and "FRESH" not in text


def test_what_main_does_not_tell_is_unknown_and_never_a_figure() -> None:
    text = shown(made_demo(), 8.0)
    assert "phase unknown  risk unknown" in text
    assert "P&L day unknown" in text
    assert "positions unknown" in text
    assert "orders 0, working 0" in text, "as the sample has it"


def test_the_head_says_what_it_is_and_the_time_of_the_market() -> None:
    head = shown(made_demo(), 20.0).splitlines()[0]
    assert head.startswith(" TARAZU DEMO  SIM  market OPEN, closes 09:08:16 (56 s)")
    assert head.endswith("Mon 2026-11-23 09:07:20 IST   20.0 s ")
    assert shown(made_demo(), 20.0, 80, 24).splitlines()[0].endswith("09:07:20 IST   20.0 s ")


def test_mid_incident_it_shows_the_stale_feed_the_blocked_desk_and_the_step_that_runs() -> None:
    for width, height in ((80, 24), (120, 36)):
        text = shown(made_demo(), 58.0, width, height, said="depth_ws is stopped")
        assert "> INCIDENT > close" in text
        assert re.search(r"runs +1\.0 s depth +python scripts/start_depth_ws\.py", text)
        assert "depth_ws is stopped" in text
        assert "phase REDUCE_ONLY" in text
        assert "feed STALE  6.00 s of 2.50 s" in text
        assert "STALE" in text.splitlines()[3], "over its span of the chart"
        assert BRAILLE.shade in text
        assert "CRIT FEED_STALE options: no tick for" in text


def test_a_step_that_had_not_ended_by_then_has_no_verdict_yet() -> None:
    told = made_demo()
    assert re.search(r"runs +2\.9 s gate", shown(told, 3.0))
    assert "READY" not in shown(told, 3.0, 200)
    assert re.search(r"ok +3\.5 s gate .*READY", shown(told, 4.0, 200))


def test_nothing_of_later_is_shown() -> None:
    before, after = shown(made_demo(), 17.0), shown(made_demo(), 18.0)
    assert BRAILLE.sold not in before and "0 fills" in before
    assert BRAILLE.sold in after and "2 fills" in after
    assert "all 2 hold" not in shown(made_demo(), TOOK_S - 1)


def test_what_was_bought_stands_below_the_line_and_what_was_sold_above_it() -> None:
    told = made_demo()
    rows = shown(told, 60.0).splitlines()[3:17]
    where = {mark: [n for n, row in enumerate(rows) if mark in row[:70]] for mark in (BRAILLE.bought, BRAILLE.sold)}
    assert len(where[BRAILLE.bought]) == 1 and len(where[BRAILLE.sold]) >= 2
    one = msgspec.structs.replace(told, fills=[f for f in told.fills if f.side == "BUY"][:1])
    x = next(row.index(BRAILLE.bought) for row in shown(one, 60.0).splitlines() if BRAILLE.bought in row)
    column = [row[x] for row in shown(one, 60.0).splitlines()[3:17]]
    assert column[column.index(BRAILLE.bought) - 1] in BRAILLE.cells[1:]


def test_a_feed_that_nobody_judges_in_the_session_is_shaded_too() -> None:
    told = made_demo()
    told.samples = [
        msgspec.structs.replace(s, feed="") if STALE_S <= s.at_s < BACK_S else s for s in told.samples
    ]  # fmt: skip
    text = shown(told, 60.0)
    assert "feed not judged" in text
    assert "not judged" in text.splitlines()[3][:70]
    assert BRAILLE.shade not in shown(told, 40.0)


def test_an_old_look_says_how_old_it_is() -> None:
    told = made_demo()
    told.samples = [s for s in told.samples if s.at_s <= 30]
    assert "as of 10 s ago" in shown(told, 40.0)
    assert "10 s old" in shown(told, 40.0)
    assert "ago" not in shown(told, 31.0)


def test_a_day_that_is_over_tells_its_verdict_and_what_missed() -> None:
    told = made_demo()
    assert "OVER: everything held" in shown(told, TOOK_S)
    assert "all 2 hold" in shown(told, TOOK_S)
    told.proofs.append(Check(id="books.flat", status=Status.CRIT, code="NOT_FLAT", detail=f"75 {CALL} are left"))
    for width, height in ((80, 24), (120, 36)):
        text = shown(told, TOOK_S, width, height)
        assert "OVER: NOT EVERYTHING HELD" in text
        assert "1 of 3 MISSED" in text
        assert f"CRIT books.flat: NOT_FLAT: 75 {CALL}" in text


def test_of_more_proofs_than_there_is_room_for_the_sum_and_the_misses_stay() -> None:
    told = made_demo()
    told.proofs = [Check(id="bad", status=Status.UNKNOWN, detail="not known")]
    told.proofs += [Check(id=f"p{n}", status=Status.OK) for n in range(60)]
    text = shown(told, TOOK_S, 80, 24)
    assert "1 of 61 MISSED" in text and "UNKNOWN bad: not known" in text


def test_a_step_that_missed_says_what() -> None:
    told = made_demo()
    told.steps[0] = msgspec.structs.replace(told.steps[0], how=How.FAILED, missed=("exit 2, not 0",))
    text = shown(told, 5.0)
    assert re.search(r"FAIL +3\.5 s gate", text) and "exit 2, not 0" in text
    assert "pre-open FAIL" in shown(told, 12.0)


def test_text_of_processes_moves_no_cursor_and_forges_no_line() -> None:
    told = made_demo()
    told.happened.append(Happened(at_s=20.0, market_ns=market_ns(20), kind=Kind.FEED, status=Status.CRIT, text=RAW))
    told.steps[-1] = msgspec.structs.replace(told.steps[-1], first_line=RAW, step=RAW, missed=(RAW,))
    told.samples = [_raw(sample) for sample in told.samples]
    for at_s in (20.0, 96.0, TOOK_S):
        assert all(line.isprintable() for line in shown(told, at_s, 200, 60, said=RAW).split("\n"))
    assert r"\x1b[2J" in shown(told, 20.0, 200, 60)


def _raw(sample: Sample) -> Sample:
    rows = tuple(msgspec.structs.replace(row, doing=RAW, state=RAW) for row in sample.processes)
    positions = {RAW: 75}
    return msgspec.structs.replace(
        sample, market=RAW, phase=RAW, risk=RAW, feed=RAW, processes=rows, positions=positions, used={RAW: 3}
    )


def test_many_positions_and_limits_share_the_room() -> None:
    told = made_demo()
    many = {f"NFO:NIFTY26NOV{25_000 + 50 * n}CE": 75 for n in range(30)}
    used = {f"LIMIT_{n}": n for n in range(120)}
    told.samples = [msgspec.structs.replace(s, positions=many, used=used) for s in told.samples]
    text = shown(told, 30.0)
    assert "holds 30: +75 NIFTY26NOV25000CE" in text
    assert re.search(r"LIMIT_119 +\[##########\] 119 %", text)


def test_a_terminal_without_the_letters_gets_a_chart_of_ascii() -> None:
    told, ink = made_demo(), ink_of("ISO8859-1", "xterm")
    assert ink is ASCII and ink_of("utf-8", "linux") is ASCII and ink_of("utf-8", "xterm-256color") is BRAILLE
    for at_s in MOMENTS_S:
        assert shown(told, at_s, 80, 24, ink=ink).isascii()
    text = shown(told, 60.0, ink=ink)
    assert ASCII.shade * 3 in text and ASCII.sold in text


def test_without_colours_the_words_are_the_same() -> None:
    told = made_demo()
    drawn = {
        colours: _printed(told, no_color=not colours, color_system="truecolor" if colours else None)
        for colours in (True, False)
    }
    assert "\x1b[" in drawn[True]
    plain = re.compile(r"\x1b\[[0-9;]*m")
    assert plain.sub("", drawn[True]) == plain.sub("", drawn[False])
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", drawn[False])


def _printed(told: DemoTold, **given: object) -> str:
    console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True, **given)  # type: ignore[arg-type]
    console.print(frame(told, 58.0, 80, 24), end="")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_demo_of_hours_is_drawn_as_soon() -> None:
    """5 frames a second leave the desk its two cores."""
    told = made_demo()
    told.fills = [msgspec.structs.replace(told.fills[0], market_ns=market_ns(20 + n / 10)) for n in range(400)]
    began = time.process_time()
    for _ in range(5):
        frame(told, 75.0, 200, 60)
    assert (time.process_time() - began) / 5 < 0.2, "25 ms on a quiet machine; not a part of the second"


def test_plain_lines_are_one_for_each_step_and_event_and_print_only() -> None:
    told, stream = made_demo(), io.StringIO()
    view = PlainLines(stream)
    view.began(told)
    for step in told.steps:
        view.step_began(step)
        view.said("READY")
        view.step_ended(step)
    for what in told.happened:
        view.happened(what)
    view.sampled(told.samples[-1])
    view.happened(Happened(at_s=1.0, market_ns=0, kind=Kind.FEED, status=Status.OK, text=RAW))
    view.ended()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1 + len(told.steps) + len(told.happened) + 1
    assert all(line.isprintable() for line in lines)
    assert lines[0] == "tarazu demo, SIM, market day 2026-11-23: seed 7, scenario normal, incident mute-feed"
    assert lines[1] == (
        "  3.6 s  pre-open gate: ok after 3.5 s, exit 0: python scripts/readiness_gate.py | READY  SIM  0 blockers"
    )
    assert " 54.6 s  feed: CRIT FEED_STALE options: no tick for 2.6 s, limit 2.5 s" in lines


def test_plain_lines_tell_what_missed_and_what_was_broken_off() -> None:
    told, stream = made_demo(), io.StringIO()
    view = PlainLines(stream)
    failed = msgspec.structs.replace(told.steps[0], how=How.FAILED, missed=("exit 2, not 0",))
    view.step_began(failed)
    view.step_ended(failed)
    view.step_began(msgspec.structs.replace(told.steps[1], how=None, took_s=0.0, exit=None, first_line=""))
    view.ended()
    view.ended()
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith("| NOT AS EXPECTED: exit 2, not 0")
    assert lines[1:] == ["  3.6 s  pre-open depth: was broken off: python scripts/start_depth_ws.py"]


def test_plain_lines_of_any_alphabet_go_to_any_stream() -> None:
    raw = io.BytesIO()
    view = PlainLines(io.TextIOWrapper(raw, "ascii"))
    view.happened(Happened(at_s=1.0, market_ns=0, kind=Kind.DESK, status=Status.OK, text="₹ 5"))
    assert raw.getvalue() == b"  1.0 s  desk: \\u20b9 5\n"


def test_a_reader_that_has_gone_away_stops_nothing() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with io.TextIOWrapper(os.fdopen(writes, "wb", buffering=0), write_through=True) as stream:
        view = PlainLines(stream)
        view.began(made_demo())
        view.happened(made_demo().happened[0])
        view.ended()


def test_the_live_view_hides_nothing_that_it_was_told_late_of() -> None:
    view = LiveView()
    view.sampled(made_demo().samples[-1])
    assert made_demo().samples[-1].at_s <= view.now_s < made_demo().samples[-1].at_s + 60
