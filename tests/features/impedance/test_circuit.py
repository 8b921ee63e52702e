import numpy as np
import pytest

from features.errors import InvalidSetting
from features.impedance.circuit import NAMED_CIRCUITS, circuit_of, with_inductance
from features.impedance.coordinates import coordinates_of

NESTED = "R0-p(CPE1,R1-p(CPE2,R2-W2))-L1"
CIRCUITS = (*NAMED_CIRCUITS, NESTED, "R_0-Ws_1-p(C_1,R_1-Wo_2)-p(L1,R3)", "C5-CPE2-p(R1,C1,L2)")
STEP = 1e-5


def problems_of(circuit, n_problems=4):
    """Return log-parameters of the size of one, and grids of angular frequency around one."""
    rng = np.random.default_rng(7)
    log_parameters = rng.normal(size=(n_problems, len(circuit.parameters)))
    alphas = [name.endswith("alpha") for name in circuit.parameters]
    log_parameters[:, alphas] = np.log(rng.uniform(0.6, 1, size=(n_problems, sum(alphas))))
    return log_parameters, np.linspace(6, -6, 30) + rng.normal(size=(n_problems, 1))


def differences(function, at):
    """Return central differences of a function by each coordinate, along axis 1."""
    steps = STEP * np.eye(at.shape[1])
    parts = [(function(at + step) - function(at - step)) / (2 * STEP) for step in steps]
    return np.stack(parts, axis=1)


@pytest.mark.parametrize("text", CIRCUITS)
def test_slopes_are_those_of_finite_differences(text):
    circuit = circuit_of(text)
    log_parameters, log_omega = problems_of(circuit)
    _, slopes = circuit.evaluate(log_parameters, log_omega)
    expected = differences(lambda at: circuit.evaluate(at, log_omega)[0], log_parameters)
    scale = np.abs(expected).max(axis=2, keepdims=True)
    assert np.abs(slopes - expected) / scale == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("text", CIRCUITS)
def test_slopes_by_coordinates_are_those_of_finite_differences(text):
    circuit = with_inductance(circuit_of(text))
    coordinates = coordinates_of(circuit)
    log_parameters, log_omega = problems_of(circuit)
    at = coordinates.from_log_parameters(log_parameters)
    assert coordinates.log_parameters(at) == pytest.approx(log_parameters)
    _, slopes = circuit.evaluate(log_parameters, log_omega)
    coordinates.turn(slopes, at)

    def impedance(moved):
        return circuit.evaluate(coordinates.log_parameters(moved), log_omega)[0]

    expected = differences(impedance, at)
    scale = np.abs(expected).max(axis=2, keepdims=True)
    assert np.abs(slopes - expected) / scale == pytest.approx(0, abs=1e-6)
    turn = differences(coordinates.log_parameters, at).transpose(0, 2, 1)
    assert coordinates.jacobian(at) == pytest.approx(turn, abs=1e-6)


def test_elements_are_those_of_impedance_py():
    """Its order of parameters, its W = sigma (1 - j) / sqrt(w), its Wo and Ws."""
    circuit = circuit_of("R0-p(R1,CPE1)-p(R2-W1,C2)-Wo1-Ws1-L1")
    values = np.array([3.0, 40, 2e-5, 0.8, 90, 15, 1e-4, 30, 2.0, 20, 0.5, 1e-7])
    frequency_Hz = np.geomspace(1e5, 1e-2, 40)
    jw = 2j * np.pi * frequency_Hz
    W = 15 * (1 - 1j) / np.sqrt(2 * np.pi * frequency_Hz)
    expected = (
        3
        + 1 / (1 / 40 + 2e-5 * jw**0.8)
        + 1 / (1 / (90 + W) + 1e-4 * jw)
        + 30 / (np.sqrt(2 * jw) * np.tanh(np.sqrt(2 * jw)))
        + 20 * np.tanh(np.sqrt(0.5 * jw)) / np.sqrt(0.5 * jw)
        + 1e-7 * jw
    )
    found = circuit.impedance_ohm(np.log(values)[None], frequency_Hz[None])[0]
    assert found == pytest.approx(expected, rel=1e-12)


def test_bounded_diffusion_has_its_limits():
    """Wo is Z0 / 3 and a capacitor when slow; Ws is Z0; both are a Warburg element when fast."""
    slow = np.array([[-20.0]])
    Wo, _ = circuit_of("Wo1").evaluate(np.log([[6.0, 1.0]]), slow)
    Ws, _ = circuit_of("Ws1").evaluate(np.log([[6.0, 1.0]]), slow)
    assert Wo[0, 0].imag == pytest.approx(-6 / np.exp(-20.0), rel=1e-8)
    assert Ws[0, 0] == pytest.approx(6, rel=1e-8)
    fast = np.array([[12.0]])
    W, _ = circuit_of("W1").evaluate(np.log([[6.0 / np.sqrt(2)]]), fast)
    for text in ("Wo1", "Ws1"):
        assert circuit_of(text).evaluate(np.log([[6.0, 1.0]]), fast)[0] == pytest.approx(W)


def test_parameters_bear_the_elements_name_and_unit():
    circuit = circuit_of("two_arcs_open_warburg")
    assert circuit.parameters[:4] == ("R0", "R1", "CPE1_Q", "CPE1_alpha")
    assert circuit.parameters[-2:] == ("Wo1_Z0", "Wo1_tau")
    assert circuit.units == ("ohm", "ohm", "S s^alpha", "", "ohm", "S s^alpha", "", "ohm", "s")


def test_an_inductance_is_added_once():
    circuit = with_inductance(circuit_of("lithium_metal"))
    assert circuit.parameters[-1] == "L0"
    assert with_inductance(circuit) is circuit
    assert with_inductance(circuit_of("R0-p(L0,R1)-p(R2,C2)")).parameters[-1] == "L1"


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("R0-p(R1,C1", "end at position 11"),
        ("R0)", r"'\)' at position 3"),
        ("R0-X1", "'X1' at position 4"),
        ("R0-R0", "'R0' at position 4 occurs twice"),
        ("R0-R_0", "'R_0' at position 4 occurs twice"),
        ("p(R1)", "one branch"),
        ("R0--C1", "'-' at position 4"),
        ("", "the end at position 1"),
        ("R0-p(R1,,C1)", "',' at position 9"),
        ("R0+C1", r"'\+' at position 3"),
        ("-".join(f"R{i}" for i in range(30)), "one too many"),
        ("p(" * 200 + "R1", "nested"),
    ],
)
def test_a_wrong_circuit_is_refused_where_it_is_wrong(text, fact):
    with pytest.raises(InvalidSetting, match=fact):
        circuit_of(text)


def test_space_and_underscores_do_not_matter():
    assert circuit_of(" R_0 - p( R_1 , C_1 ) ").parameters == circuit_of("R0-p(R1,C1)").parameters
