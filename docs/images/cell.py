"""Draw ``cell.png``, the page of a simulated cell, in Chromium: ``python docs/images/cell.py``."""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import sync_playwright

from store import CellStore
from training.virtual_lab import founding_recipe, simulate

PORT = 8790
PICTURE = Path(__file__).with_suffix(".png")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
#: Facts, voltage and efficiency: what one screen of a README holds.
CLIP = {"x": 0, "y": 0, "width": 1280, "height": 928}


def main() -> None:
    """Keep a cell in a store of its own, serve it, and take its picture."""
    with tempfile.TemporaryDirectory() as home:
        _keep_a_cell(Path(home))
        command = [sys.executable, "-m", "seicast", "serve", "--port", str(PORT), "--no-worker"]
        environment = {**os.environ, "SEICAST_HOME": home}
        service = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            _wait(service)
            _draw(f"http://127.0.0.1:{PORT}/cells/Cu3N-SBR-1")
        finally:
            service.terminate()
            service.wait()


def _keep_a_cell(home: Path) -> None:
    recipe = founding_recipe("Cu3N+SBR")
    cell = simulate(recipe, seed=1, n_cycles=100, spectrum_cycles=(0, 10, 20, 50, 100)).cell
    store = CellStore.open(f"sqlite:///{home / 'seicast.db'}", str(home / "cells"))
    store.add(replace(cell, cell_id="Cu3N-SBR-1"))


def _wait(service: "subprocess.Popen[str]") -> None:
    for line in service.stderr or ():
        if "listening on" in line:
            return
    raise SystemExit("The service ended before it listened.")


def _draw(address: str) -> None:
    with sync_playwright() as playwright:
        # As root, in a container, Chromium's sandbox cannot start.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1330})
        page.goto(address, wait_until="networkidle")
        page.screenshot(path=PICTURE, clip=CLIP)
        browser.close()


if __name__ == "__main__":
    main()
