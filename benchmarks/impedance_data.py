"""Impedance fits on spectra that others made or measured: AutoECM, Zhang 2020, instrument files."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.figure import Bound, Figure, run
from benchmarks.spectra import lowest_sd
from benchmarks.stopwatch import cpu_s
from features import MissingData, Spectrum, fit_spectra, read_file
from features.impedance.circuit import Circuit, circuit_of
from features.impedance.coordinates import arcs_of
from features.impedance.elements import Array
from training.data_folders import data_folder

TOLERANCE = 0.10
#: Number of arcs of the circuits that can be said in this grammar, and whether R and L are there.
AUTOECM_CIRCUITS = {
    "L-R-RCPE": "L1-R1-p(R2,CPE1)",
    "L-R-RCPE-RCPE": "L1-R1-p(R2,CPE1)-p(R3,CPE2)",
    "L-R-RCPE-RCPE-RCPE": "L1-R1-p(R2,CPE1)-p(R3,CPE2)-p(R4,CPE3)",
    "RCPE-RCPE": "p(R1,CPE1)-p(R2,CPE2)",
    "RCPE-RCPE-RCPE": "p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)",
    "RCPE-RCPE-RCPE-RCPE": "p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-p(R4,CPE4)",
    "RC-RC-RCPE-RCPE": "p(R1,C1)-p(R2,C2)-p(R3,CPE3)-p(R4,CPE4)",
}
#: The labels are rounded to three digits, which is the noise of these spectra; worse ones are
#: mislabelled.
LABEL_NOISE, MISLABELLED = 1e-3, 1e-2
REFERENCE_TOLERANCE = 1.05


def figures() -> list[Figure]:
    """Return the figures of each data set that is on this machine."""
    parts: tuple[Callable[[], list[Figure]], ...] = (_autoecm, _zhang, _references)
    found = []
    for part in parts:
        try:
            found += part()
        except MissingData as error:
            print(f"  left out: {error}")
    return found


def _autoecm() -> list[Figure]:
    folder = data_folder("autoecm_qs")
    rows = pd.read_parquet(folder / "spectra.parquet")
    labels = pd.read_csv(folder / "parameters.csv")
    spectra = {name: _angular_spectrum(group) for name, group in rows.groupby("spectrum_id")}
    verdicts = []
    for name, text in AUTOECM_CIRCUITS.items():
        chosen = labels[(labels["circuit"] == name) & (labels["recomputed_rel_rms"] < MISLABELLED)]
        some = [spectra[spectrum_id] for spectrum_id in chosen["spectrum_id"]]
        verdicts += _verdicts(text, some, chosen["parameters"].map(json.loads).tolist())
    table = pd.DataFrame(verdicts)
    known, inside = (table[table[name]] for name in ("is_known", "is_identifiable"))
    unflagged = table[table["is_unflagged"]]
    what = "AutoECM, circuit given: all resistances of arcs within 10 %"
    return [
        Figure(
            f"{what} where identifiable",
            100 * float(inside["is_right"].mean()),
            "%",
            Bound(low=90),
            Bound(low=95),
            f"{len(inside)} of {len(table)} spectra of {len(AUTOECM_CIRCUITS)} circuits: all arcs "
            f"peak in the window, Cramer-Rao at 0.1 % noise, that of the labels' three digits",
        ),
        Figure(
            f"{what} where the Cramer-Rao bound alone allows it",
            100 * float(known["is_right"].mean()),
            "%",
            note=f"{len(known)} spectra, arcs beyond the window too",
        ),
        Figure(
            f"{what} of the unflagged",
            100 * float(unflagged["is_right"].mean()),
            "%",
            note=f"{len(unflagged)} spectra",
        ),
    ]


def _verdicts(
    text: str, spectra: list[Spectrum], labels: list[dict[str, float]]
) -> list[dict[str, bool]]:
    """Return what holds for each spectrum of one circuit."""
    fit, circuit = fit_spectra(spectra, text), circuit_of(text)
    found = []
    for row, (spectrum, label) in enumerate(zip(spectra, labels, strict=True)):
        truth = _truth(text, label)
        apex_Hz, resistance_ohm = _arcs(circuit, truth)
        lowest_Hz, highest_Hz = spectrum.frequency_Hz.min(), spectrum.frequency_Hz.max()
        sd = lowest_sd(circuit, truth, spectrum.frequency_Hz, LABEL_NOISE)
        is_known = bool(2 * max(sd[arc.resistor] for arc in arcs_of(circuit)) <= TOLERANCE)
        is_inside = bool(np.all((apex_Hz >= lowest_Hz) & (apex_Hz <= highest_Hz)))
        error = np.abs(fit.arcs.resistance_ohm[row] / resistance_ohm - 1)
        found.append(
            {
                "is_known": is_known,
                "is_identifiable": is_known and is_inside,
                "is_right": bool(np.all(error <= TOLERANCE)),
                "is_unflagged": bool(fit.table["identifiable"].iloc[row]),
            }
        )
    return found


def _angular_spectrum(rows: pd.DataFrame) -> Spectrum:
    """Return a spectrum whose column ``freq`` acts as angular frequency."""
    impedance_ohm = rows["z_real_ohm"].to_numpy() + 1j * rows["z_imag_ohm"].to_numpy()
    return Spectrum(rows["freq"].to_numpy(dtype=float) / (2 * np.pi), impedance_ohm)


def _truth(text: str, label: dict[str, float]) -> Array:
    """Return the label's parameters in our order: its CPEn_C is R Q here, or C of an RC pair."""
    endings = (("_Q", "_C"), ("_alpha", "_t"))
    names = list(circuit_of(text).parameters)
    for ours, theirs in endings:
        names = [
            name.removesuffix(ours) + theirs if name.endswith(ours) else name for name in names
        ]
    return np.array([label[name] for name in names])


def _arcs(circuit: Circuit, truth: Array) -> tuple[Array, Array]:
    """Return where the true arcs peak and their resistances, from fast to slow."""
    arcs = arcs_of(circuit)
    exponent = np.array([1.0 if arc.alpha is None else truth[arc.alpha] for arc in arcs])
    resistance_ohm = np.array([truth[arc.resistor] for arc in arcs])
    power = resistance_ohm * np.array([truth[arc.capacitor] for arc in arcs])
    apex_Hz = power ** (-1 / exponent) / (2 * np.pi)
    order = np.argsort(-apex_Hz)
    return apex_Hz[order], resistance_ohm[order]


def _zhang() -> list[Figure]:
    rows = pd.read_parquet(data_folder("zhang2020_eis") / "spectra.parquet")
    spectra = [_spectrum(group) for _, group in rows.groupby(["cell", "cycle"])]
    seconds = cpu_s(lambda: fit_spectra(spectra).table)
    table = fit_spectra(spectra).table
    numbers = table.select_dtypes("number").drop(columns="correlation_R_SEI_R_ct")
    is_finite = np.isfinite(numbers.to_numpy(dtype=float)).all(axis=1)
    is_answered = is_finite | (table["reason"].to_numpy() != "")
    return [
        Figure(
            "real spectra of Zhang 2020 fitted, or refused with a reason",
            100 * float(is_answered.mean()),
            "%",
            must=Bound(low=100),
            note=f"{len(table)} spectra, paper's circuit; {int(table['identifiable'].sum())} "
            f"identifiable, median residual {100 * table['residual_rms'].median():.2f} %; "
            f"Kramers-Kronig residual of each, median {100 * table['kk_rms'].median():.2f} %",
        ),
        Figure("the same, CPU in all", seconds, "s", must=Bound(high=10)),
    ]


def _spectrum(rows: pd.DataFrame) -> Spectrum:
    impedance_ohm = rows["z_real_ohm"].to_numpy() + 1j * rows["z_imag_ohm"].to_numpy()
    return Spectrum(rows["freq_hz"].to_numpy(dtype=float), impedance_ohm)


def _references() -> list[Figure]:
    """Return how our residuals compare with those of the reference fits of real files."""
    folder = data_folder("instrument_files")
    table = pd.read_csv(folder / "reference_fits.csv")
    ratios = {}
    for (file, text), rows in table.groupby(["file", "circuit"]):
        if "fixed" in str(text) or "W_Y" in set(rows["parameter"]):
            # Fixed parameters, and other definitions, are no fit of the same freedom.
            continue
        circuit = circuit_of(str(text))
        values = rows.set_index("parameter")["refit_value"]
        reference = np.array(
            [values[name if name in values else _their_name(name)] for name in circuit.parameters]
        )
        for number, spectrum in enumerate(read_file(folder / str(file)).spectra):
            kept = _capacitive(spectrum) if str(file).endswith(".csv") else spectrum
            ratios[f"{file}[{number}]"] = _ratio(kept, circuit, reference)
    share = np.mean([ratio <= REFERENCE_TOLERANCE for ratio in ratios.values()])
    return [
        Figure(
            "real files whose residual is no worse than the reference fit's by 5 %",
            100 * float(share),
            "%",
            Bound(low=95),
            Bound(low=100),
            "residual over modulus, ours over theirs: "
            + ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items()),
        )
    ]


def _their_name(name: str) -> str:
    """Return the name under which the reference lists a parameter of an underscored circuit."""
    element, _, parameter = name.partition("_")
    symbol, number = element.rstrip("0123456789"), element.lstrip("CLPERWos")
    return f"{symbol}_{number}" + {"Z0": "_0", "tau": "_1"}.get(parameter, "")


def _capacitive(spectrum: Spectrum) -> Spectrum:
    """Return the points that the reference was fitted to."""
    kept = spectrum.impedance_ohm.imag < 0
    return Spectrum(spectrum.frequency_Hz[kept], spectrum.impedance_ohm[kept])


def _ratio(spectrum: Spectrum, circuit: Circuit, reference: Array) -> float:
    """Return our residual over that of the reference fit, both over the modulus."""
    fit = fit_spectra([spectrum], circuit.text)
    frequency_Hz = spectrum.frequency_Hz
    theirs = circuit.impedance_ohm(np.log(reference)[None], frequency_Hz[None])[0]
    ours = fit.impedance_ohm(0, frequency_Hz)
    return _rms(spectrum, ours) / _rms(spectrum, theirs)


def _rms(spectrum: Spectrum, impedance_ohm: NDArray[np.complex128]) -> float:
    residual = (impedance_ohm - spectrum.impedance_ohm) / np.abs(spectrum.impedance_ohm)
    return float(np.sqrt(np.mean(np.abs(residual) ** 2)))


if __name__ == "__main__":
    run(figures)
