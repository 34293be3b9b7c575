"""The picture of docs/architecture.md: who runs, what is written down, who asks whom; light and dark, from tables.

    python tools/pictures/architecture.py docs/img

writes `architecture-light.svg` and `architecture-dark.svg` there, the same bytes each time.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 1160, 742
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

LIGHT = {"paper": "#ffffff", "ink": "#1c2430", "soft": "#5a6675", "line": "#8a97a6", "broker": "#e8eefc",
         "process": "#e6f4ea", "record": "#fdf3da", "person": "#f1f2f5", "edge": "#c2cad4"}  # fmt: skip
DARK = {"paper": "#0d1117", "ink": "#e6edf3", "soft": "#9aa7b5", "line": "#6e7b8a", "broker": "#1b2744",
        "process": "#173325", "record": "#3a3017", "person": "#1f252d", "edge": "#3a444f"}  # fmt: skip


class Box(NamedTuple):
    x: int
    y: int
    width: int
    height: int
    kind: str
    """Its colour."""
    title: str
    lines: tuple[str, ...] = ()


class Arrow(NamedTuple):
    points: tuple[tuple[int, int], ...]
    """The head is at the last one."""
    label: str = ""
    at: tuple[int, int] = (0, 0)
    both: bool = False
    """A head at each end."""


LEFT, MIDDLE, RIGHT, ROOM = 40, 400, 760, 320
"""Where the three columns begin, and how wide they are."""

BOXES = (
    Box(LEFT, 24, 1040, 76, "broker", "The broker: Kite Connect v3, or the broker in a box",
        ("one protocol and one set of rules: above the wire nothing knows which of the two it is",)),
    Box(LEFT, 190, ROOM, 112, "process", "depth_ws: the feed",
        ("records a frame before it looks at it", "a clock for each link and instrument",
         "says FEED_STALE within 5 s")),
    Box(MIDDLE, 190, ROOM, 112, "process", "main: the engine",
        ("process(message) gives acts, and no more", "one gate for entries, a stop for every fill",
         "on the disk before it leaves")),
    Box(RIGHT, 190, ROOM, 112, "process", "watchdog: the second eyes",
        ("its own line to the broker, its own sums", "cancels and halts; cannot place an order",
         "ends what hangs, carries the alerts")),
    Box(LEFT, 440, ROOM, 90, "record", "feed log",
        ("frames as received, two clocks, CRC32C", "archived as Parquet, row for row")),
    Box(MIDDLE, 440, ROOM, 90, "record", "journal",
        ("hash chain, Merkle tree, signed", "recovery, replay and audit read it")),
    Box(RIGHT, 440, ROOM, 90, "record", "desk's record",
        ("what people and commands did, chained", "READY, incidents, runbooks, CLOSED")),
    Box(LEFT, 614, ROOM, 112, "person", "the same engine, other clocks",
        ("replay: decided again, byte for byte", "backtest, paper: an exchange model fills",
         "simulated days: hostile, by the thousand")),
    Box(MIDDLE, 614, ROOM, 112, "person", "the close",
        ("reconcile: by id, to the paisa", "audit: proven, and decided again", "backup, export, rollup: CLOSED")),
    Box(RIGHT, 614, ROOM, 112, "person", "a person, and the runbook",
        ("ready, status, sla, ops, why, incident", "runbook run: each command is judged",
         "flatten: by the broker's books alone")),
)  # fmt: skip

ARROWS = (
    Arrow(((200, 100), (200, 190)), "ticks, over WebSocket", (210, 142)),
    Arrow(((560, 190), (560, 100)), "orders; answers and books", (570, 142), both=True),
    Arrow(((920, 190), (920, 100)), "books; cancellations", (930, 142), both=True),
    Arrow(((120, 302), (120, 440)), "first", (129, 420)),
    Arrow(((300, 440), (300, 392), (450, 392), (450, 302)), "then, by a doorbell", (309, 385)),
    Arrow(((560, 302), (560, 440)), "before it sends", (569, 420)),
    Arrow(((690, 302), (690, 392), (830, 392), (830, 440)), "its head, signed", (699, 385)),
    Arrow(((1000, 302), (1000, 440)), "its acts", (1009, 420)),
    Arrow(((160, 530), (160, 614)), "frames", (169, 578)),
    Arrow(((450, 530), (450, 572), (300, 572), (300, 614)), "messages and acts", (309, 565)),
    Arrow(((560, 530), (560, 614)), "the whole day", (569, 578)),
    Arrow(((920, 614), (920, 530)), "every step", (929, 578)),
    Arrow(((1080, 670), (1116, 670), (1116, 62), (1080, 62)), both=True),
)
SUPERVISED = (24, 172, 1072, 182)
"""The frame around the three processes."""


def picture(colour: dict[str, str]) -> str:
    x, y, width, height = SUPERVISED
    shapes = [
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="14" fill="none" stroke="{colour["line"]}" '
        'stroke-dasharray="5 5"/>',
        *(line for arrow in ARROWS for line in _arrow(arrow, colour)),
        *(line for box in BOXES for line in _box(box, colour)),
        _text(LEFT + 110, y + height - 18, "one supervisor: what dies is started again", colour["soft"], 13),
        _text(1134, 366, "flatten and the close ask the broker themselves", colour["soft"], 13, turned=True),
    ]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'height="{HEIGHT}" font-family="{FONT}" role="img">',
            "<title>How tarazu is built: the broker, three processes, three records, and who reads them</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colour["paper"]}"/>',
            *shapes,
            "</svg>\n",
        )
    )


def _box(box: Box, colour: dict[str, str]) -> Iterator[str]:
    yield (
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="10" '
        f'fill="{colour[box.kind]}" stroke="{colour["edge"]}"/>'
    )
    yield _text(box.x + 18, box.y + 28, box.title, colour["ink"], 16, bold=True)
    for at, line in enumerate(box.lines):
        yield _text(box.x + 18, box.y + 53 + 21 * at, line, colour["ink"], 13)


def _arrow(arrow: Arrow, colour: dict[str, str]) -> Iterator[str]:
    way = " ".join(f"{x},{y}" for x, y in arrow.points)
    yield f'<polyline points="{way}" fill="none" stroke="{colour["line"]}" stroke-width="1.6"/>'
    yield _head(arrow.points[-2], arrow.points[-1], colour["line"])
    if arrow.both:
        yield _head(arrow.points[1], arrow.points[0], colour["line"])
    if arrow.label:
        yield _text(*arrow.at, arrow.label, colour["soft"], 13)


def _head(before: tuple[int, int], tip: tuple[int, int], colour: str) -> str:
    (x, y), dx, dy = tip, _sign(tip[0] - before[0]), _sign(tip[1] - before[1])
    back_x, back_y = x - 9 * dx, y - 9 * dy
    points = f"{x},{y} {back_x + 5 * dy},{back_y + 5 * dx} {back_x - 5 * dy},{back_y - 5 * dx}"
    return f'<polygon points="{points}" fill="{colour}"/>'


def _sign(of: int) -> int:
    return (of > 0) - (of < 0)


def _text(x: int, y: int, words: str, colour: str, size: int, *, bold: bool = False, turned: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    turn = f' transform="rotate(-90 {x} {y})" text-anchor="middle"' if turned else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}"{weight}{turn}>{escape(words)}</text>'


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, colour in (("light", LIGHT), ("dark", DARK)):
        (folder / f"architecture-{name}.svg").write_text(picture(colour), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
