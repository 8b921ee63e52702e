"""What answers: promotion through the gate, by force with a reason, and the way back.

The shelf is what the service reads. The line of the audit log comes before a move, see
``store.champion_moves``; MLflow's alias follows it. One move at a time, or shelf and registry may
end with different champions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from features.errors import BrokenBundle, InvalidSetting, StaleBundle, UnknownName, UnreadableFile
from models import shelf
from models.shelf import Entry, champion_entry, entries, load_champion
from store.audit import AuditEvent
from store.champion_moves import ChampionMove, Journal
from training.fit import Trained
from training.held_out_file import Contender
from training.promotion import Verdict, judge
from training.tracking import (
    TrackingStore,
    champion_version,
    kept_bundle,
    kept_contender,
    log_run,
    mark_champion,
    note_verdict,
    registered,
)

#: Written to a run whose version was moved by hand, over HTTP: why is in the audit log.
FOLLOWED = "moved on the shelf; the audit log says by whom and why"


class NoJournal:
    """Writes nothing down: for runs that nobody answers for, such as those of tests."""

    def append(self, event: AuditEvent) -> object:
        """Write nothing."""
        return None


@dataclass(frozen=True, eq=False)
class Registry:
    """Where runs, champions and moves are kept, and who moves.

    Attributes
    ----------
    tracking : TrackingStore
    shelf : Path
    journal : Journal
    actor : str
    """

    tracking: TrackingStore
    shelf: Path
    journal: Journal
    actor: str


@dataclass(frozen=True, eq=False)
class Registered:
    """What became of a run, or of a version that was to be promoted.

    Attributes
    ----------
    entry : Entry
    is_champion : bool
    reason : str
        Why it is, or is not, the champion.
    verdict : Verdict
    """

    entry: Entry
    is_champion: bool
    reason: str
    verdict: Verdict


def record(trained: Trained, registry: Registry) -> Registered:
    """Log and register a trained run, and let it answer if the gate lets it through."""
    entry = log_run(trained, registry.tracking)
    return promote(registry, entry)


def promote(registry: Registry, entry: Entry, *, force_reason: str | None = None) -> Registered:
    """Let a registered version answer if it passes the gate, or by force.

    Parameters
    ----------
    registry : Registry
    entry : Entry
        See ``training.tracking.registered``.
    force_reason : str, optional
        Why it is to answer whatever the gate says.

    Raises
    ------
    InvalidSetting
        If the reason for force is empty.
    UnreadableFile
        If the version's held-out answers are gone.
    """
    if force_reason is not None:
        _check_reason(force_reason)
    with _one_at_a_time(registry):
        verdict = judge(_contender(registry, entry), _champion(registry, entry))
        reason = verdict.reason
        if force_reason is not None:
            reason = f"forced: {force_reason} (the gate: {verdict.reason})"
        is_champion = verdict.is_promoted or force_reason is not None
        if is_champion:
            _publish(registry, entry, "promote" if force_reason is None else "force", reason)
            mark_champion(registry.tracking, entry, reason)
        else:
            _move(registry, "refuse").write(entry, reason)
            note_verdict(registry.tracking, entry, reason)
    return Registered(entry, is_champion, reason, verdict)


def roll_back(registry: Registry, name: str, reason: str) -> Entry:
    """Let the version answer that did before the present one, and return it.

    Raises
    ------
    InvalidSetting
        If the reason is empty.
    UnknownName
        If nothing answers under this name, or nothing did before.
    """
    _check_reason(reason)

    def note(entry: Entry) -> None:
        left = champion_entry(registry.shelf, name).version
        said.write(entry, f"from v{left}: {reason}")

    with _one_at_a_time(registry):
        with _move(registry, "rollback") as said:
            back = shelf.rollback(registry.shelf, name, note)
        # What came to the shelf from elsewhere has no alias to move.
        if _is_registered(registry, back):
            mark_champion(registry.tracking, back, f"rolled back {said.reason}")
    return back


def follow_shelf(registry: Registry) -> list[Entry]:
    """Let MLflow's aliases name what answers, and return the versions that they had to move to.

    A bundle that came to the shelf from elsewhere is in no registry, and is passed over.
    """
    with _one_at_a_time(registry):
        behind = [entry for entry in entries(registry.shelf) if _is_behind(registry, entry)]
        for entry in behind:
            mark_champion(registry.tracking, entry, FOLLOWED)
    return behind


def named(registry: Registry, name: str, version: int | None = None) -> Entry:
    """Return a registered version, the latest if none is named."""
    return registered(registry.tracking, name, version)


@contextmanager
def _one_at_a_time(registry: Registry) -> Iterator[None]:
    registry.shelf.mkdir(parents=True, exist_ok=True)
    with FileLock(registry.shelf / ".registry.lock"):
        yield


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidSetting("A move by hand needs a reason; say why in a few words: --reason.")


def _contender(registry: Registry, entry: Entry) -> Contender:
    found = kept_contender(registry.tracking, entry.run_id)
    if found is None:
        raise UnreadableFile(
            f"The held-out answers of {entry.name} v{entry.version} are not in this tracking "
            f"store; train it again."
        )
    return found


def _champion(registry: Registry, challenger: Entry) -> Contender | None:
    """Return the champion's held-out answers; None where nothing can answer any more."""
    try:
        current = load_champion(registry.shelf, challenger.name)
    except (UnknownName, BrokenBundle, StaleBundle):
        return None
    entry, task = current.entry, current.predictor.task
    if entry == challenger:  # it answers already: asked twice, it ends where it ended once
        return None
    label = f"{entry.name} v{entry.version}"
    found = kept_contender(registry.tracking, entry.run_id)
    held_out = () if found is None else found.held_out
    n_descriptors = len(current.predictor.descriptor_versions)
    return Contender(label, task.target, task.scale, task.model, n_descriptors, held_out)


def _is_behind(registry: Registry, entry: Entry) -> bool:
    """Tell whether a registered version answers, and the alias names another."""
    is_registered = _is_registered(registry, entry)
    return is_registered and champion_version(registry.tracking, entry.name) != entry.version


def _is_registered(registry: Registry, entry: Entry) -> bool:
    try:
        return registered(registry.tracking, entry.name, entry.version) == entry
    except UnknownName:
        return False


def _publish(registry: Registry, entry: Entry, action: str, reason: str) -> None:
    with kept_bundle(registry.tracking, entry) as bundle:
        shelf.store(registry.shelf, entry, bundle)
    with _move(registry, action) as said:
        shelf.promote(registry.shelf, entry, lambda moved: said.write(moved, reason))


def _move(registry: Registry, action: str) -> ChampionMove:
    return ChampionMove(registry.journal, registry.actor, action)
