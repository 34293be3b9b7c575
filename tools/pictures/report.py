"""The report of a real demo as a picture: `python tools/pictures/report.py var/demo/demo.json docs/img/report.png`.

The page is drawn by Chromium, headless, from the run's own figures: nothing is touched up. `--width 390` is a
telephone, `--dark` the night, `--pdf` the paper.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import msgspec

from tarazu.app.demo.report import page
from tarazu.app.demo.told import DemoTold

CHROMIUM = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
LEAST_WINDOW = 500
"""Chromium opens no narrower one: a telephone is a frame in it."""


def main() -> int:
    """Exit 0 with the picture written. Raises where Chromium or the run's file is not there: there is no picture."""
    asked = _asked()
    told = msgspec.json.decode(asked.demo.read_bytes(), type=DemoTold)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.html")
        report.write_text(page(told), encoding="utf-8")
        shown = report if asked.width >= LEAST_WINDOW or asked.pdf else _framed(report, asked.width, asked.height)
        subprocess.run([*CHROMIUM, *_ways(asked), shown.as_uri()], check=True, capture_output=True, timeout=120)
    print(asked.picture)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path, help="demo.json of a run")
    parser.add_argument("picture", type=Path, help="the PNG, or with --pdf the PDF, to be written")
    parser.add_argument("--width", type=int, default=1_280, help="pixels of the page")
    parser.add_argument("--height", type=int, default=1_500, help="pixels from the page's top that are shown")
    parser.add_argument("--scale", type=float, default=1.0, help="pixels of the picture for one of the page")
    parser.add_argument("--dark", action="store_true", help="as by night")
    parser.add_argument("--pdf", action="store_true", help="as on paper")
    return parser.parse_args()


def _ways(asked: argparse.Namespace) -> list[str]:
    if asked.pdf:
        return [f"--print-to-pdf={asked.picture.resolve()}", "--no-pdf-header-footer"]
    ways = [
        f"--screenshot={asked.picture.resolve()}",
        f"--window-size={max(asked.width, LEAST_WINDOW)},{asked.height}",
        f"--force-device-scale-factor={asked.scale}",
    ]
    return [*ways, "--blink-settings=preferredColorScheme=0"] if asked.dark else ways


def _framed(report: Path, width: int, height: int) -> Path:
    frame = report.with_name("frame.html")
    style = f"border:0;width:{width}px;height:{height}px"
    frame.write_text(
        f'<meta name="color-scheme" content="light dark"><iframe src="report.html" style="{style}"></iframe>'
    )
    return frame


if __name__ == "__main__":
    raise SystemExit(main())
