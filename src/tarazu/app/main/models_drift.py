"""How far what the strategies see has moved from what their models were trained on, counted as they decide."""

from collections.abc import Mapping

from tarazu.app.home import Home
from tarazu.app.main.models_health import DriftPage
from tarazu.app.models.drift import ROWS_MIN, Counted
from tarazu.app.models.manifest import BadManifest
from tarazu.app.models.registry import manifest_of
from tarazu.engine.acts import Decide, Step
from tarazu.strategy.decision import Decision


class ModelsDrift:
    """A version that is swapped in begins at nothing."""

    def __init__(self, home: Home, active: Mapping[str, str]) -> None:
        self._home = home
        self._counted: dict[tuple[str, str], Counted] = {}
        """By name and hash."""
        self._unknown: dict[tuple[str, str], str] = {}
        """Of which nothing can be told, and why."""
        self.use(active)

    def use(self, active: Mapping[str, str]) -> None:
        """These from here on. Raises nothing."""
        kept = set(active.items())
        self._counted = {which: of for which, of in self._counted.items() if which in kept}
        self._unknown = {which: why for which, why in self._unknown.items() if which in kept}
        for which in kept - self._counted.keys() - self._unknown.keys():
            try:
                spread = manifest_of(self._home, *which).spread
            except (BadManifest, OSError) as bad:
                self._unknown[which] = f"no manifest to compare with: {bad}"
                continue
            if spread:
                self._counted[which] = Counted(spread)
            else:
                self._unknown[which] = "its manifest does not tell what it was trained on"

    def heard(self, step: Step) -> None:
        """What was decided."""
        for act in step.acts:
            if isinstance(act, Decide) and act.decision.measured:
                self._decided(act.decision)

    def _decided(self, decision: Decision) -> None:
        """A decision names the version it was made by with the beginning of its hash."""
        for (_, sha256), counted in self._counted.items():
            if f"model {sha256[:12]} " in f"{decision.why} ":
                counted.add(decision.numbers)

    def pages(self) -> dict[str, DriftPage]:
        return {name: DriftPage(why=why) for (name, _), why in self._unknown.items()} | {
            name: _page(counted) for (name, _), counted in self._counted.items()
        }


def _page(counted: Counted) -> DriftPage:
    found = counted.drift()
    if found.worst is None:
        return DriftPage(rows=found.rows, why=f"{found.rows} decisions of {ROWS_MIN}")
    name, psi = found.worst
    return DriftPage(rows=found.rows, name=name, psi=round(psi, 4))
