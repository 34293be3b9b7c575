"""The gate's row of models: every active one is what its name says, reads, and is signed for; else not READY."""

from pathlib import Path

import pytest

from tarazu.app.home import Home, Profile
from tarazu.app.models.manifest import Manifest
from tarazu.app.models.moving.swap import move
from tarazu.app.models.moving.trail import Act
from tarazu.app.models.registry import register
from tarazu.app.models.versions import manifest_file, model_file
from tarazu.app.readiness.gate import readiness
from tarazu.app.verdict import Check, Status

TEXT = b'{"schema":"tarazu.model/1","kind":"linear","features":["x"],"weights":[1]}'


class Gate:
    def __init__(self, root: Path, profile: Profile) -> None:
        self.home = Home(profile, root / profile)
        self.home.make()
        self.sha256 = register(self.home, "xgb", TEXT, Manifest(), who="asha", now_ns=1)
        move(self.home, "xgb", Act.PROMOTE, self.sha256, why="a test", who="asha", now_ns=2)

    @property
    def row(self) -> Check:
        (check,) = readiness(self.home, only=("model",), now_ns=1).checks
        return check


@pytest.mark.parametrize("profile", [Profile.PAPER, Profile.LIVE])
def test_an_active_model_that_is_signed_for_is_told_by_its_hash(tmp_path: Path, profile: Profile) -> None:
    gate = Gate(tmp_path, profile)
    assert gate.row.status is Status.OK and gate.row.detail == f"xgb {gate.sha256[:12]}"


@pytest.mark.parametrize("profile", [Profile.PAPER, Profile.LIVE])
@pytest.mark.parametrize("spoil", ["gone", "altered"])
def test_one_that_nobody_has_signed_for_blocks_where_a_market_is_real(
    tmp_path: Path, profile: Profile, spoil: str
) -> None:
    gate = Gate(tmp_path, profile)
    path = manifest_file(gate.home.models, "xgb", gate.sha256)
    if spoil == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b"asha", b"eve!"))
    assert (gate.row.status, gate.row.code) == (Status.CRIT, "MODEL_UNSIGNED")


@pytest.mark.parametrize("profile", [Profile.PAPER, Profile.LIVE])
def test_one_with_other_bytes_blocks_everywhere(tmp_path: Path, profile: Profile) -> None:
    gate = Gate(tmp_path, profile)
    model_file(gate.home.models, "xgb", gate.sha256).write_bytes(TEXT + b" ")
    assert (gate.row.status, gate.row.code) == (Status.CRIT, "BAD_MODEL")


def test_where_none_is_active_the_row_is_not_looked_at_and_says_so(tmp_path: Path) -> None:
    gate = Gate(tmp_path, Profile.LIVE)
    move(gate.home, "xgb", Act.NONE, "", why="a test", who="asha", now_ns=3)
    assert gate.row.status is Status.SKIP and gate.row.detail == "no model is active"


@pytest.mark.parametrize("how", ["gone", "moved"])
def test_a_pointer_that_no_command_has_moved_blocks_where_a_market_is_real(tmp_path: Path, how: str) -> None:
    gate = Gate(tmp_path, Profile.LIVE)
    if how == "gone":
        (gate.home.models / "xgb" / "active").unlink()
    else:
        other = register(gate.home, "xgb", TEXT + b" ", Manifest(), who="asha", now_ns=2)
        (gate.home.models / "xgb" / "active").write_text(other)
    assert (gate.row.status, gate.row.code) == (Status.CRIT, "MODEL_MOVED")
