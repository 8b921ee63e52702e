"""The trained predictor: pipeline, interval, domain; saved and loaded without pickle."""

from models.prediction import Prediction, Provenance
from models.predictor import Predictor

__all__ = ["Prediction", "Predictor", "Provenance"]
