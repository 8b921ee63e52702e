"""Templates and static files of the pages, and the words and numbers that they show."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from features.counting import counted
from features.registry import catalogue
from features.units import UNITS

HERE = Path(__file__).parent
STATIC = HERE / "static"
#: Nothing inline runs or paints; a file that is read back is offered as a blob.
POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: Prefixes of names that are no quantity with a unit.
COUNTS = {"n_": "number of ", "is_": "is ", "has_": "has "}
#: Plain spellings of units -> what print has for them.
SIGNS = {
    "ohm": "Ω",
    "cm-2": "cm⁻²",
    "cm-1": "cm⁻¹",
    "cm2": "cm²",
    "mL-1": "mL⁻¹",
    "mAh-1": "mAh⁻¹",
    "V-1": "V⁻¹",
    "degC": "°C",
    "deg": "°",
    "um": "µm",
    "uL": "µL",
    "Ah2": "Ah²",
    "s-1/2": "s⁻½",
    "h-1/2": "h⁻½",
    "s^alpha": "sᵅ",
}
LOG10 = "log10_"
#: What may be the name of a descriptor.
NAME = re.compile(r"\b[a-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+\b")
NUMBER = r"-?\d[\d.]*(?:e[+-]?\d+)?"
#: What is said of one: its value, and perhaps where those of the training lie.
STATED = rf" is ({NUMBER})(?:; training cells lie between ({NUMBER}) and ({NUMBER}))?"
#: What follows "doi:", without the full stop or bracket that ends a sentence.
DOI = re.compile(r"\bdoi:(10\.[^\s<>\"]*[^\s<>\".,;)])")
#: Units that are none.
BARE = {"fraction", "ratio", "count", "true or false"}
#: More cycles than any drawing of a life could hold are written as a power of ten.
MOST_WRITTEN_CYCLES = 1e12
#: Shown in place of a number that is not known.
BLANK = "–"


def page(name: str, **facts: Any) -> Response:
    """Return a whole page."""
    return HTMLResponse(rendered(name, facts), headers={"Content-Security-Policy": POLICY})


def fragment(name: str, **facts: Any) -> Response:
    """Return a part of a page."""
    return HTMLResponse(rendered(name, facts))


def rendered(name: str, facts: Mapping[str, Any]) -> str:
    """Return a template filled with facts, all text of theirs escaped."""
    return _environment().get_template(name).render(**facts)


@cache
def static_files() -> dict[str, Path]:
    """Return the static files by the path under which they are asked for."""
    found = (path for path in STATIC.rglob("*") if path.suffix in MEDIA_TYPES)
    return {path.relative_to(STATIC).as_posix(): path for path in sorted(found)}


@cache
def static_url(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    sha256 = hashlib.sha256(static_files()[name].read_bytes()).hexdigest()
    return f"/static/{name}?v={sha256[:12]}"


def number(value: float | None, n_digits: int = 4) -> str:
    """Return a number as people write it, a dash where there is none.

    Examples
    --------
    >>> number(0.000123456), number(1234567.0), number(12.0), number(None)
    ('0.0001235', '1,235,000', '12', '–')
    """
    if value is None or not math.isfinite(value):
        return BLANK
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if not -5 < exponent < 9:
        return f"{value:.{n_digits - 1}e}"
    text = f"{round(value, n_digits - 1 - exponent):,.{max(0, n_digits - 1 - exponent)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity(value: float | None, unit: str) -> str:
    """Return a value with its unit, an efficiency in percent with the digits that tell.

    Examples
    --------
    >>> quantity(0.97412, "fraction"), quantity(0.99951, "fraction"), quantity(104.2, "cycles")
    ('97.41 %', '99.951 %', '104 cycles')
    >>> quantity(0.035, "cycles"), quantity(7.887, "cycles"), quantity(1.289e9, "cycles")
    ('less than 1 cycle', '8 cycles', '1,289,000,000 cycles')
    """
    if value is None or not math.isfinite(value):
        return BLANK
    if unit == "fraction":
        loss = abs(1 - value)
        n_digits = 1 if loss > 0.1 else 2 if loss > 0.001 else 3
        return f"{100 * value:.{n_digits}f} %"
    if unit == "cycles":
        return _cycles(value)
    return f"{number(value)} {printed_unit(unit)}".rstrip()


def _cycles(value: float) -> str:
    """Return a number of whole cycles; nobody has seen a part of one."""
    if 0 < value < 1:
        return "less than 1 cycle"
    if abs(value) >= MOST_WRITTEN_CYCLES:
        return f"{number(value)} cycles"
    whole = round(value)
    n_dropped = max(0, len(str(abs(whole))) - 4)
    return counted(round(whole, -n_dropped), "cycle")


def with_sd(value: float, sd: float) -> str:
    """Return a value with its standard deviation, both to the same place.

    Examples
    --------
    >>> with_sd(28.0213, 0.041), with_sd(1234.5, 56.0), with_sd(3.0, float("nan"))
    ('28.021 ± 0.041', '1230 ± 60', '3')
    """
    if not (math.isfinite(sd) and sd > 0 and math.isfinite(value)):
        return number(value)
    n_decimals = 1 - math.floor(math.log10(sd)) if sd < 10 else -math.floor(math.log10(sd))
    n_decimals = min(n_decimals, 8)
    shown = max(0, n_decimals)
    return f"{round(value, n_decimals):.{shown}f} ± {round(sd, n_decimals):.{shown}f}"


def printed_unit(unit: str) -> str:
    """Return a unit with the signs that print has.

    Examples
    --------
    >>> printed_unit("ohm cm2 s-1/2"), printed_unit("log10(mA cm-2)"), printed_unit("mV per cycle")
    ('Ω cm² s⁻½', 'log10(mA cm⁻²)', 'mV per cycle')
    """
    for plain, sign in SIGNS.items():
        unit = re.sub(rf"\b{re.escape(plain)}\b", sign, unit)
    return unit


def breakable(name: str) -> Markup:
    """Return a name that a narrow page breaks after its underscores, not within a word.

    Examples
    --------
    >>> breakable("ce_mean_fraction")
    Markup('ce_<wbr>mean_<wbr>fraction')
    """
    return Markup("_<wbr>").join(name.split("_"))


def in_words(name: str) -> str:
    """Return a descriptor's or a target's name in words, without its unit.

    Examples
    --------
    >>> in_words("log10_current_density_mA_cm2"), in_words("cycle_life"), in_words("n_cycles")
    ('log10 current density', 'cycle life', 'number of cycles')
    """
    for prefix, words in COUNTS.items():
        if name.startswith(prefix):
            return words + name.removeprefix(prefix).replace("_", " ")
    suffixes = [suffix for suffix in UNITS if name.endswith(f"_{suffix}")]
    words = name.removesuffix(f"_{max(suffixes, key=len, default='')}").replace("_", " ")
    return words.replace("youngs", "Young's")


def plainly(text: str) -> str:
    """Return a sentence with descriptors in words, and logarithms as what they stand for.

    Examples
    --------
    >>> plainly("log10_coating_thickness_nm is 5; training cells lie between 2 and 3 (4 SD beyond)")
    'coating thickness is 100,000 nm; training cells lie between 100 nm and 1,000 nm (4 SD beyond)'
    >>> plainly("log10_current_density_mA_cm2 is absent; every training cell had it")
    'current density is absent; every training cell had it'
    >>> plainly("the lithium put in is not stated")
    'the lithium put in is not stated'
    """
    known = catalogue()
    for name in dict.fromkeys(NAME.findall(text)):
        if name in known:
            text = re.sub(rf"\b{name}\b(?:{STATED})?", partial(_sentence, name), text)
    return text


def _sentence(name: str, match: re.Match[str]) -> str:
    words = in_words(name.removeprefix(LOG10))
    value, low, high = match.groups()
    if value is None:
        return words
    told = f"{words} is {_stated(name, value)}"
    if low is None:
        return told
    return f"{told}; training cells lie between {_stated(name, low)} and {_stated(name, high)}"


def _stated(name: str, text: str) -> str:
    """Return a value with its unit; of a logarithm, what it is the logarithm of."""
    unit, value = catalogue()[name].unit, float(text)
    if name.startswith(LOG10):
        unit, value = unit.removeprefix("log10(").removesuffix(")"), 10.0**value
    return number(value) if unit in BARE else f"{number(value)} {printed_unit(unit)}"


def moment(when: datetime) -> str:
    """Return a moment to the minute, in UTC."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def cited(citation: str) -> Markup:
    """Return a citation whose DOIs are links.

    Examples
    --------
    >>> print(cited("Xu et al., doi:10.1/x. <b>"))
    Xu et al., <a href="https://doi.org/10.1/x" rel="noreferrer">10.1/x</a>. &lt;b&gt;
    """
    pieces = DOI.split(citation)
    link = Markup('<a href="https://doi.org/{0}" rel="noreferrer">{0}</a>')
    # Every other piece is what the pattern caught.
    return Markup("").join(
        link.format(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "breakable": breakable,
        "number": number,
        "quantity": quantity,
        "counted": counted,
        "in_words": in_words,
        "moment": moment,
        "plainly": plainly,
        "printed_unit": printed_unit,
        "with_sd": with_sd,
        "cited": cited,
        "pretty": lambda value: json.dumps(value, indent=2, ensure_ascii=False),
    }
    environment.globals |= {"static": static_url, "BLANK": BLANK}
    return environment
