"""A desk of the paper profile whose market is a simulated broker's: nothing it sends may reach that broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.desk import TRADING, Desk
from harness.served import Served, serving
from tarazu.app.home import Home, Profile
from tarazu.app.research.kept import settings_text
from tarazu.app.settings import StrategySettings

FEED = '\n[paper]\nfeed = "sim"\nlatency_ms = 20\n'


class PaperDesk(Desk):
    def __init__(self, root: Path, served: Served, *strategies: StrategySettings) -> None:
        super().__init__(root, served, TRADING + settings_text(strategies) + FEED)
        sim = self.home
        self.home = Home(Profile.PAPER, root / "paper")
        self.home.make()
        self.home.settings_file.write_text(sim.settings_file.read_text())
        self.home.sim_broker.write_text(msgspec.json.encode(served.hello).decode())
        self.environment |= {"TARAZU_PROFILE": "paper", "PYTHONPATH": str(Path(__file__).resolve().parents[1])}


@contextmanager
def paper_desk(root: Path, *strategies: StrategySettings) -> Iterator[PaperDesk]:
    with serving("--at", "10:00", "--day", "2026-11-23") as served:
        desk = PaperDesk(root, served, *strategies)
        try:
            yield desk
        finally:
            for process in (desk.main, desk.process):
                if process is not None and process.poll() is None:
                    process.kill()
                    process.wait(30)
