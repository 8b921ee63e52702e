"""Save what the service serves as MLflow models, and bodies for them.

    python mlflow_pipeline.py FOLDER BUNDLE N_CELLS ...

writes FOLDER/model, the bare scikit-learn pipeline, which wants descriptors; FOLDER/whole, which
takes cells and answers as the service does; and for each number FOLDER/body-N.json and
FOLDER/whole-N.json, in MLflow's ``dataframe_split``.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import mlflow.sklearn
import pandas as pd

from benchmarks.serving import trained
from features.table import describe
from models.estimators import build, fitted
from models.predictor import Predictor
from serving.schemas import CellIn
from training.cohorts import load_cohort
from training.described import described
from training.run_config import load_config


def answers(predictor: Predictor, model_input: pd.DataFrame) -> list[Any]:
    """Return predictions with interval, reasons and explanation for a column of cells."""
    cells = [CellIn.model_validate_json(text).to_record() for text in model_input["cell"]]
    return [asdict(each) for each in predictor.predict(cells)]


def main() -> None:
    """Fit the pipeline as the predictor's first model is fitted, and save it."""
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
