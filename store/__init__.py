"""Cells at rest: what a lab sent, kept whole."""

from store.cells import CellStore
from store.entries import CellFilter, Page, StoredCell
from store.facts import Original
from store.outcome import Outcome

__all__ = ["CellFilter", "CellStore", "Original", "Outcome", "Page", "StoredCell"]
