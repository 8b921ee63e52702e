"""SVG as escaped text: tags, and the frame that every chart stands in."""

from collections.abc import Iterable

from markupsafe import Markup, escape

#: Units of a chart's width; text has 11 of them, so that it is readable on a phone too.
WIDTH = 420.0
Value = str | float | int


def tag(name: str, *children: str, **attributes: Value) -> Markup:
    """Return an element; ``class_`` and ``font_size`` lose and change their underscores.

    Examples
    --------
    >>> tag("text", "a < b", x=1.23456, class_="tick")
    Markup('<text x="1.23" class="tick">a &lt; b</text>')
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _text(value))
        for key, value in attributes.items()
    )
    inner = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inner)


def group(children: Iterable[str], **attributes: Value) -> Markup:
    """Return a group of elements."""
    return tag("g", *children, **attributes)


def drawing(
    children: Iterable[str], height: float, title: str, description: str, width: float = WIDTH
) -> Markup:
    """Return a whole chart, which a screen reader reads as its title and description."""
    return tag(
        "svg",
        tag("title", title),
        tag("desc", description),
        *children,
        viewBox=f"0 0 {width:g} {height:g}",
        class_="chart",
        role="img",
        aria_label=f"{title}. {description}",
    )


def polyline(points: Iterable[tuple[float, float]], **attributes: Value) -> Markup:
    """Return a line through points."""
    return tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), **attributes)


def _text(value: Value) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
