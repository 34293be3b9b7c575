"""What pages share: a sheet that leaves no place unfilled, plots that lose no spike and invent no value, lanes."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from harness.whole_page import whole
from tarazu.app.pages.lanes import TALL, THIN_MIN, Bar, Lane, lanes
from tarazu.app.pages.paper import TOP, Axis, Band, Paper, Scale, along, range_of
from tarazu.app.pages.plot import POINTS_MAX, Line, Mark, plot, thinned
from tarazu.app.pages.sheet import head, sheet
from tarazu.app.pages.tables import Cell, number, table, text, told_by
from tarazu.app.pages.words import money, rupees, signed, span
from tarazu.app.verdict import Check, Status

AXIS = Axis(length=9, labels=[(0, "a"), (9, "b")])


def template(folder: Path, body: str) -> Path:
    path = folder / "page.html"
    path.write_text(f"<!doctype html><html><head><!--HEAD--></head><body>{body}</body></html>")
    return path


# Sheets.


def test_words_are_escaped_and_parts_are_not(tmp_path: Path):
    page = sheet(template(tmp_path, "<h1><!--A--></h1><!--B-->"), "T & T", {"A": "<i>"}, {"B": "<p>b</p>"})
    assert whole(page).words.split() == ["<i>", "b"] and "<title>T &amp; T</title>" in page


def test_a_place_that_nobody_fills_is_our_bug_and_not_a_hole_in_the_page(tmp_path: Path):
    with pytest.raises(KeyError, match="B"):
        sheet(template(tmp_path, "<!--A--><!--B-->"), "t", {"A": ""}, {})


def test_what_fills_a_place_is_no_place_itself(tmp_path: Path):
    page = sheet(template(tmp_path, "<!--A-->|<!--B-->"), "t", {"B": "secret"}, {"A": "<!--B-->"})
    assert page.count("secret") == 1


def test_no_page_may_run_or_fetch_anything():
    assert "default-src 'none'" in head("t") and "default-src 'none'" in head("t", "body{}")
    assert not re.search(r"url\(|@import|https?:", head("t"))


def test_paper_is_white_by_night_too():
    """Of the dark colours none is for print."""
    assert re.findall(r"@media[^{]*dark[^{]*", head("t")) == ["@media screen and (prefers-color-scheme: dark) "]


# Plots.


def points_of(svg: str) -> list[list[tuple[float, float]]]:
    paths = re.findall(r'<polyline [^>]*points="([^"]*)"', svg)
    return [[tuple(map(float, point.split(","))) for point in path.split()] for path in paths]  # type: ignore[misc]


def test_a_line_with_a_gap_is_drawn_as_two_and_nothing_between():
    line = Line(name="l", style="one", values=[1.0, 2.0, None, None, 3.0, 4.0])
    first, second = points_of(plot(AXIS, [line], str, 100))
    assert (len(first), len(second)) == (2, 2)
    assert second[0][0] > first[-1][0], "the second stretch stands where its values are"


def test_values_stand_where_they_were_seen():
    paper = Paper(width=400, left=50)
    (drawn,) = points_of(plot(AXIS, [Line(name="l", style="one", values=[1.0, 1.0], at=[0, 9])], str, 100, paper=paper))
    assert [x for x, _ in drawn] == [50, paper.right] == [along(paper, AXIS, 0), along(paper, AXIS, 9)]


def test_on_a_scale_of_powers_each_power_is_as_far_from_the_next():
    line = Line(name="l", style="one", values=[1.0, 10.0, 100.0, 1_000.0])
    (drawn,) = points_of(plot(AXIS, [line], str, 234, scale=Scale.LOG))
    heights = [before[1] - after[1] for before, after in pairwise(drawn)]
    assert heights == pytest.approx([heights[0]] * 3, abs=0.11)


@pytest.mark.parametrize("scale", list(Scale))
@pytest.mark.parametrize("values", [[], [5.0], [5.0, 5.0], [0.001, 90_000.0], [7.5, 12.0]])
def test_every_value_is_on_the_paper(scale: Scale, values: list[float]):
    shown = range_of(values, scale)
    assert all(-1e-9 <= shown.share(value) <= 1 + 1e-9 for value in values) and len(shown.steps) >= 2


def test_zero_is_on_the_scale_where_it_is_asked_for():
    assert range_of([100.0, 101.0], Scale.ZERO).low == 0 < range_of([100.0, 101.0], Scale.FREE).low


def test_thinning_loses_no_spike_and_keeps_the_order():
    points = [(float(n), 0.0) for n in range(20 * POINTS_MAX)]
    points[7_777], points[9_999] = (7_777.0, 9.0), (9_999.0, -9.0)
    found = thinned(points)
    assert {(7_777.0, 9.0), (9_999.0, -9.0), points[0], points[-1]} <= set(found)
    assert list(found) == sorted(found) and len(found) <= POINTS_MAX + 2


def test_a_mark_points_at_its_price_from_below_when_bought_and_from_above_when_sold():
    marks = [Mark(x=1, y=5.0, up=True, title="b"), Mark(x=1, y=5.0, up=False, title="s")]
    svg = plot(AXIS, [Line(name="l", style="one", values=[4.0, 6.0])], str, 100, marks, Scale.FREE)
    bought, sold = (re.findall(rf'class="{style}" points="[\d.]+,([\d.]+)', svg)[0] for style in ("buy", "sell"))
    assert float(bought) > float(sold)


def test_a_band_shades_its_stretch_and_a_moment_is_still_seen():
    bands = [Band(first=3, last=6, style="stale", title="s"), Band(first=1, last=1, style="fault", title="f")]
    axis, paper = Axis(length=9, labels=[], bands=bands), Paper(width=914, left=0)
    widths = re.findall(
        r'<rect class="\w+" x="([\d.]+)" y="\d+" width="([\d.]+)"', plot(axis, [], str, 100, paper=paper)
    )
    assert [(float(x), float(w)) for x, w in widths] == [(300, 300), (100, 1)]


# Lanes.


def test_a_bar_that_took_no_time_is_still_seen():
    svg = lanes(AXIS, [Lane(name="n", bars=[Bar(first=2, last=2, style="ok", title="t")])], "a")
    assert f'width="{THIN_MIN:.1f}"' in svg


def test_what_is_said_of_a_bar_at_the_edge_stands_before_it():
    def anchor(first: float, last: float) -> str:
        row = Lane(name="n", told="ok 3.0 s", bars=[Bar(first=first, last=last, style="ok", title="t")])
        return re.findall(r'text-anchor="(\w+)">ok 3.0 s', lanes(AXIS, [row], "a"))[0]

    assert (anchor(1, 2), anchor(8.5, 9)) == ("start", "end")


def test_on_a_narrow_paper_names_stand_above_their_bars():
    row = Lane(name="depth_ws", bars=[Bar(first=2, last=5, style="ok", title="t")])
    svg = lanes(AXIS, [row, row], "a", Paper(width=380, left=50))
    assert svg.count('x="0.0"') == 2 and f"{TOP + 2 * TALL + 24}" in svg.partition('role="img"')[0]


def test_a_label_that_does_not_fit_on_its_bar_is_left_out():
    def drawn(last: float) -> bool:
        return "pid 4711" in lanes(
            AXIS, [Lane(name="n", bars=[Bar(first=0, last=last, style="ok", title="t", label="pid 4711")])], "a"
        )

    assert drawn(5) and not drawn(0.3)


# Tables and words.


def test_a_cell_has_its_class_and_what_others_said_cannot_forge_a_line():
    html = table(["a", number("n")], [[text("<b>\n"), Cell("1", "n")]])
    assert '<th class="n">n</th>' in html and '<td>&lt;b&gt;\\n</td><td class="n">1</td>' in html


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (Check(id="a", status=Status.OK, observed=1_234, unit="ms"), "1,234 ms"),
        (Check(id="a", status=Status.OK, observed=2.5, limit=3, unit="s", detail="told"), "told; 2.5 s, limit 3 s"),
        (Check(id="a", status=Status.OK, observed=0, detail="exit 0"), "exit 0"),
        (Check(id="a", status=Status.CRIT, code="LATE", detail="by <much>"), "LATE; by &lt;much&gt;"),
    ],
)
def test_a_check_is_told_by_its_words_and_by_a_number_that_has_a_unit(check: Check, told: str):
    assert told_by(check) == told


@pytest.mark.parametrize(
    ("paise", "told", "with_sign"),
    [(0, "₹0.00", "₹0.00"), (123_456_789, "₹1,234,567.89", "+₹1,234,567.89"), (-5, "-₹0.05", "-₹0.05")],
)
def test_rupees_are_exact_and_the_minus_stands_before_them(paise: int, told: str, with_sign: str):
    assert (rupees(paise), signed(paise)) == (told, with_sign)


def test_numbers_of_an_axis_are_short():
    assert [money(v) for v in (0, -2_500, 150_000, 3e7)] == ["₹0", "-₹2.5 k", "₹1.5 L", "₹3 cr"]
    assert [span(ns) for ns in (5, 80_000, 120_000_000, 1_500_000_000)] == ["5 ns", "80 µs", "120 ms", "1.5 s"]
