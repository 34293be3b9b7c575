"""A model swapped under a running main: acknowledged, journalled, survived, and the day decided the same again."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.broker_process import broker_process
from harness.desk import desk
from harness.scenario_desk import ENGINE, UNCOMPARED, ScenarioDesk
from tarazu.engine import messages as m
from tarazu.engine.acts import Decide, HaltStrategy
from tarazu.strategy.decision import Decision

MOMENTUM = """
[[engine.strategies]]
factory = "momentum"
params = { model = "xgb", bar_seconds = 1, fast_bars = 2, slow_bars = 3, gap_bps_min = 0, score_min = 0.99, risk_rupees = 1e6 }
"""  # noqa: E501 - one table, one line
FIRST, SECOND = (
    b'{"schema":"tarazu.model/1","kind":"logistic","features":["gap_bps"],"weights":[0.001],"bias":%d}' % bias
    for bias in (0, -1)
)
WAIVED = [word for gate in ("baseline", "active", "drift", "shadow") for word in ("--waive", gate)]
PATIENCE_S = 120.0


def sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


class Swapping:
    """The desk, its operator and what its momentum says."""

    def __init__(self, trading: ScenarioDesk, root: Path) -> None:
        self.trading, self.root = trading, root

    def model(self, *words: str) -> tuple[int, dict[str, Any]]:
        waits = ("--wait", "120") if words[0] in ("promote", "rollback") else ()
        done = self.trading.tarazu("model", *words, "--family", "xgb", *waits, "--json")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def promote(self, text: bytes) -> tuple[int, dict[str, Any]]:
        file = self.root / "taken.json"
        file.write_bytes(text)
        return self.model("promote", "--file", str(file), *WAIVED, "--why", "a test")

    def decisions(self) -> list[Decision]:
        return [act.decision for act in self.trading.told.acts(Decide)]

    def until_it_says(self, text: bytes, after: int = 0) -> None:
        name = f"model {sha256(text)[:12]} "
        self.until(lambda: any(name in said.why for said in self.decisions()[after:]), name)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"no {what}: {[said.why for said in self.decisions()][-5:]}"
            time.sleep(0.2)

    @property
    def used(self) -> str:
        return self.trading.desk.main_health.models.active.get("xgb", "")


def test_a_model_is_swapped_rolled_back_and_the_day_replays_with_the_versions_of_then(tmp_path: Path) -> None:
    flags = ("--speed", "3", "--step-ms", "250", "--scenario", "trend")
    settings = UNCOMPARED + ENGINE + MOMENTUM
    with broker_process(*flags) as served, desk(tmp_path, served, settings) as made:
        trading = ScenarioDesk(made)
        swapping = Swapping(trading, tmp_path)
        code, told = swapping.promote(FIRST)
        assert (code, told["main"]["state"]) == (1, "NOT_RUNNING"), told
        trading.begin()
        assert trading.told.messages(m.Started)[-1].models == {"xgb": sha256(FIRST)}
        swapping.until_it_says(FIRST)
        shown = json.loads(trading.tarazu("ops", "--json").stdout)["sections"]["model"]["text"]
        assert shown.startswith(f"xgb {sha256(FIRST)[:7]} sha256 ok, drift not known (its manifest does not tell"), (
            shown
        )
        swaps_and_goes_back(swapping)
        refuses_what_is_gone(swapping)
        stops_entries_while_the_pointer_is_wrong(swapping)
        trading.kill_main()
        trading.restart_main()
        assert trading.told.messages(m.Started)[-1].models == {"xgb": sha256(FIRST)}
        assert trading.kill_main(15) == 0 and made.stop() == 0
        assert not trading.told.acts(HaltStrategy)
        replayed = trading.tarazu("replay", str(trading.told.day), "--verify", "--json")
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        gone = made.home.models / "xgb" / f"{sha256(SECOND)}.json"
        gone.rename(gone.with_suffix(".away"))
        replayed = trading.tarazu("replay", str(trading.told.day), "--verify", "--json")
        assert replayed.returncode != 0 and "a model that was used on that day is gone" in replayed.stdout


def swaps_and_goes_back(swapping: Swapping) -> None:
    said = len(swapping.decisions())
    code, told = swapping.promote(SECOND)
    assert (code, told["main"]["state"], told["acknowledged"]) == (1, "ACKNOWLEDGED", True), told
    assert swapping.used == sha256(SECOND)
    swapping.until_it_says(SECOND, after=said)
    assert not any("too few bars" in one.why for one in swapping.decisions()[said:]), "it carried on what it knew"
    said = len(swapping.decisions())
    code, told = swapping.model("rollback", "--to", "previous")
    assert (code, told["acknowledged"], told["after"]) == (0, True, sha256(FIRST)), told
    swapping.until_it_says(FIRST, after=said)
    swaps = swapping.trading.told.messages(m.ModelsSet)
    assert [swap.active for swap in swaps] == [{"xgb": sha256(SECOND)}, {"xgb": sha256(FIRST)}]


def refuses_what_is_gone(swapping: Swapping) -> None:
    """Forward to a file that is not there, or is another one by now."""
    folder = swapping.trading.home.models / "xgb"
    file = folder / f"{sha256(SECOND)}.json"
    text = file.read_bytes()
    for spoil in (file.unlink, lambda: file.write_bytes(text.replace(b"-1", b"-2"))):
        spoil()
        code, told = swapping.model("rollback", "--to", "next")
        assert (code, told["checks"][0]["code"]) == (2, "BAD_VERSION"), told
        assert (folder / "active").read_text().strip() == sha256(FIRST) == swapping.used
    file.write_bytes(text)


def stops_entries_while_the_pointer_is_wrong(swapping: Swapping) -> None:
    """The desk was told to use something that is not there: it enters nothing, and says why."""
    pointer = swapping.trading.home.models / "xgb" / "active"
    pointer.write_text("0" * 64)
    made = swapping.trading.desk
    made.until_main(lambda h: "MODELS" in h.trouble and h.phase != "ACTIVE", PATIENCE_S)
    assert swapping.used == sha256(FIRST), "what ran before runs on"
    code, told = swapping.model("list")
    assert code == 2 and "ACTIVE_GONE" in json.dumps(told)
    code, told = swapping.model("rollback", "--to", sha256(FIRST))
    assert (code, told["acknowledged"]) == (0, True), told
    made.until_main(lambda h: "MODELS" not in h.trouble and h.phase == "ACTIVE", PATIENCE_S)
