"""A job is waiting, with one worker, or ended: never lost, never done by two."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from features.errors import Conflict, FullQueue, InvalidRecord, UnknownName
from store.audit import AuditLog
from store.jobs import MOST_ATTEMPTS, JobQueue, LostLease

REQUEST = {"target": "cycle_life", "tier": "recipe"}
#: A lease that has run out before it begins.
GONE = timedelta(seconds=-1)


@pytest.fixture
def queue(database):
    return JobQueue(database)


def test_a_job_goes_its_way(queue):
    job = queue.submit(REQUEST, actor="kim")
    assert (job.state, job.attempts, job.request) == ("queued", 0, REQUEST)
    assert queue.take("w1").job_id == job.job_id
    queue.tell(job.job_id, "w1", "scoring", state="evaluating", progress_fraction=0.5)
    ended = queue.end(job.job_id, "w1", "beats it", state="promoted", result={"version": 2})
    assert ended.has_ended
    assert ended.result == {"version": 2}
    states = [event.state for event in queue.events(job.job_id)]
    assert states == ["queued", "running", "evaluating", "promoted"]
    assert [event.number for event in queue.events(job.job_id, after=2)] == [3, 4]


def test_jobs_are_taken_in_their_order_and_by_one_worker_each(queue):
    made = [queue.submit({"number": n}, actor="kim").job_id for n in range(3)]
    taken = [queue.take(f"w{n}").job_id for n in range(3)]
    assert taken == made
    assert queue.take("late") is None


def test_many_workers_at_once_share_the_jobs(queue):
    made = {queue.submit({"number": n}, actor="kim").job_id for n in range(12)}
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda n: queue.take(f"w{n}"), range(16)))
    ids = [job.job_id for job in taken if job is not None]
    assert len(ids) == len(set(ids)) == 12
    assert set(ids) == made


def test_the_same_request_with_the_same_key_is_one_job(queue):
    first = queue.submit(REQUEST, actor="kim", idempotency_key="k")
    again = queue.submit(dict(reversed(REQUEST.items())), actor="kim", idempotency_key="k")
    assert again.job_id == first.job_id
    with pytest.raises(Conflict, match="new key"):
        queue.submit({"target": "other"}, actor="kim", idempotency_key="k")
    assert len(queue.latest()) == 1


def test_no_more_jobs_wait_than_may_and_a_key_is_answered_all_the_same(queue):
    """A client that asks for its job again must learn of it, however full the queue is."""
    first = queue.submit(REQUEST, actor="kim", idempotency_key="k", most_waiting=2)
    queue.submit(REQUEST, actor="kim", most_waiting=2)
    with pytest.raises(FullQueue, match="2 jobs wait for a worker, and 2 may"):
        queue.submit(REQUEST, actor="kim", most_waiting=2)
    assert len(queue.latest()) == 2
    again = queue.submit(REQUEST, actor="kim", idempotency_key="k", most_waiting=2)
    assert again.job_id == first.job_id
    queue.take("w")
    assert queue.submit(REQUEST, actor="kim", most_waiting=2).state == "queued"


def test_a_job_whose_worker_is_gone_is_taken_back(queue):
    job = queue.submit(REQUEST, actor="kim")
    queue.take("w1", GONE)
    assert [back.state for back in queue.reap()] == ["queued"]
    assert queue.take("w2").attempts == 2
    with pytest.raises(LostLease):
        queue.renew(job.job_id, "w1")
    with pytest.raises(LostLease):
        queue.end(job.job_id, "w1", "too late", state="promoted")
    assert queue.get(job.job_id).worker == "w2"


def test_a_job_that_kills_its_workers_fails_in_the_end(queue):
    job = queue.submit(REQUEST, actor="kim")
    for _ in range(MOST_ATTEMPTS):
        queue.take("w", GONE)
        queue.reap()
    failed = queue.get(job.job_id)
    assert failed.state == "failed"
    assert "attempts" in failed.message
    assert queue.take("w") is None


def test_a_heartbeat_keeps_a_job(queue):
    job = queue.submit(REQUEST, actor="kim")
    queue.take("w1", GONE)
    queue.renew(job.job_id, "w1")
    assert queue.reap() == []


def test_a_waiting_job_is_cancelled_at_once_a_running_one_when_its_worker_looks(queue):
    waiting = queue.submit(REQUEST, actor="kim")
    assert queue.cancel(waiting.job_id, actor="lee", reason="wrong cells").state == "cancelled"
    running = queue.submit(REQUEST, actor="kim")
    queue.take("w1")
    queue.cancel(running.job_id, actor="lee", reason="wrong cells")
    assert queue.renew(running.job_id, "w1").is_cancel_wanted
    queue.end(running.job_id, "w1", "cancelled", state="cancelled")
    with pytest.raises(Conflict, match="has ended"):
        queue.cancel(running.job_id, actor="lee", reason="again")


def test_a_job_to_be_cancelled_whose_worker_is_gone_is_cancelled(queue):
    job = queue.submit(REQUEST, actor="kim")
    queue.take("w1", GONE)
    queue.cancel(job.job_id, actor="lee", reason="x")
    queue.reap()
    assert queue.get(job.job_id).state == "cancelled"


def test_lists_show_the_latest_first_and_by_state(queue):
    ids = [queue.submit({"n": n}, actor="kim").job_id for n in range(3)]
    queue.take("w")
    assert [job.job_id for job in queue.latest()] == ids[::-1]
    assert [job.job_id for job in queue.latest(state="running")] == ids[:1]
    second = queue.get(ids[1])
    assert [job.job_id for job in queue.latest(before=second.made_at)] == ids[:1]
    with pytest.raises(InvalidRecord, match="states are"):
        queue.latest(state="lost")
    with pytest.raises(InvalidRecord, match="limit"):
        queue.latest(limit=0)


def test_unknown_jobs_and_states_are_answered_with_the_way_out(queue):
    with pytest.raises(UnknownName, match="seicast jobs list"):
        queue.get("none")
    job = queue.submit(REQUEST, actor="kim")
    queue.take("w")
    with pytest.raises(InvalidRecord, match="can tell"):
        queue.tell(job.job_id, "w", "x", state="promoted", progress_fraction=1.0)
    with pytest.raises(InvalidRecord, match="can as"):
        queue.end(job.job_id, "w", "x", state="running")


def test_who_asked_and_who_cancelled_is_in_the_audit(queue, database):
    job = queue.submit(REQUEST, actor="kim")
    queue.cancel(job.job_id, actor="lee", reason="wrong cells")
    told = [(entry.actor, entry.action, entry.reason) for entry in AuditLog(database).entries()]
    assert told == [("kim", "retrain", ""), ("lee", "cancel", "wrong cells")]
