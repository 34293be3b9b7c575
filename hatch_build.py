"""What a package carries beside `src/tarazu` (hatchling's build hook): the runbook with its scripts, the commit that it
is built from, and the list of what it stands on with hashes and licences (`.dist-info/sboms`, PEP 770).

A package is the same, byte for byte, wherever and whenever it is built from the same source.
"""

import importlib.util
import shutil
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLACE = {"wheel": "tarazu/shipped", "sdist": "src/tarazu/shipped"}
"""`tarazu.app.identity.SHIPPED`, as either kind of package names it."""
RUNBOOK = ("scripts", "runbook")
"""As they lie in the checkout; an sdist has them there, and its wheel takes them from there."""


class CustomBuildHook(BuildHookInterface[Any]):
    """Of the wheel and of the sdist; an editable installation is its checkout and gets nothing."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        self._made = Path(tempfile.mkdtemp(prefix="tarazu-build-"))
        place = PLACE[self.target_name]
        include: dict[str, str] = build_data["force_include"]
        include[self._write("built_from.json", _built_from(root))] = f"{place}/built_from.json"
        if self.target_name == "wheel":
            include |= {str(path): f"{place}/{path.relative_to(root)}" for path in _runbook(root)}
            sbom = _module(root / "tools" / "sbom.py").sbom_text(root)
            build_data["sbom_files"].append(self._write("tarazu.cdx.json", sbom))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            shutil.rmtree(self._made)

    def _write(self, name: str, text: str) -> str:
        path = self._made / name
        path.write_text(text, encoding="utf-8")
        return str(path)


def _built_from(root: Path) -> str:
    package = root / "src" / "tarazu"
    told = _module(package / "app" / "identity.py")
    return str(told.built_from(told.identity(package)))


def _runbook(root: Path) -> list[Path]:
    found = (path for folder in RUNBOOK for path in (root / folder).rglob("*"))
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _module(path: Path) -> ModuleType:
    """Of this very source: in the environment that builds, tarazu is not installed, or is another."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None, path
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
