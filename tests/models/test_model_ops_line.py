"""The MODEL line of the half-hour look: what is active, whether main uses it, and how far it has drifted."""

import time
from pathlib import Path

import msgspec
import pytest

from tarazu.app.home import Home, Profile
from tarazu.app.main.health import MainHealth, Stage
from tarazu.app.main.health_page import health_page
from tarazu.app.main.models_health import DriftPage, ModelsPage
from tarazu.app.models.manifest import Manifest
from tarazu.app.models.registry import register
from tarazu.app.watching.models import models

TEXT = b'{"schema":"tarazu.model/1","kind":"linear","features":["x"],"weights":[1]}'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.SIM, tmp_path / "sim")
    made.make()
    sha256 = register(made, "xgb", TEXT, Manifest(), who="asha", now_ns=1)
    (made.models / "xgb" / "active").write_text(sha256)
    return made


def active(home: Home) -> str:
    return (home.models / "xgb" / "active").read_text()


def said(home: Home, drift: DriftPage, used: str = "", trouble: str = "") -> MainHealth:
    page = ModelsPage(is_used=True, active={"xgb": used or active(home)}, drift={"xgb": drift}, trouble=trouble)
    told = health_page(
        home=home, started=(1, 1), now=(1, time.monotonic_ns()), every_ns=1, stage=Stage.RUNNING, detail="", day=None
    )
    return msgspec.structs.replace(told, models=page)


def codes(home: Home, health: MainHealth) -> list[str]:
    return [check.code for check in models(home, health)[1] if check.code]


def test_it_tells_hash_drift_and_the_mean_of_the_windows_scores(home: Home) -> None:
    text, checks = models(home, said(home, DriftPage(rows=140, name="gap_bps", psi=0.07)), [0.5, 0.66])
    assert text == f"xgb {active(home)[:7]} sha256 ok, drift PSI 0.07 gap_bps of 140 (warn 0.20) | mean p 0.58 of 2"
    assert all(check.status == "ok" for check in checks)


def test_drift_is_a_warning_from_the_limit_of_the_settings_on(home: Home) -> None:
    assert codes(home, said(home, DriftPage(rows=140, name="x", psi=0.2))) == ["MODEL_DRIFT"]
    home.settings_file.write_text("[models]\npsi_warn = 0.4\n")
    assert codes(home, said(home, DriftPage(rows=140, name="x", psi=0.2))) == []


def test_drift_that_is_not_known_is_never_ok(home: Home) -> None:
    text, checks = models(home, said(home, DriftPage(rows=3, why="3 decisions of 100")))
    assert "drift not known (3 decisions of 100)" in text
    assert [check.status for check in checks if check.id == "model.xgb.psi"] == ["skip"]


def test_main_that_uses_another_or_refuses_is_told(home: Home) -> None:
    assert codes(home, said(home, DriftPage(), used="ab" * 32)) == ["NOT_USED"]
    assert codes(home, said(home, DriftPage(), trouble="its file is gone")) == ["MODELS"]
