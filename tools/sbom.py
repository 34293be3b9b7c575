"""The list of what tarazu stands on (CycloneDX 1.6, JSON): each package of `requirements/runtime.txt` with its version,
the hashes of its files, its licence, and who needs it. `python tools/sbom.py [FILE]`; without one it is printed.

Made from files of the checkout alone, so that the same source gives the same bytes: no clock, no network, nothing that
happens to be installed. Needs the standard library; `hatch_build.py` puts the result into every wheel.
"""

import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK, LICENCES = Path("requirements") / "runtime.txt", Path("requirements") / "licences.toml"
OURSELVES = "tarazu"

# As `uv pip compile --generate-hashes` writes a lock.
PINNED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;]+)(?: ; (?P<marker>.+?))? \\$")
HASH = re.compile(r"^    --hash=sha256:(?P<sha256>[0-9a-f]{64})(?: \\)?$")
VIA = re.compile(r"^    #(?: via)?(?:$|\s+(?P<name>\S+))")


class BadLock(ValueError):
    """The lock or the table of licences is not what this reads; the message names the line or the package."""


@dataclass
class Pinned:
    """One package of the lock; numpy is there twice, with a marker each."""

    name: str
    version: str
    marker: str
    sha256: list[str] = field(default_factory=list)
    """Of each file that pip may take for it."""
    needed_by: list[str] = field(default_factory=list)

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def sbom_text(root: Path = ROOT) -> str:
    """Raises BadLock, OSError."""
    return json.dumps(sbom(root), indent=1, ensure_ascii=False) + "\n"


def sbom(root: Path = ROOT) -> dict[str, Any]:
    """One object of CycloneDX 1.6. Raises BadLock, OSError."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (root / LOCK).read_text(encoding="utf-8")
    licences = tomllib.loads((root / LICENCES).read_text(encoding="utf-8"))
    packages = list(pinned(lock))
    _same_names(packages, licences)
    us = f"pkg:pypi/{OURSELVES}@{project['version']}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # The same list has the same number.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, us + lock + json.dumps(licences))}",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "component": {
                "type": "application",
                "bom-ref": us,
                "name": OURSELVES,
                "version": project["version"],
                "description": project["description"],
                "licenses": [{"expression": project["license"]}],
                "purl": us,
            },
        },
        "components": [_component(package, licences[package.name]) for package in packages],
        "dependencies": _needs(us, packages),
    }


def pinned(lock: str) -> Iterator[Pinned]:
    """In the lock's order. Raises BadLock for a line that is none of the three kinds, and for a pin without a hash."""
    package: Pinned | None = None
    for number, line in enumerate(lock.splitlines(), start=1):
        if found := PINNED.match(line):
            if package is not None:
                yield _whole(package)
            package = Pinned(found["name"], found["version"], found["marker"] or "")
        elif package is not None and (found := HASH.match(line)):
            package.sha256.append(found["sha256"])
        elif package is not None and (found := VIA.match(line)):
            package.needed_by += [found["name"]] if found["name"] else []
        else:
            raise BadLock(f"{LOCK}:{number}: {line!r}")
    if package is not None:
        yield _whole(package)


def _whole(package: Pinned) -> Pinned:
    if not package.sha256:
        raise BadLock(f"{LOCK}: {package.name} has no hash")
    return package


def _same_names(packages: list[Pinned], licences: dict[str, str]) -> None:
    names = {package.name for package in packages}
    if names != set(licences):
        apart = ", ".join(sorted(names.symmetric_difference(licences)))
        raise BadLock(f"{LICENCES} and {LOCK} name other packages: {apart}")


def _component(package: Pinned, licence: str) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": sha256} for sha256 in package.sha256]
    files = {
        "type": "distribution",
        "url": f"https://pypi.org/simple/{package.name}/",
        "comment": "the files that may be installed, by their hashes; each platform takes one",
        "hashes": hashes,
    }
    marker = [{"name": "tarazu:python:marker", "value": package.marker}] if package.marker else []
    return {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "scope": "required",
        "licenses": [{"expression": licence}],
        "purl": package.purl,
        "externalReferences": [files],
        **({"properties": marker} if marker else {}),
    }


def _needs(us: str, packages: list[Pinned]) -> list[dict[str, Any]]:
    """What each package needs: the lock says it the other way round."""
    refs: dict[str, list[str]] = {OURSELVES: [us]}
    for package in packages:
        refs.setdefault(package.name, []).append(package.purl)
    needs: dict[str, list[str]] = {ref: [] for name in refs for ref in refs[name]}
    for package in packages:
        for name in package.needed_by:
            for ref in refs[name]:
                needs[ref].append(package.purl)
    return [{"ref": ref, "dependsOn": sorted(found)} for ref, found in needs.items()]


if __name__ == "__main__":
    text = sbom_text()
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
