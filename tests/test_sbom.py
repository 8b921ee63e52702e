"""The bill of materials names every pinned package, its hashes, licence and who needs it."""

import re
import runpy

import pytest

from seicast.places import CHECKOUT

LOCK = (CHECKOUT / "requirements.lock").read_text()
PROJECT = {"name": "seicast", "version": "1"}


@pytest.fixture(scope="module")
def bill():
    """Return the function that makes the bill."""
    return runpy.run_path(str(CHECKOUT / ".ci" / "sbom.py"))["bill"]


def test_every_package_of_the_lock_is_in_the_bill_with_its_hashes(bill):
    pinned = re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[.*?\])?==(\S+)", LOCK)
    made = bill(LOCK, PROJECT)
    assert [(each["name"], each["version"]) for each in made["components"]] == pinned
    notes = [note["name"] for each in made["components"] for note in each["properties"]]
    assert notes.count("seicast:sha256") == LOCK.count("--hash=sha256:")


def test_who_needs_what_is_told_from_both_sides(bill):
    made = bill(
        "a==1 \\\n    --hash=sha256:" + "0" * 64 + "\n    # via\n    #   b\n    #   seicast (x)\n"
        "b==2 ; sys_platform == 'linux'\n    # via seicast (pyproject.toml)\n",
        PROJECT,
    )
    needs = {each["ref"]: each["dependsOn"] for each in made["dependencies"]}
    assert needs == {
        "pkg:pypi/a@1": [],
        "pkg:pypi/b@2": ["pkg:pypi/a@1"],
        "pkg:pypi/seicast@1": ["pkg:pypi/a@1", "pkg:pypi/b@2"],
    }
    where = {"name": "seicast:only_where", "value": "sys_platform == 'linux'"}
    assert where in made["components"][1]["properties"]


def test_the_licences_of_what_is_installed_are_stated(bill):
    made = bill(LOCK, PROJECT)
    known = {each["name"]: each["licenses"] for each in made["components"] if "licenses" in each}
    assert known["numpy"]
    assert len(known) > 0.8 * len(made["components"])


def test_the_same_lock_gives_the_same_bill(bill):
    assert bill(LOCK, PROJECT) == bill(LOCK, PROJECT)
