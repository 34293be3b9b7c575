"""The list of parts says of every package of the lock what it is, whose licence it has, and who needs it."""

import importlib.metadata
import json
import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "sbom.py"))
LOCK = (ROOT / "requirements" / "runtime.txt").read_text("utf-8")
LICENCES: dict[str, str] = tomllib.loads((ROOT / "requirements" / "licences.toml").read_text("utf-8"))
ENTRY = "one==1.0 \\\n    --hash=sha256:" + "a" * 64 + "\n    # via tarazu (pyproject.toml)\n"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TOOL["sbom_text"]())
    return found


def test_every_pin_of_the_lock_is_a_component_with_all_its_hashes(told: dict[str, Any]) -> None:
    pins = re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, re.MULTILINE)
    assert [(row["name"], row["version"]) for row in told["components"]] == pins and len(pins) > 40
    kept = [h["content"] for row in told["components"] for ref in row["externalReferences"] for h in ref["hashes"]]
    assert kept == re.findall(r"--hash=sha256:([0-9a-f]{64})", LOCK)
    refs = [row["bom-ref"] for row in told["components"]]
    assert len(set(refs)) == len(refs)


@pytest.mark.parametrize("name", LICENCES)
def test_a_licence_is_the_one_that_the_package_itself_names(name: str) -> None:
    try:
        said = importlib.metadata.metadata(name).get("License-Expression")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("not for this machine")
    assert said in (None, LICENCES[name])


def test_what_we_need_is_what_the_project_names_and_leads_to_every_other_part(told: dict[str, Any]) -> None:
    needs = {row["ref"]: row["dependsOn"] for row in told["dependencies"]}
    us = told["metadata"]["component"]["bom-ref"]
    named = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[>=<\[ ;]", line)[0] for line in named}
    assert {ref.split("/")[1].split("@")[0] for ref in needs[us]} == names, "the lock is of these"
    ahead, reached = [us], set()
    while ahead:
        if (ref := ahead.pop()) not in reached:
            reached.add(ref)
            ahead += needs[ref]
    assert reached == set(needs)


def test_the_same_source_gives_the_same_bytes_and_another_lock_another_number(tmp_path: Path) -> None:
    assert TOOL["sbom_text"]() == TOOL["sbom_text"]()
    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"))
    (tmp_path / "requirements" / "runtime.txt").write_text(ENTRY)
    (tmp_path / "requirements" / "licences.toml").write_text('one = "MIT"\n')
    assert TOOL["sbom"](tmp_path)["serialNumber"] != TOOL["sbom"]()["serialNumber"]


@pytest.mark.parametrize(
    ("lock", "licences", "why"),
    [
        (ENTRY.replace("==", ">="), 'one = "MIT"', "runtime.txt:1: 'one>=1.0"),
        (ENTRY.replace("    --hash", "    --sha"), 'one = "MIT"', "runtime.txt:2"),
        ("one==1.0 \\\n" + ENTRY.replace("one", "two"), 'one = "MIT"\ntwo = "MIT"', "one has no hash"),
        (ENTRY, 'one = "MIT"\nother = "MIT"', "name other packages: other"),
        (ENTRY, "", "name other packages: one"),
    ],
)
def test_a_lock_that_is_not_understood_gives_no_list(tmp_path: Path, lock: str, licences: str, why: str) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"))
    (tmp_path / "requirements" / "runtime.txt").write_text(lock)
    (tmp_path / "requirements" / "licences.toml").write_text(licences)
    with pytest.raises(TOOL["BadLock"], match=why):
        TOOL["sbom"](tmp_path)
