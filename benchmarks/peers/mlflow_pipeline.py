"""Save what the service serves as MLflow models, and bodies for them.

    python mlflow_pipeline.py FOLDER BUNDLE N_CELLS ...

writes FOLDER/model, the bare scikit-learn pipeline, which wants descriptors; FOLDER/same, all the
pipelines that training fitted, which want descriptors and answer with an interval; FOLDER/whole,
which takes cells and answers as the service does; and for each number FOLDER/body-N.json and
FOLDER/whole-N.json, in MLflow's ``dataframe_split``.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from benchmarks.serving import trained
from features.table import describe
from models.calibration import group_folds
from models.estimators import build, fitted
from models.fitting import rows_of_models
from models.interval import DEFAULT_LEVEL, GroupInterval
from models.predictor import Predictor
from models.scales import Scale, scale_of
from serving.schemas import CellIn
from training.cohorts import load_cohort
from training.described import Described, described
from training.run_config import load_config


def answers(predictor: Predictor, model_input: pd.DataFrame) -> list[Any]:
    """Return predictions with interval, reasons and explanation for a column of cells."""
    cells = [CellIn.model_validate_json(text).to_record() for text in model_input["cell"]]
    return [asdict(each) for each in predictor.predict(cells)]


def bounded(
    pipelines: list[Pipeline], interval: GroupInterval, scale: Scale, model_input: pd.DataFrame
) -> pd.DataFrame:
    """Return value and interval for rows of descriptors, from the pipelines as they were fitted."""
    values = _by_pipeline(pipelines, model_input.to_numpy(dtype=float))
    lower, upper = interval.bounds(values[:, 1:], np.ones_like(values[:, 1:]), DEFAULT_LEVEL)
    value = scale.inverse(values[:, 0])
    return pd.DataFrame(
        {
            "value": value,
            "lower": np.minimum(scale.inverse(lower), value),
            "upper": np.maximum(scale.inverse(upper), value),
        }
    )


def pipelines_of(predictor: Predictor, data: Described) -> list[Pipeline]:
    """Return the fitted pipelines that a predictor was compiled from.

    Raises
    ------
    ValueError
        If they do not answer with the predictor's very bits.
    """
    X, task = data.table.array, predictor.task
    y = scale_of(task.scale).forward(data.labels)
    rows = rows_of_models(group_folds(data.cohort.groups, task.seed))
    unfitted = build(task.model, task.seed)
    pipelines = [fitted(clone(unfitted), X[kept], y[kept]) for kept in rows]
    if not np.array_equal(_by_pipeline(pipelines, X), predictor.model.answers(X)[0]):
        raise ValueError("the pipelines are not those that the predictor was compiled from")
    return pipelines


def _by_pipeline(pipelines: list[Pipeline], X: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.asarray(each.predict(X), dtype=float) for each in pipelines])


def main() -> None:
    """Fit the pipelines as those of the predictor are fitted, and save them."""
    folder = Path(sys.argv[1])
    cohort = load_cohort("virtual")
    ids = tuple(cell.cell_id for cell in cohort.cells[: trained.N_TRAINING_CELLS])
    data, _ = described(load_config(trained.RUN), cohort.subset(ids))
    X = data.table.values.to_numpy(dtype=float)
    pipeline = fitted(build("gradient_boosting", 0), X, data.labels)
    mlflow.sklearn.save_model(
        pipeline, folder / "model", serialization_format="cloudpickle", pip_requirements=[]
    )
    predictor = Predictor.load(Path(sys.argv[2]))
    pipelines, scale = pipelines_of(predictor, data), scale_of(predictor.task.scale)
    interval = predictor.interval
    mlflow.pyfunc.save_model(
        folder / "same",
        python_model=lambda model_input: bounded(pipelines, interval, scale, model_input),
        pip_requirements=[],
    )
    mlflow.pyfunc.save_model(
        folder / "whole",
        python_model=lambda model_input: answers(predictor, model_input),
        pip_requirements=[],
    )
    for n_cells in map(int, sys.argv[3:]):
        sent = json.loads(trained.recipe_body(0, n_cells))["cells"]
        whole = {"columns": ["cell"], "data": [[json.dumps(cell)] for cell in sent]}
        (folder / f"whole-{n_cells}.json").write_text(json.dumps({"dataframe_split": whole}))
        cells = trained.as_records(sent)
        table = describe(cells, data.table.names)
        frame = pd.DataFrame(table.values.to_numpy(dtype=float), columns=table.names)
        body = {"dataframe_split": {"columns": table.names, "data": frame.to_numpy().tolist()}}
        (folder / f"body-{n_cells}.json").write_text(json.dumps(body))


if __name__ == "__main__":
    main()
