"""Retraining jobs for people: asked for, followed, explained, cancelled."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from features.errors import InvalidRecord
from serving.errors import InvalidRequest, Problem
from serving.pages.templating import fragment
from serving.service import Service, service_of
from store.jobs import ENDED

router = APIRouter(prefix="/pages", include_in_schema=False)

N_JOBS = 50
#: Followed live; each holds a connection.
MOST_FOLLOWED = 4
#: What to do after an end that nobody wanted.
WAYS_OUT = {
    "failed": "Read the reason above. If it names cells, correct them or ask with other filters; "
    "if a process was lost, ask again: what was done already is not done twice.",
    "refused": "The version waits on the shelf of MLflow. Keep more cells and ask again, or let it "
    "answer all the same: seicast promote NAME --version N --force --reason WHY.",
    "cancelled": "Ask again whenever it is wanted.",
}


@router.get("/jobs")
async def jobs(request: Request, state: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Show the latest jobs, those under way followed live."""
    return await to_thread.run_sync(partial(_listed, service_of(request), state))


def _listed(service: Service, state: str) -> Response:
    try:
        found = service.jobs.latest(state=state or None, limit=N_JOBS)
    except InvalidRecord as error:
        raise InvalidRequest([Problem("state", str(error))]) from None
    under_way = [job.job_id for job in found if job.state not in ENDED]
    return fragment(
        "job_list.html",
        jobs=found,
        followed=under_way[:MOST_FOLLOWED],
        ways_out=WAYS_OUT,
        state=state,
        is_full=len(found) == N_JOBS,
    )
