"""Cells at rest: what a lab sent, kept whole."""

from store.cells import CellStore

__all__ = ["CellStore"]
