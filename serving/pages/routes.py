"""All paths of the pages."""

from fastapi import APIRouter

from serving.pages import cell, cells, compare, jobs, models, predict, shells

ROUTERS: tuple[APIRouter, ...] = (
    shells.router,
    predict.router,
    cells.router,
    cell.router,
    compare.router,
    models.router,
    jobs.router,
)
