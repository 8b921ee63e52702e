"""Which descriptors go together in the training, and share what they add to a prediction.

Where two descriptors always moved together, no data tell what each does alone; a model may
give one a large weight and take it back through the other. So they move together on the way
from the mean to a cell, and share the step alike (Owen 1977, doi:10.1007/978-3-642-45494-3_7).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Beyond this, more than four fifths of the variance of one are that of the other.
MOST_CORRELATION = 0.9
#: Fewer cells that have both show too many correlations by chance.
FEWEST_CELLS = 5


def companions(descriptors: Array) -> NDArray[np.intp]:
    """Return the number of the company that each descriptor belongs to.

    Parameters
    ----------
    descriptors : float array of shape (n_cells, n_descriptors)
        Of the training cells, NaN where not measured.

    Returns
    -------
    int array of shape (n_descriptors,)
        The column of its first member; its own for a descriptor that goes alone.

    Examples
    --------
    >>> x = np.arange(8.0)
    >>> companions(np.stack([x, x**3 % 5, 3 - 2 * x], axis=1)).tolist()
    [0, 1, 0]
    """
    company = np.arange(descriptors.shape[1])
    for later in range(1, company.size):
        for earlier in range(later):
            if _go_together(descriptors[:, earlier], descriptors[:, later]):
                members = company == company[later]
                joined = min(company[earlier], company[later])
                company[members | (company == company[earlier])] = joined
    return company


def _go_together(one: Array, other: Array) -> bool:
    is_there = ~(np.isnan(one) | np.isnan(other))
    if np.count_nonzero(is_there) < FEWEST_CELLS:
        return False
    one, other = one[is_there], other[is_there]
    apart, other_apart = one - one.mean(), other - other.mean()
    spread = np.sqrt((apart @ apart) * (other_apart @ other_apart))
    return bool(abs(apart @ other_apart) > MOST_CORRELATION * spread > 0)
