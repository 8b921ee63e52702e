"""Tables of cells: one row a cell with what lists are filtered by, and all its versions."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Integer, Table, Text

from store.schema import Name, metadata

#: The current version of each cell, or its tombstone. The id of a deleted cell stays taken.
cells = Table(
    "cells",
    metadata,
    Column("cell_id", Name, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("added_at", Name, nullable=False),
    Column("changed_at", Name, nullable=False, index=True),
    Column("deleted_at", Name),
    Column("deleted_reason", Text),
    Column("kind", Name, nullable=False),
    Column("lab", Name, index=True),
    Column("batch", Name, index=True),
    Column("cell_type", Name, nullable=False),
    Column("recipe_id", Name, nullable=False, index=True),
    Column("phases", Name),  # between line feeds: "\nCu3N\nSBR\n"; null is not described
    Column("control_id", Name, index=True),
    Column("cycle_life_cycles", Float),
    Column("is_censored", Boolean),
)
#: Never changed and never removed.
cell_versions = Table(
    "cell_versions",
    metadata,
    Column("cell_id", Name, ForeignKey("cells.cell_id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content_sha256", Name, nullable=False),
    Column("facts", Text, nullable=False),
    Column("reason", Text),
    Column("made_at", Name, nullable=False),
)
#: Raw data that some version refers to; a file that is not here is an orphan.
blobs = Table(
    "blobs",
    metadata,
    Column("name", Name, primary_key=True),
    Column("n_bytes", BigInteger, nullable=False),
    Column("added_at", Name, nullable=False),
)
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("idempotency_key", Name, primary_key=True),
    Column("cell_id", Name, ForeignKey("cells.cell_id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("content_sha256", Name, nullable=False),
    Column("used_at", Name, nullable=False),
)
