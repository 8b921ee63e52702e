"""Names that people give the columns of an impedance table, and what each of them is."""

from collections.abc import Sequence

from features.parsing.column_units import readings_of
from features.parsing.text_format import Column

FREQUENCIES = ("frequency", "freq", "freq.", "f", "frequency hertz")
REALS = (
    *("z'", "re(z)", "real(z)", "z real", "zreal", "z re", "zre", "re z", "real z"),
    *("real impedance", "real part of z", "z'(a)", "re[z]"),
    *("real part", "real", "re"),
)
#: Their sign is that of the imaginary part, or turned by a "-" before them.
IMAGINARIES = (
    *("z''", 'z"', "im(z)", "imag(z)", "z imag", "zimag", "z im", "zim", "zimg", "im z", "imag z"),
    *("imaginary impedance", "imaginary part of z", "z''(b)", "im[z]"),
)
#: Written by some with the one sign, by others with the other.
IMAGINARIES_OF_EITHER_SIGN = ("imaginary part", "imaginary", "imag part", "imag", "im")
MODULI = (
    *("|z|", "zmod", "z mod", "mod(z)", "abs(z)", "zabs", "z abs", "modulus", "magnitude"),
    *("z modulus", "z magnitude", "zmag", "z mag", "impedance modulus", "impedance magnitude", "z"),
)
PHASES = (
    *("phase(z)", "zphz", "z phz", "z phase", "zphase", "phase", "phase angle", "phase of z"),
    *("arg(z)", "arg z", "theta", "θ", "phi", "φ"),
)
LOOPS = ("loop", "loop number", "z cycle", "cycle number", "cycle", "spectrum", "sweep")
MINUS = ("-", "- ", "neg ", "minus ")


def _signed(names: Sequence[str], quantity: str, unit: str) -> dict[str, Column]:
    turned = {f"{minus}{name}": Column(quantity, unit, -1.0) for minus in MINUS for name in names}
    return {name: Column(quantity, unit) for name in names} | turned


#: By name, lower case, without unit.
IMPEDANCE_COLUMNS = {
    **{name: Column("frequency_hertz", "Hz") for name in FREQUENCIES},
    **{name: Column("real_impedance_ohm", "Ohm") for name in REALS},
    **_signed(IMAGINARIES, "imaginary_impedance_ohm", "Ohm"),
    **{
        f"{minus}{name}": Column("imaginary_impedance_ohm", "Ohm", -1.0)
        for minus in MINUS
        for name in IMAGINARIES_OF_EITHER_SIGN
    },
    **{name: Column("imaginary_of_either_sign_ohm", "Ohm") for name in IMAGINARIES_OF_EITHER_SIGN},
    **{name: Column("modulus_ohm", "Ohm") for name in MODULI},
    **_signed(PHASES, "phase_degree", "deg?"),
    **{name: Column("loop") for name in LOOPS},
}
DATA = frozenset(column.quantity for column in IMPEDANCE_COLUMNS.values()) - {"loop"}
#: Signs as printed to those on a keyboard.
PLAIN = str.maketrans(
    {
        **dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}", "-"),
        **dict.fromkeys("\N{PRIME}\N{RIGHT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}`", "'"),
        **dict.fromkeys("\N{DOUBLE PRIME}\N{RIGHT DOUBLE QUOTATION MARK}", "''"),
        "\N{NO-BREAK SPACE}": " ",
        "\N{OHM SIGN}": "\N{GREEK CAPITAL LETTER OMEGA}",
    }
)


def impedance_quantities(names: Sequence[str]) -> list[str]:
    """Return what the cells of a header line are, of those that make a spectrum.

    Examples
    --------
    >>> impedance_quantities(["Freq (Hz)", "Z' (Ohm)", "-Z''", "time/s"])
    ['frequency_hertz', 'real_impedance_ohm', 'imaginary_impedance_ohm']
    """
    known = (
        next(
            (IMPEDANCE_COLUMNS[name] for name, _ in readings_of(cell) if name in IMPEDANCE_COLUMNS),
            None,
        )
        for cell in names
    )
    return [column.quantity for column in known if column and column.quantity in DATA]
