"""A profile's folder, and the settings in it."""

from pathlib import Path

import pytest

from tarazu.app.home import BadProfile, Profile, home
from tarazu.app.main.day import config_of
from tarazu.app.settings import NIFTY, BadSettings, Settings, read_settings


def test_sim_is_the_profile_nobody_asked_for() -> None:
    assert home(environ={"TARAZU_HOME": "/desk"}).root == Path("/desk/sim")


def test_what_is_asked_for_goes_before_the_environment() -> None:
    environ = {"TARAZU_HOME": "/desk", "TARAZU_PROFILE": "paper"}
    assert home(None, environ).profile is Profile.PAPER
    assert home("live", environ).root == Path("/desk/live")


def test_without_a_home_the_state_is_kept_in_var_here() -> None:
    assert home(environ={}).root == Path.cwd() / "var" / "sim"


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadProfile, match="no profile 'prod'; there are: sim, paper, live"):
        home("prod", {})


def test_the_folders_are_nobody_elses(tmp_path: Path) -> None:
    made = home(environ={"TARAZU_HOME": str(tmp_path)})
    made.make()
    assert {p.stat().st_mode & 0o777 for p in (made.root, made.feed, made.run, made.masters, made.logs)} == {0o700}


def test_no_settings_file_means_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "tarazu.toml") == Settings()
    assert Settings().feed.underlyings == (NIFTY,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[feed]\nsentinel = 3", "unknown field `sentinel`"),
        ("[feed]\nsentinels = 'many'", "Expected `int`, got `str`"),
        ("[feed]\noptional = ['futurs']", "Invalid enum value 'futurs'"),
        ("[fed]\n", "unknown field `fed`"),
        ("[feed\n", "Expected ']'"),
        ("[sim]\nsession = 'swift'", "Invalid enum value 'swift'"),
    ],
)
def test_a_word_we_do_not_know_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "tarazu.toml"
    file.write_text(text)
    with pytest.raises(BadSettings) as refused:
        read_settings(file)
    assert str(file) in str(refused.value) and told in str(refused.value)


def test_the_largest_limits_there_can_be_fit_the_journal_and_larger_ones_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "tarazu.toml"
    file.write_text("[engine.risk]\nday_loss_max = 1e13\n[engine.pilot]\norder_value_max = 1e13\n")
    config = config_of(read_settings(file).engine)
    assert config.risk.day_loss_max_paise == config.pilot_as.order_value_max_paise == 10**15
    for text in ("risk]\nday_loss_max = 1e14", "risk]\ndelta_max = 0.001", "risk]\nvega_max = nan", *TOO_LARGE):
        file.write_text(f"[engine.{text}\n")
        with pytest.raises(BadSettings):
            read_settings(file)


TOO_LARGE = (
    "risk]\norder_qty_max = 20_000_000_000_000_000_000",
    "pilot]\nday_loss_max = 1e300",
    'position_limits]\n"NFO:X" = 20_000_000_000_000_000_000',
)
