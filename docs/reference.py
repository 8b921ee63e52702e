"""Pages made when the documentation is built: from the registry, the service, the command line.

A hook of MkDocs. Nothing it makes is kept, so nothing it makes can be out of date; what stands in
``docs/reference`` leads whoever reads the checkout itself to the same facts.
"""

import re
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from inspect import cleandoc
from itertools import groupby
from pathlib import Path
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

CHECKOUT = Path(__file__).resolve().parent.parent
#: Where a docstring ends its story and begins its sections.
SECTION = re.compile(r"\n\n[A-Z]\w+\n-+\n")
DOI = re.compile(r"doi:(10\.\S+?)(?=[,;)]|\s|$)")
PLACES = {
    "SEICAST_HOME": ("folder of runs, kept cells and caches", "`.seicast` in the checkout"),
    "SEICAST_SHELF": ("folder of the models that answer", "`models/trained`"),
    "SEICAST_DATABASE": (
        "database of cells, keys, jobs and the audit log, by URL: SQLite or PostgreSQL",
        "`seicast.db` in `SEICAST_HOME`",
    ),
    "SEICAST_CELLS": (
        "root of raw data: a folder, or any address of fsspec such as `s3://bucket/cells`",
        "`cells` in `SEICAST_HOME`",
    ),
    "SEICAST_SHEETS": (
        "root of the cache of described files, likewise",
        "`sheets` in `SEICAST_HOME`",
    ),
    "SEICAST_TRACKING_URI": ("MLflow's tracking store", "`mlflow.db` in `SEICAST_HOME`"),
    "SEICAST_ARTIFACTS": ("MLflow's artefacts", "`artifacts` in `SEICAST_HOME`"),
    "SEICAST_DATA": (
        "folder of public data sets, see `seicast data list`",
        "the cache folder, else `../shared/data`",
    ),
}
METHODS = ("get", "post", "put", "patch", "delete")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put every decision into the navigation."""
    decisions = sorted(Path(config.docs_dir).glob("adr/*.md"))
    for section in config.nav or ():
        if "Decisions" in section:
            section["Decisions"] = [f"adr/{path.name}" for path in decisions]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made here, in place of those that say where else to look."""
    for path, text in pages().items():
        signpost = files.get_file_from_path(path)
        if signpost is not None:
            files.remove(signpost)
        files.append(File.generated(config, path, content=text))
    return files


def pages() -> dict[str, str]:
    """Return every generated page by its path."""
    return {
        "reference/descriptors.md": descriptors_page(),
        "reference/settings.md": settings_page(),
        "reference/http.md": http_page(),
        "reference/command_line.md": command_line_page(),
        "project/contributing.md": (CHECKOUT / "CONTRIBUTING.md").read_text(),
        "project/changelog.md": (CHECKOUT / "CHANGELOG.md").read_text(),
    }


# --------------------------------------------------------------------------- descriptors


def descriptors_page() -> str:
    """Return the catalogue, by module, with the definition of each descriptor."""
    from features.registry import catalogue  # noqa: PLC0415  MkDocs imports hooks for every verb

    found = list(catalogue().values())
    lines = [
        "# Descriptors",
        "",
        f"All {len(found)}, as `seicast describe` lists them. The name ends in the unit. The"
        " version goes up whenever a value changes for any cell, and a saved model refuses to"
        " answer with another one. A descriptor that does not apply is blank, with its reason.",
        "",
    ]
    for module, members in groupby(found, key=lambda each: each.function.__module__):
        lines += _descriptor_module(module, list(members))
    return "\n".join(lines)


def _descriptor_module(module: str, members: list[Any]) -> Iterator[str]:
    subject = cleandoc(import_module(module).__doc__ or "").split("\n\n")[0]
    title = module.rpartition(".")[2].replace("_", " ").capitalize()
    yield from (f"## {title}", "", _escaped(" ".join(subject.split())), "")
    yield from (f"In `{module.replace('.', '/')}.py`.", "")
    yield from ("| descriptor | unit | version | value | source |", "|---|---|---|---|---|")
    for each in members:
        story = SECTION.split(cleandoc(each.function.__doc__ or ""))[0]
        told = " ".join(story.split()).removeprefix("Return ")
        yield (
            f"| `{each.name}` | {each.unit} | {each.version} | {_escaped(told)} "
            f"| {_linked(each.source)} |"
        )
    yield ""


# ------------------------------------------------------------------------------ settings


def settings_page() -> str:
    """Return every variable of the environment that is read."""
    from serving.settings import Settings  # noqa: PLC0415

    defaults = {field.name: _default(field.default) for field in fields(Settings)}
    lines = [
        "# Settings",
        "",
        "All are variables of the environment. What is not set has its default.",
        "",
        *("| setting | what | default |", "|---|---|---|"),
        *(f"| `{name}` | {what} | {default} |" for name, (what, default) in PLACES.items()),
        "",
        "## The service",
        "",
        "Read once, when it starts. A request beyond a limit is refused, and told the limit.",
        "",
        *("| setting | what | default |", "|---|---|---|"),
    ]
    for names, what in _attributes(Settings):
        if "shelf" not in names:
            settings = ", ".join(f"`SEICAST_{name.upper()}`" for name in names)
            lines.append(f"| {settings} | {what} | {'; '.join(defaults[n] for n in names)} |")
    return "\n".join([*lines, ""])


def _attributes(described: type) -> Iterator[tuple[list[str], str]]:
    """Yield what a numpydoc docstring says of its attributes, those told of together."""
    section = cleandoc(described.__doc__ or "").partition("Attributes\n----------\n")[2]
    for entry in re.split(r"\n(?=\S)", section):
        head, _, text = entry.partition("\n")
        names = [name.strip() for name in head.partition(" : ")[0].split(",")]
        yield names, " ".join(text.split()).replace("``", "`")


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


# ---------------------------------------------------------------------------------- HTTP


def http_page() -> str:
    """Return every route of the service, from its OpenAPI document and the table of roles."""
    from serving.app import create_app  # noqa: PLC0415
    from serving.champions import Champions  # noqa: PLC0415
    from serving.roles import NEEDED  # noqa: PLC0415
    from serving.settings import Settings  # noqa: PLC0415

    document = create_app(Settings(), Champions()).openapi()
    lines = [
        "# HTTP",
        "",
        "The service describes itself at `/openapi.json`, and at `/docs` as a page to try it on."
        " Each route says which role its key needs; without any key in the store, the service"
        " answers on this machine alone, and whoever reaches it may do everything. Refusals are"
        " `application/problem+json`, with the field, what is allowed and the way out.",
        "",
    ]
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                lines += _route(method.upper(), path, operations[method])
    lines += ["## Pages", "", "For people, not part of the interface.", ""]
    shown = {
        (each.upper(), path) for path, each_of in document["paths"].items() for each in each_of
    }
    lines += [f"- `{m} {p}`: {role}" for (m, p), role in NEEDED.items() if (m, p) not in shown]
    return "\n".join(lines)


def _route(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    from serving.roles import needed_role  # noqa: PLC0415

    told = f"{operation['summary']}. {operation.get('description', '')}".strip()
    yield from (f"## `{method} {path}`", "", told)
    yield from ("", f"- needs: {needed_role(method, path)}")
    for each in operation.get("parameters", ()):
        told = each.get("description") or each["schema"].get("description") or ""
        must = ", must be sent" if each.get("required") else ""
        yield f"- `{each['name']}` ({each['in']}{must}) {told}".rstrip()
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, body in content.items():
        name = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
        yield f"- body: {media_type}" + (f", `{name}`" if name else "")
    yield f"- answers: {', '.join(operation['responses'])}"
    yield ""


# -------------------------------------------------------------------------- command line


def command_line_page() -> str:
    """Return every verb with its arguments and options."""
    from seicast.verbs import app  # noqa: PLC0415

    lines = [
        "# Command line",
        "",
        "`seicast VERB --help` says the same. A verb ends with code 0; 1 where it did what it"
        " could and the answer is no (a model was refused, a store is damaged, a file was left"
        " out); and 2 with one sentence where the input was at fault."
        " `seicast --install-completion` teaches your shell the verbs and options.",
        "",
    ]
    for path, command in verbs(typer.main.get_command(app)):
        lines += _verb(path, command)
    return "\n".join(lines)


def verbs(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every verb that is not hidden, such as ("cells add", command)."""
    for name, child in command.commands.items():
        below = f"{path} {name}".strip()
        if hasattr(child, "commands"):
            yield from verbs(child, below)
        elif not child.hidden:
            yield below, child


def _verb(path: str, command: Any) -> Iterator[str]:
    told, _, example = cleandoc(command.help or "").partition("Example:")
    yield from (f"## `seicast {path}`", "", " ".join(told.split()), "")
    if example:
        yield from ("```sh", " ".join(example.split()), "```", "")
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    if shown:
        yield from ("| parameter | meaning | default |", "|---|---|---|")
        yield from (_parameter(each) for each in shown)
        yield ""


def _parameter(each: Any) -> str:
    is_argument = each.param_type_name == "argument"
    name = (each.name or "").upper() if is_argument else ", ".join(each.opts + each.secondary_opts)
    default = "" if each.default in (None, False, ()) or callable(each.default) else each.default
    if each.required:
        default = "must be given"
    return f"| `{name}` | {_escaped(each.help or '')} | {default} |"


# ------------------------------------------------------------------------------- writing


def _escaped(text: str) -> str:
    """Return text that a table of Markdown shows as it is."""
    return text.replace("|", "\\|").replace("``", "`").replace("*", "\\*")


def _linked(source: str) -> str:
    return DOI.sub(r"[\g<0>](https://doi.org/\1)", source)
