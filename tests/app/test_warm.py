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
