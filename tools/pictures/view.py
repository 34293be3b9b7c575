"""The terminal view of a demo as a picture: `python tools/pictures/view.py DEMO_JSON AT_S OUT.svg|OUT.png`.

Draws the very screen that stood on the terminal `AT_S` seconds after the demo began, from its own record. A png is
taken by a headless Chromium.
"""

import argparse
import io
import subprocess
import tempfile
from pathlib import Path

import msgspec
from rich.console import Console
from rich.terminal_theme import TerminalTheme

from tarazu.app.demo.told import DemoTold
from tarazu.app.demo.view.frame import frame

CHROMIUM = "chromium"
TITLE = "tarazu demo"
COLUMNS, ROWS = 120, 36
# The sixteen colours of a dark terminal; normal, then bright.
THEME = TerminalTheme(
    (16, 20, 28),
    (214, 219, 229),
    [(40, 46, 58), (255, 107, 107), (99, 212, 130), (240, 196, 91), (93, 163, 250), (215, 140, 240), (84, 204, 221),
     (200, 206, 216)],
    [(96, 105, 120), (255, 140, 140), (140, 230, 165), (250, 215, 130), (140, 190, 255), (230, 175, 250),
     (130, 225, 238), (245, 247, 250)],
)  # fmt: skip


def svg(told: DemoTold, at_s: float, columns: int = COLUMNS, rows: int = ROWS) -> str:
    console = Console(
        record=True, file=io.StringIO(), width=columns, height=rows, force_terminal=True, color_system="truecolor"
    )
    console.print(frame(told, at_s, columns, rows), end="")
    return console.export_svg(title=TITLE, theme=THEME)


def png(drawn: str, out: Path) -> None:
    """The picture alone, twice as fine as a screen; its size is the drawing's own."""
    wide, high = (round(float(part)) for part in drawn.split('viewBox="0 0 ', 1)[1].split('"', 1)[0].split())
    with tempfile.TemporaryDirectory() as place:
        page = Path(place) / "page.html"
        page.write_text(f"<style>body{{margin:0}}svg{{display:block;width:{wide}px}}</style>{drawn}", "utf-8")
        subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=2",
             f"--user-data-dir={place}/profile", "--default-background-color=00000000",
             f"--window-size={wide},{high}", f"--screenshot={out.resolve()}", page.as_uri()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo_json", type=Path)
    parser.add_argument("at_s", type=float)
    parser.add_argument("out", type=Path)
    parser.add_argument("--columns", type=int, default=COLUMNS)
    parser.add_argument("--rows", type=int, default=ROWS)
    given = parser.parse_args()
    told = msgspec.json.decode(given.demo_json.read_bytes(), type=DemoTold)
    drawn = svg(told, given.at_s, given.columns, given.rows)
    if given.out.suffix == ".png":
        png(drawn, given.out)
    else:
        given.out.write_text(drawn, "utf-8")


if __name__ == "__main__":
    main()
