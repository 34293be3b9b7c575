"""What is built is whole, the same wherever it is built, and works in an empty folder, with no checkout at hand."""

import json
import re
import tarfile
import zipfile
from pathlib import Path

import tarazu
from harness.built import Built, Installed, build
from tarazu.app.controls.evidence import source_sha256
from tarazu.app.identity import identity
from tarazu.app.main.build import build as deciding_build

ROOT = Path(__file__).parents[2]
SHIPPED = "tarazu/shipped/"
INFO = f"tarazu-{tarazu.__version__}.dist-info"
ORDERS = (
    "import os, urllib.request as u; key, token = os.environ['KITE_API_KEY'], os.environ['KITE_ACCESS_TOKEN'];"
    "ask = u.Request(os.environ['KITE_ROOT'] + '/orders', headers={'Authorization': f'token {key}:{token}'});"
    "print(u.urlopen(ask).status)"
)


def files_of(folder: Path) -> dict[str, bytes]:
    """By their names in it; compiled ones are nobody's."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_a_wheel_is_the_package_byte_for_byte_and_what_it_carries(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        inside = {name: wheel.read(name) for name in wheel.namelist()}
    assert len(wheel.namelist()) == len(inside), "no name twice"
    ours = {f"tarazu/{name}": text for name, text in files_of(ROOT / "src" / "tarazu").items()}
    ours |= {f"{SHIPPED}{f}/{name}": text for f in ("scripts", "runbook") for name, text in files_of(ROOT / f).items()}
    beside = set(inside) - set(ours)
    assert {name: inside[name] for name in ours} == ours
    assert beside == {f"{SHIPPED}built_from.json"} | {
        f"{INFO}/{name}"
        for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "sboms/tarazu.cdx.json")
    }


def test_the_list_of_parts_is_in_the_wheel_and_of_its_version(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        sbom = json.loads(wheel.read(f"{INFO}/sboms/tarazu.cdx.json"))
        needs = re.findall(
            r"^Requires-Dist: ([a-z0-9-]+)[^;\n]*$", wheel.read(f"{INFO}/METADATA").decode(), re.MULTILINE
        )
    assert (sbom["specVersion"], sbom["metadata"]["component"]["version"]) == ("1.6", tarazu.__version__)
    assert set(needs) <= {part["name"] for part in sbom["components"]} and len(needs) > 15


def test_an_sdist_makes_the_same_wheel_and_knows_its_commit_without_a_repository(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    assert not (source / ".git").exists()
    build(source, tmp_path / "again", "-t", "wheel")
    (again,) = (tmp_path / "again").glob("*.whl")
    assert again.read_bytes() == built.wheel.read_bytes()
    for name in ("Makefile", "README.md", "examples/first_trade.py", "tests/test_readme.py", "requirements/dev.txt"):
        assert (source / name).read_bytes() == (ROOT / name).read_bytes()


def test_an_installed_package_says_which_commit_it_was_built_from(installed: Installed) -> None:
    first, *rows = installed.run("--version").splitlines()
    told = dict(row.split(maxsplit=1) for row in rows)
    found = identity()
    assert first == f"tarazu {tarazu.__version__}" and told["build"] == deciding_build()
    assert told["commit"] == f"built from {found}" if found.commit else f"{found}"


def test_what_the_tests_have_shown_of_the_checkout_holds_for_the_package(built: Built, installed: Installed) -> None:
    program = "from tarazu.app.controls.evidence import source_sha256; print(source_sha256())"
    assert installed.python_says(program) == source_sha256()


def test_every_command_of_the_runbook_is_there_without_a_checkout(installed: Installed) -> None:
    assert re.match(r"OK  SIM  runbook: \d+ right", installed.run("runbook", "check"))


def test_a_broker_in_a_box_serves_a_strangers_program(installed: Installed) -> None:
    flags = ("--size", "tiny", "--rules", "permissive")
    assert installed.run("sim", "run", *flags, "--", "python", "-c", ORDERS).splitlines()[-1] == "200"


def test_the_gate_opens_in_an_empty_folder_and_the_runbook_runs_the_scripts_of_the_package(
    installed: Installed,
) -> None:
    assert installed.run("ready").startswith("READY  SIM")
    ran = installed.run("runbook", "run", "rollback-flags", "--auto", "--consent", "flags", code=2)
    assert "REFUSED  SIM  nothing was changed" in ran, "the script has answered: no version is known as good yet"
    assert [path.name for path in installed.folder.iterdir()] == ["var"], "nothing but the home"
