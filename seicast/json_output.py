"""Whatever a verb found, as JSON on standard output; scripts read that, people the tables."""

import sys
from typing import Annotated

import typer
from pydantic_core import to_json

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def print_json(content: object) -> None:
    """Print a value as JSON: records by their fields, moments as ISO 8601, NaN as null."""
    sys.stdout.write(to_json(content, indent=2, inf_nan_mode="null", fallback=str).decode() + "\n")
