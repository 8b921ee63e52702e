"""Write what an installation consists of as CycloneDX JSON: ``make sbom``.

Names, versions, hashes and what needs what come from requirements.lock, licences from the
packages installed here. The same lock gives the same file.
"""

import json
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
NEEDED_BY = re.compile(r"#\s+(?:via\s+)?([A-Za-z0-9._-]+)")


def bill(lock: str, project: dict[str, str]) -> dict[str, object]:
    """Return the bill of materials of a lock file."""
    parts = re.split(r"\n(?=[A-Za-z0-9])", lock)
    found = [(match, part) for part in parts if (match := PINNED.match(part))]
    own = _purl(project["name"], project["version"])
    purls = {match[1]: _purl(match[1], match[2]) for match, _ in found} | {project["name"]: own}
    needs: dict[str, set[str]] = {purl: set() for purl in purls.values()}
    for match, part in found:
        for name in NEEDED_BY.findall(part):
            if name in purls:
                needs[purls[name]].add(purls[match[1]])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": own, "purl": own, **project}},
        "components": [_component(match, part) for match, part in found],
        "dependencies": [
            {"ref": purl, "dependsOn": sorted(others)} for purl, others in sorted(needs.items())
        ],
    }


def _component(match: re.Match[str], part: str) -> dict[str, object]:
    name, version, marker = match.groups()
    purl = _purl(name, version)
    # One hash for each file of the release: a platform installs one of them.
    notes = [("seicast:sha256", sha256) for sha256 in HASH.findall(part)]
    notes += [("seicast:only_where", marker.strip())] if marker else []
    licence = _licence(name)
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "properties": [{"name": kind, "value": value} for kind, value in notes],
        **({"licenses": [{"license": {"name": licence}}]} if licence else {}),
    }


def _licence(name: str) -> str:
    """Return the licence that an installed package states, an empty text where it does not."""
    try:
        stated = metadata(name)
    except PackageNotFoundError:  # of another platform
        return ""
    kinds = [each for each in stated.get_all("Classifier", []) if each.startswith("License ::")]
    short = (stated.get("License-Expression") or stated.get("License") or "").strip()
    if short and len(short.splitlines()) == 1:
        return short
    return kinds[0].rpartition(" :: ")[2] if kinds else ""


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"


if __name__ == "__main__":
    stated = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    made = bill(
        (CHECKOUT / "requirements.lock").read_text(),
        {"name": stated["name"], "version": stated["version"]},
    )
    Path(sys.argv[1]).write_text(json.dumps(made, indent=1) + "\n")
