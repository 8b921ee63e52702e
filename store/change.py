"""Why, by whom and on top of which version a kept cell is changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from features.errors import Conflict, InvalidRecord
from store.audit import AuditEvent

LONGEST_REASON = 1000


@dataclass(frozen=True)
class Change:
    """A change of a kept cell.

    Attributes
    ----------
    action : str
    reason : str
        One sentence, never empty.
    actor : str
    expected_version : int or None
        Version that whoever asks has seen; None where that does not matter.
    """

    action: str
    reason: str
    actor: str = "local"
    expected_version: int | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip() or len(self.reason) > LONGEST_REASON:
            raise InvalidRecord(
                f"To {self.action} a cell takes a reason of 1 to {LONGEST_REASON} characters, got "
                f"{len(self.reason)}."
            )
        if not self.reason.isprintable():
            raise InvalidRecord(
                f"To {self.action} a cell: the reason holds control characters; send one line."
            )

    def check_version(self, cell_id: str, current: int) -> None:
        """Raise Conflict if somebody else has changed the cell meanwhile."""
        if self.expected_version not in {None, current}:
            raise Conflict(
                f"Cell '{cell_id}' has version {current} by now, not {self.expected_version}; "
                f"look at it again before you {self.action} it."
            )

    def event(self, cell_id: str, details: Mapping[str, Any]) -> AuditEvent:
        """Return the line for the audit log."""
        return AuditEvent(self.actor, self.action, f"cell {cell_id}", self.reason, details)
