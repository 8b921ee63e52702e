"""A service on a real socket, with keys, store and shelf, and a browser that walks its pages."""

import os
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import uvicorn

from features import Cell, CellDesign, Coating, Phase, Protocol, Recipe, Source, describe
from models import Predictor, Provenance
from models.predictor import Task
from models.scales import scale_of
from models.shelf import Entry, publish, store
from serving.app import create_app
from serving.server import listening
from serving.service import Stores
from serving.settings import Settings
from store.audit import AuditLog
from store.cells import CellStore
from store.jobs import JobQueue
from store.keys import KeyStore

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
#: It fetches nothing by itself, and runs in containers.
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SIZES = {"1280": (1280, 900), "390": (390, 844)}
#: Looked at without a picture: a tablet upright, the smallest phone.
FURTHER = {"768": (768, 1024), "320": (320, 568)}
#: model -> (target, unit, scale, lowest and highest label).
MODELS = {
    "ce": ("coulombic_efficiency", "fraction", "lce", 0.9, 0.99),
    "life": ("cycle_life", "cycles", "log10", 60, 600),
}
DESCRIPTORS = (
    "log10_current_density_mA_cm2",
    "log10_areal_capacity_mAh_cm2",
    "log10_coating_thickness_nm",
)
WAIT_MS = 60_000
#: A page whose size or colours changed is drawn anew within this time.
SETTLED_S = 10.0
#: WCAG 2.2, 1.4.3: text of usual size against what it stands on.
LEAST_CONTRAST = 4.5
#: Parts that are asked for, or will be, or are being put in their place.
UNDER_WAY = ".htmx-request, .htmx-swapping, .htmx-settling, [hx-trigger*='load delay']"
#: Texts fainter than that, with their contrast: [words, contrast].
FAINT = """least => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  // Any colour as CSS writes it -> red, green, blue, opacity.
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const linear = (share) => share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  const light = (colour) => {
    const [red, green, blue] = colour.map((byte) => linear(byte / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  // What a page without a ground of its own stands on, which only an element knows.
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.backgroundColor = "Canvas";
  const bare = rgba(getComputedStyle(probe).backgroundColor);
  probe.remove();
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0.99) return colour;
    }
    return bare;
  };
  const found = new Map();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.data.trim(), element = texts.currentNode.parentElement;
    if (!words || !element.checkVisibility() || element.closest(":disabled, option")) continue;
    const style = getComputedStyle(element);
    const ink = light(rgba(element.closest("svg") ? style.fill : style.color));
    const paper = light(ground(element));
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < least) found.set(words.slice(0, 60), Number(contrast.toFixed(2)));
  }
  return [...found];
}"""
#: What a phone hides: tables that go on beyond the edge, choices cut short.
HIDDEN = """() => {
  const canvas = document.createElement("canvas").getContext("2d");
  const tables = [...document.querySelectorAll(".scroll")]
    // A list of kept cells has ten columns; their ids and recipes come first.
    .filter((each) => each.checkVisibility() && each.ariaLabel !== "Cells")
    .filter((each) => each.scrollWidth > each.clientWidth)
    .map((each) => `${each.ariaLabel}: ${each.scrollWidth} px in ${each.clientWidth}`);
  const choices = [...document.querySelectorAll("select")].filter((each) => each.checkVisibility())
    .filter((each) => {
      const style = getComputedStyle(each);
      canvas.font = style.font;
      const room = each.clientWidth - 2 * parseFloat(style.paddingLeft);
      const words = canvas.measureText(each.selectedOptions[0]?.text ?? "").width;
      // The arrow takes about an em.
      return words + parseFloat(style.fontSize) > room;
    }).map((each) => `${each.name}: ${each.selectedOptions[0].text}`);
  return [...tables, ...choices];
}"""


@dataclass
class Served:
    """A service that answers at ``url``, and what it keeps."""

    url: str
    stores: Stores | None
    keys: KeyStore
    shelf: Path
    named: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """Return a shelf of two small models, each with a version before and one that waits."""
    folder = tmp_path_factory.mktemp("shelf")
    for name, (target, unit, scale, low, high) in MODELS.items():
        cells = [recipe_cell(number) for number in range(24)]
        labels = made_labels(scale, low, high, len(cells))
        predictor = Predictor.fit(
            Task(name, target, unit, scale, "ridge"),
            describe(cells, DESCRIPTORS),
            labels,
            [cell.cell_id for cell in cells],
            PROVENANCE,
        )
        sha256 = predictor.save(folder / f"made-{name}")
        for version, put in ((1, publish), (2, publish), (3, store)):
            entry = Entry(name, version, f"run-{name}-{version}", sha256)
            put(folder / "shelf", entry, folder / f"made-{name}")
    return folder / "shelf"


def made_labels(scale, low, high, n_cells):
    """Return outcomes that rise from cell to cell, with the scatter of real ones."""
    forward, inverse = scale_of(scale).forward, scale_of(scale).inverse
    rising = np.linspace(*forward(np.array([low, high])), n_cells)
    return inverse(rising + np.random.default_rng(1).normal(0, 0.08, n_cells))


PROVENANCE = Provenance(
    cohort="cells of the tests",
    citation="doi:10.1002/adma.201605531",
    kinds={"simulated": 24},
    cell_types=("Li||Cu",),
    has_coated=True,
    has_bare=False,
    n_cells=24,
    n_groups=24,
    group_kind="recipe",
    data_sha256="0" * 64,
    scores={
        "recipes held out": {
            "n_cells": 24.0, "rmse": 0.012, "rmse_dummy": 0.028, "rmse_baseline": 0.02,
            "level": 0.9, "coverage": 0.917,
        }
    },
)  # fmt: skip


def recipe_cell(number):
    """Return a coated cell of a recipe of its own; what was not measured is not there."""
    coating = Coating(
        (Phase("Cu3N", 0.9, "inorganic", "Cu3N"), Phase("SBR", 0.1, "polymer")),
        thickness_nm=200.0 * 1.15**number,
    )
    protocol = Protocol(0.25 * 1.1**number, 0.5 + 0.1 * (number % 7), ce_method="cycle_average")
    return Cell(
        f"made-{number}",
        Recipe(CellDesign("Li||Cu"), coating, protocol=protocol),
        Source("simulated"),
    )


@pytest.fixture
def serve(tmp_path, shelf):
    """Return a function that opens a service; all are closed at the end."""
    running = []

    def start(*, with_store=True, with_models=True, roles=(), expires_at=None):
        cells = CellStore.open(f"sqlite:///{tmp_path / 'seicast.db'}", str(tmp_path / "raw"))
        keys = KeyStore(cells.database)
        named = {
            role: keys.add(f"{role}-key", [role], actor="tests", expires_at=expires_at)
            for role in roles
        }
        own = tmp_path / "shelf"
        if with_models and not own.exists():
            shutil.copytree(shelf, own)
        stores = Stores(cells, JobQueue(cells.database), AuditLog(cells.database))
        stores = stores if with_store else None
        app = create_app(Settings(shelf=own), keys=keys, stores=stores)
        listener = listening("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        # Of a test that failed, the thread must not keep all the others from ending.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running.append((server, thread, cells))
        _wait(lambda: server.started)
        port = listener.getsockname()[1]
        return Served(f"http://127.0.0.1:{port}", stores, keys, own, named)

    yield start
    for server, thread, cells in running:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()
        cells.close()


def _wait(is_so, at_most_s=60.0):
    end = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def browser():
    """Yield Debian's Chromium, or skip with the reason.

    Its event loop runs in this thread; kept for the session it would be in the way of
    every later test that runs a loop of its own.
    """
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


@dataclass
class Walk:
    """A person at a page: what they saw go wrong, and pictures of what they saw."""

    page: object
    url: str
    folder: Path
    problems: list[str]
    expected: tuple[str, ...] = ()

    def open(self, path):
        """Open a page and wait until all its parts have come."""
        self.page.goto(self.url + path)
        self.page.wait_for_load_state("networkidle")
        self.settle()

    def use_key(self, key):
        """Type a key into its field, as one does once."""
        self.page.get_by_label("Key", exact=True).fill(key)
        self.page.get_by_role("button", name="Use").click()
        self.settle()

    def settle(self):
        """Wait until no part of the page is about to be replaced, with what is typed into it."""
        self.wait_for(f'!document.querySelector("{UNDER_WAY}")')

    def wait_for(self, script):
        """Return what a script finds as soon as it finds something.

        Playwright's own waiting makes code of text, which the pages forbid.
        """
        end = time.monotonic() + WAIT_MS / 1000
        while not (found := self.page.evaluate(script)):
            assert time.monotonic() < end, script
            self.page.wait_for_timeout(50)
        return found

    def picture(self, name):
        """Keep a picture at every size, light and dark; all of it must be there and legible."""
        for size, (width, height) in SIZES.items():
            self.page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)
                self.page.wait_for_timeout(150)
                path = self.folder / f"{name}-{size}-{scheme}.png"
                self.page.screenshot(path=path, full_page=True)
                faint = self._left(FAINT, LEAST_CONTRAST)
                assert not faint, f"{name} is faint in {scheme}: {faint}"
            self._all_is_there(name, size)
        for size, (width, height) in FURTHER.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.wait_for_timeout(150)
            self._all_is_there(name, size)
        self.page.set_viewport_size({"width": 1280, "height": 900})
        self.page.emulate_media(color_scheme="light")

    def _all_is_there(self, name, size):
        """Fail where the page goes on beyond the edge, or hides a part of itself."""
        wide = self._left("Math.max(0, document.documentElement.scrollWidth - innerWidth)")
        assert not wide, f"{name} is {wide} px wider than {size}"
        hidden = self._left(HIDDEN)
        assert not hidden, f"{name} hides at {size}: {hidden}"

    def _left(self, script, *given):
        """Return what a script finds wrong for good: while it is drawn anew a page may be odd."""
        end = time.monotonic() + SETTLED_S
        while (found := self.page.evaluate(script, *given)) and time.monotonic() < end:
            self.page.wait_for_timeout(100)
        return found


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Return where pictures go: ``SEICAST_PICTURES``, else a folder of the run."""
    folder = Path(os.environ.get("SEICAST_PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def walk(browser, pictures):
    """Return a function that begins a walk; at its end nothing may have gone wrong unexpectedly."""
    walks = []

    def begin(served, *expected):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(WAIT_MS)
        page, problems = context.new_page(), []
        page.on("console", lambda said: said.type == "error" and problems.append(said.text))
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.on(
            "request",
            lambda asked: (
                asked.url.startswith((served.url, "blob:", "data:"))
                or problems.append(f"foreign: {asked.url}")
            ),
        )
        walks.append((context, problems, expected))
        return Walk(page, served.url, pictures, problems)

    yield begin
    for context, problems, expected in walks:
        context.close()
        left = [each for each in problems if not any(part in each for part in expected)]
        assert not left
