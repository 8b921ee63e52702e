"""Run benchmarks: ``make bench``, or some of them with ``python -m benchmarks NAME ...``.

Writes ``benchmarks/results.json`` and ``docs/benchmarks.md``, where those that did not run stay
as they were.
"""

import argparse
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import benchmarks
from benchmarks.figure import Figure, table
from benchmarks.kept import Kept
from features.errors import MissingData

FOLDER = Path(__file__).resolve().parent
KEPT = Kept(
    FOLDER / "results.json",
    FOLDER.parent / "docs" / "benchmarks.md",
    "# Benchmarks\n\nFigures of the last `make bench`, also those that fall short. "
    "Measured {machine}.\n\n",
)
#: Takes minutes and a machine of its own: ``make bench-serving``.
ON_ITS_OWN = ("serving",)


def main() -> None:
    """Run benchmarks one after the other; those whose data are not on this machine say so."""
    known = _benchmarks()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    # Of no names, argparse asks whether the empty list is a choice.
    parser.add_argument(
        "name",
        nargs="*",
        choices=[*known, []],
        metavar="NAME",
        help="by default all: " + ", ".join(known),
    )
    found: dict[str, list[Figure]] = {}
    for name in parser.parse_args().name or known:
        print(f"{name} ...", flush=True)
        try:
            found[name] = known[name].figures()
        except MissingData as error:
            print(f"  skipped: {error}")
            continue
        print(table(found[name]), flush=True)
    KEPT.keep(found, {name: str(each.__doc__).split("\n")[0] for name, each in known.items()})


def _benchmarks() -> dict[str, ModuleType]:
    """Return the modules that measure something; the others are what these share."""
    names = sorted(module.name for module in iter_modules(benchmarks.__path__))
    modules = {
        name: import_module(f"benchmarks.{name}")
        for name in names
        if name != "__main__" and name not in ON_ITS_OWN
    }
    return {name: module for name, module in modules.items() if hasattr(module, "figures")}


if __name__ == "__main__":
    main()
