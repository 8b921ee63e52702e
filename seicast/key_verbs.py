"""The verbs of API keys; each change is written to the audit log."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from seicast import places
from seicast.json_output import AsJson, print_json
from seicast.printing import console
from store.keys import ROLES, KeyEntry, KeyStore
from store.migrations import open_database

keys_app = typer.Typer(no_args_is_help=True, help="Keys of the service, and what each may do.")

Name = Annotated[str, typer.Argument(help="Who or what the key is for.")]


@keys_app.command("add")
def add(
    name: Name,
    role: Annotated[
        list[str] | None, typer.Option(help=f"One or more of: {', '.join(ROLES)}.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it; it is never shown again.

    Example: seicast keys add cycler-3 --role predict --role contribute --days 365
    """
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    roles = role or ["predict"]
    key = _keys().add(name, roles, actor=places.user(), expires_at=expires_at)
    if as_json:
        print_json({"name": name, "roles": roles, "expires_at": expires_at, "key": key})
        return
    console.print("Keep it now, it is never shown again:", style="dim")
    print(key)


@keys_app.command("list")
def list_keys(*, as_json: AsJson = False) -> None:
    """List the keys, revoked ones too.

    Example: seicast keys list
    """
    entries = _keys().entries()
    if as_json:
        print_json([{**vars(entry), "state": _state(entry)} for entry in entries])
        return
    table = Table("name", "roles", "made", "state")
    for entry in entries:
        table.add_row(
            entry.name, ", ".join(entry.roles), f"{entry.made_at:%Y-%m-%d}", _state(entry)
        )
    console.print(table)


@keys_app.command("revoke")
def revoke(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; it goes to the audit log.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Let a key open nothing any more.

    Example: seicast keys revoke cycler-3 --reason "left the lab"
    """
    _keys().revoke(name, actor=places.user(), reason=reason)
    if as_json:
        print_json({"name": name, "is_revoked": True})
    else:
        console.print(f"'{name}' opens nothing any more.")


def _keys() -> KeyStore:
    return KeyStore(open_database(places.database_url()))


def _state(entry: KeyEntry) -> str:
    if entry.revoked_at is not None:
        return f"revoked {entry.revoked_at:%Y-%m-%d}: {entry.revoked_reason}"
    if not entry.is_valid:
        return "expired"
    return "valid" if entry.expires_at is None else f"valid until {entry.expires_at:%Y-%m-%d}"
