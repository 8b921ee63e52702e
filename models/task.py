"""What is to be learnt, and how."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """What is learnt and how.

    Attributes
    ----------
    name : str
        Name of the model in the registry.
    target, unit : str
    scale : str
        Scale on which it is learnt, see ``models.scales``.
    model : str
        Estimator, see ``models.estimators``.
    is_scaled : bool
        Whether interval widths follow the model's own standard deviation.
    seed : int
    tier : str
        Evidence it looks at, such as "recipe".
    prior : str, optional
        Descriptor that holds the prior mean on the learning scale; what is learnt is the
        residual around it. It must be one of the table's columns.
    cap_ratio : float, optional
        Predictions are capped at so many times the longest training life.
    """

    name: str
    target: str
    unit: str
    scale: str
    model: str
    is_scaled: bool = False
    seed: int = 0
    tier: str = "recipe"
    prior: str | None = None
    cap_ratio: float | None = None
