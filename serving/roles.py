"""Who may do what: one row a route. A route without a row is for administrators alone."""

import re
from collections.abc import Mapping
from functools import cache

from starlette.routing import compile_path

#: Needs no key: nothing of the lab shows there.
OPEN = "open"
#: Needs a key, of any role.
ANY = "any"

NEEDED: Mapping[tuple[str, str], str] = {
    ("GET", "/health/live"): OPEN,
    ("GET", "/health/ready"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/"): OPEN,
    ("GET", "/cells"): OPEN,
    ("GET", "/cells/{cell_id}"): OPEN,
    ("GET", "/compare"): OPEN,
    ("GET", "/models"): OPEN,
    ("GET", "/jobs"): OPEN,
    ("GET", "/static/{file:path}"): OPEN,
    ("GET", "/docs"): OPEN,
    ("GET", "/docs/{file:path}"): OPEN,
    ("GET", "/metrics"): ANY,
    ("POST", "/v1/predictions"): "predict",
    ("POST", "/v1/predictions/columnar"): "predict",
    ("POST", "/v1/descriptors"): "predict",
    ("GET", "/v1/models"): ANY,
    ("GET", "/v1/models/{name}"): ANY,
    ("POST", "/v1/models/{name}/promote"): "promote",
    ("POST", "/v1/models/{name}/rollback"): "promote",
    ("GET", "/v1/models/{name}/drift"): ANY,
    ("POST", "/v1/cells"): "contribute",
    ("GET", "/v1/cells"): ANY,
    ("GET", "/v1/cells/{cell_id}"): ANY,
    ("PUT", "/v1/cells/{cell_id}"): "contribute",
    ("DELETE", "/v1/cells/{cell_id}"): "contribute",
    ("PUT", "/v1/cells/{cell_id}/outcome"): "contribute",
    ("GET", "/v1/cells/{cell_id}/versions"): ANY,
    ("GET", "/v1/cells/{cell_id}/descriptors"): ANY,
    ("GET", "/v1/cells/{cell_id}/predictions"): ANY,
    ("GET", "/v1/cells/{cell_id}/cycling"): ANY,
    ("GET", "/v1/cells/{cell_id}/spectra"): ANY,
    ("GET", "/v1/cells/{cell_id}/files/{name}"): ANY,
    ("POST", "/v1/retraining-jobs"): "retrain",
    ("GET", "/v1/retraining-jobs"): ANY,
    ("GET", "/v1/retraining-jobs/{job_id}"): ANY,
    ("POST", "/v1/retraining-jobs/{job_id}/cancel"): "retrain",
    ("GET", "/v1/retraining-jobs/{job_id}/events"): ANY,
    ("POST", "/pages/predictions"): "predict",
    ("POST", "/pages/sweeps"): "predict",
    ("POST", "/pages/recipes"): "contribute",
    ("GET", "/pages/cells"): ANY,
    ("GET", "/pages/cells/{cell_id}/facts"): ANY,
    ("GET", "/pages/cells/{cell_id}/doubts"): ANY,
    ("POST", "/pages/cells/{cell_id}/correction"): "contribute",
    ("GET", "/pages/cells/{cell_id}/curves"): ANY,
    ("GET", "/pages/cells/{cell_id}/impedance"): ANY,
    ("GET", "/pages/cells/{cell_id}/sheet"): ANY,
    ("GET", "/pages/cells/{cell_id}/answers"): ANY,
    ("GET", "/pages/cells/{cell_id}/download"): ANY,
    ("GET", "/pages/compare"): ANY,
    ("GET", "/pages/models"): ANY,
    ("GET", "/pages/jobs"): ANY,
}
#: Never refused for want of room: who watches the service must see it when it is full.
VITAL = ("/health/live", "/health/ready", "/metrics")


def is_vital(path: str) -> bool:
    """Tell whether a path is answered however busy the service is."""
    return path in VITAL


def needed_role(method: str, path: str) -> str:
    """Return the role that a request needs.

    Examples
    --------
    >>> needed_role("GET", "/v1/models/ce")
    'any'
    >>> needed_role("DELETE", "/v1/models/ce")
    'admin'
    """
    wanted = "GET" if method == "HEAD" else method
    for route_method, pattern, role in _patterns():
        if route_method == wanted and pattern.match(path):
            return role
    return "admin"


def methods_of(path: str) -> list[str]:
    """Return what may be done to a path.

    Examples
    --------
    >>> methods_of("/v1/cells"), methods_of("/nowhere")
    (['GET', 'HEAD', 'POST'], [])
    """
    found = {method for method, pattern, _ in _patterns() if pattern.match(path)}
    return sorted(found | {"HEAD"} if "GET" in found else found)


def may(roles: frozenset[str], needed: str) -> bool:
    """Tell whether somebody with these roles may do what needs that one.

    Examples
    --------
    >>> may(frozenset({"predict"}), "any"), may(frozenset({"predict"}), "promote")
    (True, False)
    """
    return needed == OPEN or "admin" in roles or needed in roles or (needed == ANY and bool(roles))


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    return tuple((method, compile_path(path)[0], role) for (method, path), role in NEEDED.items())
