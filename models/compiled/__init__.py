"""Fitted models as arrays: the only way to a prediction, in training and in the service.

A stack holds the model of all training cells first, then those of the interval's folds, and
evaluates them together. It needs NumPy alone, answers a row with the same bits in any
company and on any machine, and every array is checked on construction, wherever it is from.
``models.compiler`` makes stacks from fitted pipelines.
"""

from models.compiled.blend import Blend
from models.compiled.constant import Constant
from models.compiled.gaussian_process import GaussianProcess
from models.compiled.linear import Linear
from models.compiled.offset import Offset
from models.compiled.piece import Model, Piece
from models.compiled.preparation import Preparation
from models.compiled.support_vectors import SupportVectors
from models.compiled.trees import Trees

#: What a bundle may hold, by the name it has there.
KINDS: dict[str, type[Piece]] = {
    piece.kind: piece
    for piece in (
        Blend,
        Constant,
        GaussianProcess,
        Linear,
        Offset,
        Preparation,
        SupportVectors,
        Trees,
    )
}

__all__ = ["KINDS", "Model", "Piece"]
