"""What the service answers. Numbers leave as the shortest text that reads back to the same bits."""

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field

from models.prediction import Provenance
from models.shelf import Entry

#: Such as ``models.prediction.Neighbour``, which has the very fields.
FROM_RECORD = ConfigDict(from_attributes=True)


class ModelOut(BaseModel):
    """Which model answered; the run id leads to its training."""

    name: str
    version: int
    run_id: str
    bundle_sha256: str


class TrainedOn(BaseModel):
    """What the model has seen; ``kinds`` counts measured, literature and simulated cells."""

    cohort: str
    citation: str
    kinds: dict[str, int]
    n_cells: int
    n_groups: int


class NeighbourOut(BaseModel):
    """A training cell like the one asked about, and what became of it."""

    model_config = FROM_RECORD

    cell_id: str
    distance_sd: float = Field(
        description="Root mean square over descriptors, in standard deviations of the training."
    )
    label: float = Field(description="Its outcome, in the unit of the prediction.")
    is_censored: bool = Field(description="Whether the label is a lower bound.")


class PublishedOut(BaseModel):
    """A published cell like the one asked about; its figures were not learnt from."""

    model_config = FROM_RECORD

    row_id: str
    citation: str
    coating: str
    distance: float = Field(description="0 for the same facts, 1 for nothing in common.")
    ce_fraction: float | None
    ce_scope: str | None
    cycle_life_cycles: float | None
    is_censored: bool | None
    differs_in: list[str]


class PredictionOut(BaseModel):
    """One answer with its interval, its limits and where it comes from."""

    target: str
    value: float
    lower: float
    upper: float
    unit: str
    level: float = Field(description="Probability with which the interval holds the truth.")
    in_domain: bool = Field(description="Whether the cell lies inside what the model has learnt.")
    reasons: list[str] = Field(description="Why not; empty inside the domain.")
    absent: dict[str, str] = Field(description="Descriptors the model did without, with reasons.")
    doubts: list[str] = Field(
        description="What speaks against the data sent: shorts, gaps, repairs, a phase whose "
        "formula cannot be read."
    )
    model: ModelOut
    trained_on: TrainedOn
    chosen_because: str
    n_cycles: int | None = Field(description="The model looks at the first so many cycles.")
    tier: str = Field(description="Evidence that was looked at, such as recipe or 20_cycles.")
    why_not_richer: str = Field(description="What the cell lacks for richer tiers, if anything.")
    notes: list[str] = Field(
        description="What was done to the answer, and what contradicts it: caps, guard band, "
        "a life beyond its lithium excess."
    )
    scale: str = Field(description="Scale of mean and contributions, such as log10 or lce.")
    mean: float = Field(description="Answer for the mean of the training cells, on the scale.")
    contributions: dict[str, float] = Field(
        description="What each descriptor adds to the mean; they sum up to the answer."
    )
    nearest: list[NeighbourOut] = Field(description="Training cells like this one.")


class CellPredictions(BaseModel):
    """All answers for one cell."""

    cell_id: str
    predictions: list[PredictionOut]
    nearest_published: list[PublishedOut] = Field(
        description="Published cells like this one, for comparison."
    )


class PredictionReply(BaseModel):
    """Answers in the order of the cells sent."""

    cells: list[CellPredictions]


class DescriptorOut(BaseModel):
    """One descriptor of one cell; the value is null where ``reason`` says why."""

    value: float | None
    unit: str
    version: int
    reason: str | None = None


class CellDescriptors(BaseModel):
    """All descriptors of one cell by name."""

    cell_id: str
    descriptors: dict[str, DescriptorOut]
    doubts: list[str]


class DescriptorReply(BaseModel):
    """Descriptors in the order of the cells sent."""

    cells: list[CellDescriptors]
    n_cycles: int | None


class ModelCard(BaseModel):
    """A model ready to answer."""

    model: ModelOut
    target: str
    unit: str
    n_cycles: int | None
    tier: str
    descriptors: dict[str, int] = Field(description="Name and version of each descriptor.")
    provenance: Provenance


class BrokenModel(BaseModel):
    """A model on the shelf that cannot answer, and why."""

    name: str
    error: str


class ModelsReply(BaseModel):
    """The shelf as the service sees it."""

    models: list[ModelCard]
    broken: list[BrokenModel]


class Health(BaseModel):
    """Whether the service can do its work."""

    status: str
    models: list[str] = []
    broken: list[BrokenModel] = []


class ProblemItem(BaseModel):
    """One refused field."""

    where: str
    problem: str


class ProblemReply(BaseModel):
    """Why a request was not answered (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    problems: list[ProblemItem] = []


def model_out(entry: Entry) -> ModelOut:
    """Return which model it is, as it is shown."""
    return ModelOut(**asdict(entry))
