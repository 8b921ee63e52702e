"""What all tables of the store share: their registry, their types, and the version of the whole."""

from typing import Any, TypeAlias

from sqlalchemy import Column, Integer, MetaData, Row, Select, String, Table

#: A row, or a query, of whatever columns.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
AnySelect: TypeAlias = Select[*tuple[Any, ...]]

#: Every table of the store; constraints carry names, so that migrations can find them.
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
#: Text that sorts by its bytes on every database, whatever language the server speaks.
Name = String().with_variant(String(collation="C"), "postgresql")

schema_version = Table(
    "schema_version",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("applied_at", Name, nullable=False),
)
