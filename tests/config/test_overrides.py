"""The environment before tarazu.toml before the defaults, each value with its origin."""

from pathlib import Path

import pytest

from tarazu.app.config.fields import fields_of
from tarazu.app.config.meanings import meaning
from tarazu.app.config.values import Origin, shown, values
from tarazu.app.home import Home, Profile
from tarazu.app.settings import BadSettings, Settings, read_settings
from tarazu.model.instrument import Kind

TOML = """
[engine]
settle_s = 5
[engine.risk]
day_loss_max = 1000
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.SIM, tmp_path / "sim")
    made.make()
    made.settings_file.write_text(TOML)
    return made


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(home: Home) -> None:
    environ = {"TARAZU__ENGINE__SETTLE_S": "30", "HOME": "/root", "TARAZU_HOME": "/x"}
    found = read_settings(home.settings_file, environ)
    assert (found.engine.settle_s, found.engine.risk.day_loss_max) == (30.0, 1000.0)
    assert read_settings(home.settings_file, {}).engine.settle_s == 5.0
    told = {v.field.key: (v.value, v.origin, v.hidden) for v in values(home, environ)}
    assert told["engine.settle_s"] == (30.0, Origin.ENV, (Origin.TOML,))
    assert told["engine.risk.day_loss_max"] == (1000.0, Origin.TOML, ())
    assert told["sim.seed"] == (1, Origin.DEFAULT, ())


@pytest.mark.parametrize(
    ("variable", "text", "of"),
    [
        ("TARAZU__ENGINE__STOP_REQUIRED", "false", lambda s: s.engine.stop_required is False),
        ("TARAZU__SIM__SCENARIO", "crash", lambda s: s.sim.scenario == "crash"),
        ("TARAZU__SIM__AT", "10:00", lambda s: s.sim.at == "10:00"),
        ("TARAZU__SIM__DAY", "2026-11-19", lambda s: s.sim.day == "2026-11-19"),
        ("TARAZU__FEED__STOCKS", '["NSE:INFY"]', lambda s: s.feed.stocks == ("NSE:INFY",)),
        ("TARAZU__ENGINE__RISK__COLLAR_BPS", "{ CE = 500 }", lambda s: s.engine.risk.collar_bps == {Kind.CE: 500}),
        ("TARAZU__PAPER__FEED", "sim", lambda s: s.paper.feed == "sim"),
    ],
)
def test_a_value_is_read_as_toml_where_the_setting_takes_that_else_as_text(
    home: Home, variable: str, text: str, of: object
) -> None:
    assert callable(of) and of(read_settings(home.settings_file, {variable: text}))


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("TARAZU__ENGINE__SETLE_S", "5", "TARAZU__ENGINE__SETLE_S is no setting; is it TARAZU__ENGINE__SETTLE_S"),
        ("TARAZU__ENGINE", "{}", "TARAZU__ENGINE is no setting"),
        ("TARAZU__ENGINE__SETTLE_S", "soon", "TARAZU__ENGINE__SETTLE_S: .*it takes: number, 0 to 3,600"),
        ("TARAZU__ENGINE__SETTLE_S", "-1", "TARAZU__ENGINE__SETTLE_S"),
        ("TARAZU__ENGINE__SETTLE_S", "1\nstop_required=false", "TARAZU__ENGINE__SETTLE_S"),
    ],
)
def test_what_the_environment_cannot_mean_is_refused_by_its_name(
    home: Home, variable: str, text: str, told: str
) -> None:
    with pytest.raises(BadSettings, match=told):
        read_settings(home.settings_file, {variable: text})


def test_an_override_does_not_make_a_broken_file_readable(home: Home) -> None:
    home.settings_file.write_text("[engine]\nsettle_s = 'x'\n")
    with pytest.raises(BadSettings, match=r"tarazu\.toml.*settle_s"):
        read_settings(home.settings_file, {"TARAZU__ENGINE__SETTLE_S": "5"})


def test_every_setting_says_what_it_means_and_what_it_takes() -> None:
    fields = list(fields_of(Settings))
    assert len(fields) > 50
    assert [f.key for f in fields if not meaning(f)] == []
    assert [f.key for f in fields if f.kind == "anything"] == []


def test_values_are_shown_as_toml_writes_them() -> None:
    told = [None, True, 1_000_000, 0.5, 1e6, 'a"b', ["x"], {"NSE:INFY": 1}]
    assert [shown(v) for v in told] == [
        "not said", "true", "1_000_000", "0.5", "1_000_000.0", '"a\\"b"', '["x"]', '{ "NSE:INFY" = 1 }',
    ]  # fmt: skip
