"""All pictures of the README and the docs, from one real run: `make pictures`, or `python tools/pictures [DEMO_JSON]`.

Without a `demo.json` a demo is run for it, in a folder that is thrown away; one that does not pass gives no pictures.
The screen is that of a moment in the incident, when the feed has gone stale.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from tarazu.app.demo.told import DemoTold, Kind
from tarazu.app.verdict import Status

HERE = Path(__file__).parent
IMAGES = HERE.parents[1] / "docs" / "img"
LOOKS_S = 1.5
"""After the feed went stale: blocked, and the playbook under way."""


def main() -> None:
    if len(sys.argv) > 1:
        return draw(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "demo"
        run([sys.executable, "-m", "tarazu", "demo", "--plain", "--folder", str(folder)])
        return draw(folder / "demo.json")


def draw(demo: Path) -> None:
    told = msgspec.json.decode(demo.read_bytes(), type=DemoTold)
    python = [sys.executable]
    run([*python, str(HERE / "view.py"), str(demo), f"{incident_s(told):.1f}", str(IMAGES / "demo.png")])
    run([*python, str(HERE / "report.py"), str(demo), str(IMAGES / "report.png")])
    run([*python, str(HERE / "architecture.py"), str(IMAGES)])


def incident_s(told: DemoTold) -> float:
    """The moment of the picture; the run's middle, where nothing went stale."""
    stale = (what.at_s for what in told.happened if what.kind is Kind.FEED and what.status is not Status.OK)
    first = next(stale, None)
    return told.took_s / 2 if first is None else first + LOOKS_S


def run(words: list[str]) -> None:
    """Raises CalledProcessError: what was to be drawn is not there, or did not pass."""
    subprocess.run(words, check=True)


if __name__ == "__main__":
    main()
