"""The shelf for people: who answers, how well, who did before, who waits, and the moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from features.errors import SeicastError
from models import shelf
from models.shelf import Champion, Entry
from serving.choice import evidence_of
from serving.pages.charts.coverage import coverage_chart
from serving.pages.shown import Score, scores_of
from serving.pages.templating import fragment
from serving.service import Service, service_of

router = APIRouter(prefix="/pages", include_in_schema=False)


@dataclass(frozen=True, eq=False)
class OnShelf:
    """One name on the shelf.

    Attributes
    ----------
    name : str
    champion : Champion or None
        None where nothing answers.
    tier : str
    scores : sequence of Score
    coverage : Markup
    waiting : sequence of Entry
        Versions that could answer, the latest first.
    history : sequence of Entry
        Those that did, the latest first.
    broken : str
        Why the one on the shelf cannot answer, empty if it can.
    """

    name: str
    champion: Champion | None
    tier: str
    scores: Sequence[Score]
    coverage: Markup
    waiting: Sequence[Entry]
    history: Sequence[Entry]
    broken: str


@router.get("/models")
async def models(request: Request) -> Response:
    """Show everything on the shelf."""
    return await to_thread.run_sync(partial(_shown, service_of(request)))


def _shown(service: Service) -> Response:
    champions = service.champions
    names = sorted({*champions.ready, *champions.broken, *_names(service)})
    found = [_on_shelf(service, name) for name in names]
    targets: dict[str, list[OnShelf]] = {}
    for each in found:
        target = each.champion.predictor.target if each.champion is not None else ""
        targets.setdefault(target, []).append(each)
    for group in targets.values():
        group.sort(key=lambda each: (each.champion is None, _richness(each), each.name))
    return fragment(
        "model_list.html",
        targets=sorted(targets.items(), key=lambda item: (item[0] == "", item[0])),
        coming=[entry for name in names if (entry := _coming(service, name)) is not None],
        mlflow_url=service.settings.mlflow_url,
        n_ready=len(champions.ready),
    )


def _names(service: Service) -> list[str]:
    return [path.parent.name for path in service.settings.shelf.glob("*/v*") if path.is_dir()]


def _on_shelf(service: Service, name: str) -> OnShelf:
    champion = service.champions.ready.get(name)
    scores = scores_of(champion.predictor.provenance) if champion is not None else []
    kept, before = _entries(service, name)
    now = None if champion is None else champion.entry
    return OnShelf(
        name=name,
        champion=champion,
        tier=evidence_of(champion).name.replace("_", " ") if champion is not None else "",
        scores=scores,
        coverage=coverage_chart(scores),
        waiting=[each for each in reversed(kept) if each != now],
        history=list(reversed(before)),
        broken=service.champions.broken.get(name, ""),
    )


def _entries(service: Service, name: str) -> tuple[list[Entry], list[Entry]]:
    """Return the versions of a name and those that answered; none where they cannot be read."""
    folder = service.settings.shelf
    try:
        return shelf.versions(folder, name), shelf.history(folder, name)
    except (SeicastError, OSError):
        return [], []


def _coming(service: Service, name: str) -> Entry | None:
    """Return the version that is to answer and does not yet, None where all is as it should."""
    champions = service.champions
    if name in champions.broken:
        return None
    try:
        entry = shelf.champion_entry(service.settings.shelf, name)
    except (SeicastError, OSError):
        return None
    ready = champions.ready.get(name)
    return entry if ready is None or ready.entry != entry else None


def _richness(each: OnShelf) -> tuple[int, bool]:
    if each.champion is None:
        return 0, False
    evidence = evidence_of(each.champion)
    return evidence.n_cycles, evidence.has_spectra
