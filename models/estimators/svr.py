"""Support vector regression with a radial kernel, on a standardised target.

Its width of no penalty is a tenth of the target's deviation, about the spread of replicates;
the weight of errors is one of three, chosen on the training cells.
"""

from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from models.inner_folds import DealtFolds
from models.preparation import prepared

COMPLEXITY, USES_CENSORED, HAS_SD = 4, False, False
ERROR_WEIGHTS = (1.0, 3.0, 10.0)
DEAD_ZONE = 0.1


def build(seed: int) -> Pipeline:
    """Return an unfitted support-vector pipeline."""
    search = GridSearchCV(
        SVR(kernel="rbf", gamma="scale", epsilon=DEAD_ZONE),
        {"C": ERROR_WEIGHTS},
        scoring="neg_mean_squared_error",
        cv=DealtFolds(),
    )
    return prepared(TransformedTargetRegressor(search, transformer=StandardScaler()))
