"""The tutorial runs as it stands, and shows what comes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from seicast.places import CHECKOUT

TUTORIAL = (CHECKOUT / "docs" / "tutorial.md").read_text()
BLOCKS = re.findall(r"```(sh|text)\n(.*?)```", TUTORIAL, re.DOTALL)
STEP = "===== next step ====="


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Return what every block of commands printed, run in one shell, far from the real home."""
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / "docs").symlink_to(CHECKOUT / "docs")
    places = {"SEICAST_HOME": folder / "home", "SEICAST_SHELF": folder / "shelf"}
    own = {name: value for name, value in os.environ.items() if not name.startswith("SEICAST_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = f"\necho '{STEP}'\n".join(text for kind, text in BLOCKS if kind == "sh")
    reply = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**own, **{name: str(place) for name, place in places.items()}}
        | {"PATH": path, "COLUMNS": "200", "OMP_WAIT_POLICY": "passive"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert reply.returncode == 0, reply.stdout
    return reply.stdout.split(STEP)


def shown():
    """Yield each line that the tutorial shows, with the number of the block that prints it."""
    number = -1
    for kind, text in BLOCKS:
        number += kind == "sh"
        if kind == "text":
            yield from ((number, line) for line in text.strip().splitlines())


@pytest.mark.slow
@pytest.mark.parametrize(("number", "line"), list(shown()))
def test_what_the_tutorial_shows_is_what_comes(outputs, number, line):
    assert " ".join(line.split()) in " ".join(outputs[number].split())


@pytest.mark.slow
def test_more_evidence_gives_the_narrower_interval_it_promises(outputs):
    asked = next(each for each in outputs if each.count("(90%)") == 2)
    recipe, cycled = (
        float(high) - float(low) for low, high in re.findall(r"(0\.\d+) to (0\.\d+) \(90%\)", asked)
    )
    assert cycled < recipe / 2
