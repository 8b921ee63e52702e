"""The table of API keys: what each may do, and the hash by which it is known."""

from sqlalchemy import Column, Table, Text

from store.schema import Name, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("name", Name, primary_key=True),
    Column("key_id", Name, nullable=False, unique=True),
    Column("sha256", Name, nullable=False),
    Column("roles", Name, nullable=False),
    Column("made_at", Name, nullable=False),
    Column("expires_at", Name),
    Column("revoked_at", Name),
    Column("revoked_reason", Text),
)
