"""The interactive page of the interface; everything it shows comes from this service."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from features.recipe import (
    RANGES,
    CellDesign,
    Coating,
    Component,
    Electrolyte,
    Phase,
    Protocol,
)
from serving.cell_schemas import CorrectionIn, KeptCellIn, OutcomeIn
from serving.column_schemas import ColumnarRequest
from serving.job_schemas import CancelRequest, RetrainingRequest
from serving.model_schemas import PromotionRequest, RollbackRequest
from serving.replies import ProblemReply
from serving.schemas import DescriptorRequest, PredictionRequest

#: Their numbers lie within ``RANGES``.
RECORDS = (CellDesign, Coating, Component, Electrolyte, Phase, Protocol)
#: What operations are about, in the order of the page.
TAGS = {
    "predictions": "What a coating may bring: single cells, many at once, scans column by column.",
    "descriptors": "What the data of cells say in numbers, each blank with its reason.",
    "cells": "Kept cells: sent with their files, listed, read, corrected, taken out of service.",
    "models": "Who answers: versions on the shelf, their scores, their drift, their moves.",
    "retraining": "Retraining jobs: asked for, followed, cancelled.",
    "health": "What the service says of itself.",
}
OPENAPI_TAGS = [{"name": name, "description": told} for name, told in TAGS.items()]
END_OF_SENTENCE = re.compile(r"\.(?:\s+|$)")
_FILES = (
    "Files of instruments, each with its name. One that no format claims is read through a mapping "
    "of its columns: for `cell7.csv`, send `cell7.columns.toml` as well."
)
_TEMPLATE = "#/components/schemas/{model}"
#: Swagger UI sets styles from its script and shows its icons as data.
_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'"
)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Seicast</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#page", validatorUrl: null, displayRequestDuration: true,
  presets: [SwaggerUIBundle.presets.apis]
});
"""

router = APIRouter(include_in_schema=False)


class DocumentedService(FastAPI):
    """An application whose description has titles in words, and the bodies it parses itself."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document with the schemas of the request bodies."""
        if not self.openapi_schema:
            document = super().openapi()
            components = document.setdefault("components", {}).setdefault("schemas", {})
            components.update(_own_schemas())
            for operations in document["paths"].values():
                operations |= {method: _titled(each) for method, each in operations.items()}
        return super().openapi()


def documented_body(
    schema: type[BaseModel], example: dict[str, Any], *, has_files: bool = False
) -> dict[str, Any]:
    """Return the OpenAPI note of a JSON body, perhaps with files, for ``openapi_extra``."""
    reference = {"$ref": _TEMPLATE.format(model=schema.__name__)}
    content: dict[str, Any] = {"application/json": {"schema": reference, "example": example}}
    if has_files:
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        files = {"type": "array", "items": file, "maxItems": 50, "description": _FILES}
        parts = {"cell": reference, "file": files}
        form = {
            "type": "object",
            "required": ["cell"],
            "properties": parts,
            "additionalProperties": False,
        }
        encoding = {"cell": {"contentType": "application/json"}}
        content["multipart/form-data"] = {"schema": form, "encoding": encoding}
    return {"requestBody": {"required": True, "content": content}}


def _titled(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return an operation called by the first sentence of its docstring, described by the rest."""
    first, *rest = END_OF_SENTENCE.split(operation["description"], maxsplit=1)
    # A title is no Markdown.
    title = " ".join(first.replace("`", "").split())
    titled = {**operation, "summary": title, "description": "".join(rest)}
    return {name: told for name, told in titled.items() if told}


def _own_schemas() -> dict[str, Any]:
    _, schemas = models_json_schema(
        [
            (PredictionRequest, "validation"),
            (ColumnarRequest, "validation"),
            (DescriptorRequest, "validation"),
            (KeptCellIn, "validation"),
            (CorrectionIn, "validation"),
            (OutcomeIn, "validation"),
            (RetrainingRequest, "validation"),
            (CancelRequest, "validation"),
            (PromotionRequest, "validation"),
            (RollbackRequest, "validation"),
            (ProblemReply, "validation"),
        ],
        ref_template=_TEMPLATE,
    )
    definitions: dict[str, Any] = schemas["$defs"]
    for record in RECORDS:
        _add_ranges(definitions[record.__name__]["properties"])
    return definitions


def _add_ranges(properties: dict[str, Any]) -> None:
    """Show the bounds that records check by themselves."""
    for name, (low, high) in RANGES.items():
        shown = properties.get(name, {})
        for kind in shown.get("anyOf", [shown]):
            if kind.get("type") == "number":
                kind |= {"minimum": low, "maximum": high}


@router.get("/docs")
async def page() -> Response:
    """Return the page."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def start_script() -> Response:
    """Return the script that fills the page."""
    return Response(_START, media_type="text/javascript")


@router.get("/docs/swagger-ui-bundle.js")
async def script() -> Response:
    """Return Swagger UI."""
    return _resource("swagger-ui-bundle.js", "text/javascript")


@router.get("/docs/swagger-ui.css")
async def style() -> Response:
    """Return its style sheet."""
    return _resource("swagger-ui.css", "text/css")


@router.get("/docs/favicon-32x32.png")
async def icon() -> Response:
    """Return its icon."""
    return _resource("favicon-32x32.png", "image/png")


def _resource(name: str, media_type: str) -> Response:
    path = Path(str(files("fastapi_swagger.resources") / name))
    return FileResponse(path, media_type=media_type, headers={"Cache-Control": "max-age=3600"})
