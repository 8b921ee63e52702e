"""Charts of impedance: Nyquist with equal axes, Bode, residuals of the fit, growth by cycle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike, NDArray

from serving.pages.charts.axes import Axis, axis_over, below, left, si
from serving.pages.charts.svg import WIDTH, drawing, group, polyline, tag
from serving.pages.templating import number

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
LEFT, RIGHT = 52.0, WIDTH - 8
#: A cross around a point, as a path.
CROSS = "m-2-2l4 4m0-4l-4 4"
#: Residuals beyond this share of the modulus are drawn at the edge.
MOST_RESIDUAL = 0.5


@dataclass(frozen=True, eq=False)
class Drawn:
    """A spectrum from high to low frequency, perhaps with its fit.

    Attributes
    ----------
    name : str
    place : int
        Which colour it has.
    frequency_Hz, impedance_ohm : arrays of shape (n_frequencies,)
    dense_Hz, fit_ohm : arrays of shape (n_dense,) or None
        The fit as a line.
    fit_at_ohm : array of shape (n_frequencies,) or None
        The fit at the measured frequencies.
    """

    name: str
    place: int
    frequency_Hz: Array
    impedance_ohm: ComplexArray
    dense_Hz: Array | None = None
    fit_ohm: ComplexArray | None = None
    fit_at_ohm: ComplexArray | None = None


def nyquist_chart(drawn: Sequence[Drawn]) -> Markup:
    """Return -Im Z against Re Z, one ohm as long on both axes; the fit is a line."""
    every = np.concatenate([each.impedance_ohm for each in drawn])
    top, base = 24.0, 236.0
    x_low, x_high = float(min(0.0, every.real.min())), float(every.real.max())
    y_low, y_high = float(min(0.0, (-every.imag).min())), float((-every.imag).max())
    # One scale for both: whichever axis is the tighter sets it.
    per_ohm = min(
        (RIGHT - LEFT - 12) / max(x_high - x_low, 1e-12),
        (base - top - 8) / max(y_high - y_low, 1e-12),
    )
    x = Axis("linear", x_low, x_low + (RIGHT - LEFT) / per_ohm, LEFT, RIGHT)
    y = Axis("linear", y_low, y_low + (base - top) / per_ohm, base, top)
    parts = [below(x, base, "Re Z / Ω"), left(y, LEFT, "−Im Z / Ω")]
    for each in drawn:
        z, place = each.impedance_ohm, each.place
        parts.append(_dots(_points(x, z.real, y, -z.imag), place))
        if each.fit_ohm is not None:
            fit = each.fit_ohm[(each.fit_ohm.real <= x.high) & (-each.fit_ohm.imag <= y.high)]
            parts.append(polyline(_points(x, fit.real, y, -fit.imag), class_="fit"))
    parts.append(_legend(drawn, top - 12))
    told = f"real part {number(x_low)} to {number(x_high)} ohm; " + ", ".join(d.name for d in drawn)
    return drawing(parts, 272.0, "Nyquist", told)


def bode_chart(drawn: Sequence[Drawn]) -> Markup:
    """Return modulus and phase against frequency."""
    frequency_Hz = np.concatenate([each.frequency_Hz for each in drawn])
    every = np.concatenate([each.impedance_ohm for each in drawn])
    x = axis_over(frequency_Hz, "log10", LEFT, RIGHT, 0.02)
    modulus = axis_over(np.abs(every), "log10", 128.0, 24.0)
    phase_deg = -np.degrees(np.angle(every))
    phase = axis_over([0.0, *phase_deg], "linear", 252.0, 160.0)
    parts = [
        left(modulus, LEFT, "|Z| / Ω"),
        left(phase, LEFT, "−phase / °"),
        below(x, 252.0, "frequency / Hz", si),
        tag("line", x1=LEFT, x2=RIGHT, y1=128, y2=128, class_="thin"),
    ]
    for each in drawn:
        z, place = each.impedance_ohm, each.place
        parts.append(_dots(_points(x, each.frequency_Hz, modulus, np.abs(z)), place))
        parts.append(_dots(_points(x, each.frequency_Hz, phase, -np.degrees(np.angle(z))), place))
        if each.fit_ohm is not None and each.dense_Hz is not None:
            parts += [
                polyline(_points(x, each.dense_Hz, modulus, np.abs(each.fit_ohm)), class_="fit"),
                polyline(
                    _points(x, each.dense_Hz, phase, -np.degrees(np.angle(each.fit_ohm))),
                    class_="fit",
                ),
            ]
    told = f"{number(float(frequency_Hz.min()))} to {number(float(frequency_Hz.max()))} Hz"
    return drawing(parts, 286.0, "Bode", told)


def residual_chart(drawn: Sequence[Drawn]) -> Markup:
    """Return what the fit leaves over, over the modulus: dots are real, crosses imaginary."""
    frequency_Hz = np.concatenate([each.frequency_Hz for each in drawn])
    x = axis_over(frequency_Hz, "log10", LEFT, RIGHT, 0.02)
    left_over = [_residuals(each) for each in drawn]
    size = [float(np.abs([*each.real, *each.imag]).max(initial=0)) for each in left_over]
    reach = 100 * min(max([*size, 0.005]), MOST_RESIDUAL)
    y = Axis("linear", -reach, reach, 128.0, 24.0)
    zero = y.at(0.0)
    parts = [
        left(y, LEFT, "residual / % of |Z|"),
        below(x, 128.0, "frequency / Hz", si),
        tag("line", x1=LEFT, x2=RIGHT, y1=zero, y2=zero, class_="thin"),
    ]
    for each, rest in zip(drawn, left_over, strict=True):
        place = each.place
        if rest.size:
            parts.append(_dots(_points(x, each.frequency_Hz, y, 100 * rest.real), place))
            parts.append(_dots(_points(x, each.frequency_Hz, y, 100 * rest.imag), place, CROSS))
    told = f"at most {number(100 * max([*size, 0.0]), 2)} % of the modulus"
    return drawing(parts, 162.0, "Residuals of the fit", told)


def growth_chart(
    moment: Array, values: Array, sd: Array, name: str, moment_name: str = "cycle"
) -> Markup:
    """Return a resistance against cycle or hours, with one standard deviation each way."""
    x = axis_over(moment, "linear", LEFT, RIGHT)
    finite = np.isfinite(values)
    sd = np.where(np.isfinite(sd), np.minimum(sd, np.abs(values)), 0.0)
    y = axis_over([0.0, *(values + sd)[finite]], "linear", 150.0, 24.0)
    parts = [below(x, 150.0, moment_name), left(y, LEFT, name)]
    shown = zip(moment[finite], values[finite], sd[finite], strict=True)
    kept = [(x.at(c), y.at(v - s), y.at(v), y.at(v + s)) for c, v, s in shown]
    parts.append(polyline([(at, middle) for at, _, middle, _ in kept], class_="curve"))
    parts += [
        tag("line", x1=at, x2=at, y1=low, y2=high, class_="bound") for at, low, _, high in kept
    ]
    parts.append(_dots([(at, middle) for at, _, middle, _ in kept], 0))
    told = ", ".join(
        f"{moment_name} {c:g}: {number(v)}" for c, v in zip(moment, values, strict=True)
    )
    return drawing(parts, 186.0, f"{name} against {moment_name}", told)


def _residuals(each: Drawn) -> ComplexArray:
    if each.fit_at_ohm is None:
        return np.zeros(0, dtype=complex)
    rest: ComplexArray = (each.impedance_ohm - each.fit_at_ohm) / np.abs(each.impedance_ohm)
    return rest


def _points(x: Axis, xs: ArrayLike, y: Axis, ys: ArrayLike) -> list[tuple[float, float]]:
    return [
        (x.at(float(a)), y.at(float(b)))
        for a, b in zip(np.asarray(xs), np.asarray(ys), strict=True)
    ]


def _dots(points: Sequence[tuple[float, float]], place: int, mark: str = "h0") -> Markup:
    """Return points as one path: a circle each would be six times as many bytes."""
    moves = "".join(f"M{x:.1f} {y:.1f}{mark}" for x, y in points)
    kind = "dots" if mark == "h0" else "crosses"
    return group([tag("path", d=moves, class_=kind)], class_=f"s{place % 6}")


def _legend(drawn: Sequence[Drawn], y: float) -> Markup:
    parts, step = [], (RIGHT - 120) / max(3, len(drawn))
    for place, each in enumerate(drawn):
        at = 120 + place * step
        parts.append(_dots([(at, y - 4)], each.place))
        parts.append(tag("text", each.name, x=at + 6, y=y, class_="tick"))
    return group(parts)
