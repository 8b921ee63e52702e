"""What the service answers. Numbers leave as the shortest text that reads back to the same bits."""

from pydantic import BaseModel, Field

from models.prediction import Provenance


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
        description="What speaks against the data sent: shorts, gaps, repairs."
    )
    model: ModelOut
    trained_on: TrainedOn
    chosen_because: str
    n_cycles: int | None = Field(description="The model looks at the first so many cycles.")


class CellPredictions(BaseModel):
    """All answers for one cell."""

    cell_id: str
    predictions: list[PredictionOut]


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
