"""The raw data of kept cells over HTTP: cycling, spectra, and the files they came in."""

import io
from functools import partial
from typing import Annotated, Literal
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from features.errors import NotMeasured
from features.records import Cell, Spectrum
from serving.cell_routes import READ_PROBLEMS, Version
from serving.cell_schemas import SpectraReply, SpectrumOut
from serving.queries import AS_DOCUMENTED
from serving.service import json_reply, service_of
from serving.texts import Line

router = APIRouter(prefix="/v1/cells", tags=["cells"], dependencies=[AS_DOCUMENTED])


@router.get(
    "/{cell_id}/cycling",
    response_class=Response,
    responses={
        200: {
            "description": "The cycling table in Battery Data Format columns.",
            "content": {"text/csv": {}, "application/vnd.apache.parquet": {}},
        },
        **READ_PROBLEMS,
    },
)
async def cycling(
    request: Request,
    cell_id: Line,
    format: Annotated[Literal["csv", "parquet"], Query()] = "csv",
    version: Version = None,
) -> Response:
    """Download the cycling of a kept cell."""
    cell = await to_thread.run_sync(partial(service_of(request).cells.get, cell_id, version))
    return await to_thread.run_sync(_table_reply, cell, format)


@router.get("/{cell_id}/spectra", response_model=SpectraReply, responses=READ_PROBLEMS)
async def spectra(request: Request, cell_id: Line, version: Version = None) -> Response:
    """Show the impedance spectra of a kept cell."""
    cell = await to_thread.run_sync(partial(service_of(request).cells.get, cell_id, version))
    return json_reply(SpectraReply(spectra=list(map(_spectrum_out, cell.spectra))))


@router.get(
    "/{cell_id}/files/{name}",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file, byte for byte.",
            "content": {"application/octet-stream": {}},
        },
        **READ_PROBLEMS,
    },
)
async def file(
    request: Request, cell_id: Line, name: Line, version: Version = None
) -> StreamingResponse:
    """Download an instrument's own file that was sent with a cell."""
    chunks = await to_thread.run_sync(
        partial(service_of(request).cells.raw_chunks, cell_id, name, version)
    )
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return StreamingResponse(chunks, media_type="application/octet-stream", headers=headers)


def _table_reply(cell: Cell, format: str) -> Response:
    if cell.cycling is None:
        raise NotMeasured(f"Cell '{cell.cell_id}' was kept without cycling.")
    name = f"attachment; filename*=UTF-8''{quote(cell.cell_id, safe='')}.{format}"
    headers = {"Content-Disposition": name}
    if format == "csv":
        return Response(cell.cycling.to_csv(index=False), 200, headers, "text/csv")
    buffer = io.BytesIO()
    cell.cycling.to_parquet(buffer, index=False)
    return Response(buffer.getvalue(), 200, headers, "application/vnd.apache.parquet")


def _spectrum_out(spectrum: Spectrum) -> SpectrumOut:
    return SpectrumOut(
        frequency_hertz=spectrum.frequency_Hz.tolist(),
        real_impedance_ohm=spectrum.impedance_ohm.real.tolist(),
        imaginary_impedance_ohm=spectrum.impedance_ohm.imag.tolist(),
        cycle=spectrum.cycle,
        time_h=spectrum.time_h,
        n_interfaces=spectrum.n_interfaces,
    )
