"""The table of the audit log; the database itself refuses to change or remove a line."""

from sqlalchemy import Column, Connection, Integer, Table, Text, text

from store.schema import Name, metadata

audit_log = Table(
    "audit_log",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Name, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Name, nullable=False, index=True),
    Column("subject", Name, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("previous_sha256", Name, nullable=False),
    Column("sha256", Name, nullable=False),
)
_REFUSAL = "the audit log is append-only"
_SQLITE = [
    f"CREATE TRIGGER audit_log_no_{act} BEFORE {act} ON audit_log "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for act in ("update", "delete")
]
_POSTGRESQL = [
    "CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()",
]


def forbid_changes(connection: Connection) -> None:
    """Let the database refuse whatever would change a line that was written."""
    statements = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    for statement in statements:
        connection.execute(text(statement))
