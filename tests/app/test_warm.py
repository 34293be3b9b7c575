import os
import shutil
from pathlib import Path

import pytest

import tarazu
from tarazu.app import warm


def test_every_module_with_a_kernel_is_warmed() -> None:
    root = Path(tarazu.__file__).parent
    holders = {path for path in root.rglob("*.py") if "\n@njit(" in path.read_text()}
    assert {".".join(("tarazu", *p.relative_to(root).with_suffix("").parts)) for p in holders} == set(warm.KERNELS)


def test_each_is_named_with_its_seconds_and_the_last_line_is_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert warm.main() == 0
    *lines, verdict = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(warm.KERNELS)
    assert all(float(line.split()[1]) >= 0 for line in lines) and verdict == "WARM"


ONE = "tarazu.market.tokens"


def test_what_is_not_compiled_is_cold_until_it_is_and_is_told_while_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    environ, told = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}, list[str]()
    assert warm.cold(environ) == list(warm.KERNELS)
    monkeypatch.setattr(warm, "KERNELS", (ONE,))
    warm.warm_up(told.append, environ)
    assert warm.cold(environ) == [] and told[0] == f"kernels compiled: 1 of 1, {ONE}"
    assert capfd.readouterr().err.startswith("tarazu: compiling 1 kernels, once after an installation")
    told.clear()
    warm.warm_up(told.append, environ)
    assert told == [] and capfd.readouterr().err == "", "nothing is left to do, and nothing is said"


def test_a_module_that_was_changed_since_is_cold_and_one_that_was_touched_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {name: text for name, text in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    here = Path(tarazu.__file__).parent / "market"
    (tmp_path / "market").mkdir()
    shutil.copyfile(here / "tokens.py", tmp_path / "market" / "tokens.py")
    shutil.copytree(here / "__pycache__", tmp_path / "market" / "__pycache__")
    monkeypatch.setattr(warm, "KERNELS", (ONE,))
    monkeypatch.setattr(tarazu, "__file__", str(tmp_path / "__init__.py"))
    for index in (tmp_path / "market" / "__pycache__").iterdir():
        os.utime(index, (1, 1))
    assert warm.cold(environ) == [], "older than the module, and of what is in it"
    with (tmp_path / "market" / "tokens.py").open("a") as source:
        source.write("# changed\n")
    assert warm.cold(environ) == [ONE]
