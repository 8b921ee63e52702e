"""The trained predictor: compiled model, interval, domain; saved and loaded without pickle."""

from models.prediction import Neighbour, Prediction, Provenance
from models.predictor import Predictor
from models.task import Task

__all__ = ["Neighbour", "Prediction", "Predictor", "Provenance", "Task"]
