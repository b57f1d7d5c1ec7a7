"""The worker's part: trays are measured in the background, each once, and a run that died is taken up again.

A tray is claimed before it is measured, so that two workers measure it once. A worker that is killed, or loses the
database, leaves its claim behind; whoever finds such a claim comes back when it has run out.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.db.models import Q
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts.measured import record_measurement
from xiaoshi.desk.kinds.burnt_notes.acts.trays import RULES_DEFAULT
from xiaoshi.desk.kinds.burnt_notes.hints import for_the_engine, holding
from xiaoshi.desk.kinds.burnt_notes.measuring import Measured, MeasuringDied, measure
from xiaoshi.desk.kinds.burnt_notes.models import Tray
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.keeping import content_of

log = logging.getLogger(__name__)
MEASURING_AT_MOST = timedelta(minutes=10)


class TrayNotThere(Exception):  # noqa: N818
    """The tray of a job is not in the database, or not seen by the one who ordered the job."""


@app.task(queue="desk", retry=RetryStrategy(max_attempts=3, wait=5), pass_context=False)
def measure_tray(tray_id: str, login: str) -> None:
    """Measure one tray on behalf of whoever photographed it."""
    # A worker lives for weeks; its connection may have died with a restart of the database.
    close_old_connections()
    if measure_once(tray_id, login):
        return
    left = _claim_runs_out_in(tray_id, login)
    if left is not None:
        measure_tray.configure(schedule_in={"seconds": left.total_seconds() + 1}).defer(
            tray_id=tray_id, login=login
        )


def _claim_runs_out_in(tray_id: str, login: str) -> timedelta | None:
    """How long somebody else's claim on the tray still holds; None when there is nothing left to do.

    Raises `TrayNotThere` when no such tray is committed (a job can be faster than the act that ordered it): the job's
    retries look again.
    """
    with visible_to(Staff.objects.select_related("unit").get(login=login)):
        tray = Tray.objects.filter(id=tray_id).first()
    if tray is None:
        raise TrayNotThere(tray_id)
    if tray.state == "waiting":
        # It was committed, or given back, between the claim and this look: a job that ended here would forget it.
        return timedelta()
    if tray.state != "measuring" or tray.claimed_at is None:
        return None
    return max(timedelta(), tray.claimed_at + MEASURING_AT_MOST - timezone.now())


def measure_once(tray_id: str, login: str) -> bool:
    """Claim the tray, measure it, record the result. False when somebody else has claimed it or it is measured already.

    True as well where the case takes no measurement any more: there is nothing left to do then.
    """
    person = Staff.objects.select_related("unit").get(login=login)
    claimed_at = timezone.now()
    with visible_to(person):
        free = Q(state="waiting") | Q(state="measuring", claimed_at__lt=claimed_at - MEASURING_AT_MOST)
        if not Tray.objects.filter(free, id=tray_id).update(state="measuring", claimed_at=claimed_at):
            return False
        tray = Tray.objects.select_related("photo", "case").get(id=tray_id)
        content, hints = content_of(tray.photo), for_the_engine(tray)
        used = [str(hint.id) for hint in holding(tray)]
    try:
        result = measure(tray.photo.name, content, str(settings.LIBRARY_DIR), RULES_DEFAULT, hints)
    except MeasuringDied as error:
        log.warning("measuring tray %s died: %s", tray_id, error)
        result = _died()
    try:
        perform(
            record_measurement,
            person,
            f"measure/{tray_id}/{claimed_at.timestamp()}/{uuid.uuid4()}",
            case_id=tray.case_id,
            channel="system",
            tray_id=tray_id,
            engine=result.engine,
            rules_id=RULES_DEFAULT,
            width_px=result.width_px,
            height_px=result.height_px,
            assessment=result.assessment,
            pictures=[made.as_field() for made in result.pictures],
            hints=used,
        )
    except Refused:
        # The case was closed or handed away meanwhile: the tray stays unmeasured and the page says so.
        log.info("tray %s: the case no longer takes a measurement", tray_id)
        _give_back(tray_id, person, claimed_at)
    except Exception:
        _give_back(tray_id, person, claimed_at)
        raise
    return True


def _give_back(tray_id: str, person: Staff, claimed_at: datetime) -> None:
    """Let the tray be measured by the next try; a claim that somebody else has taken over meanwhile stays."""
    try:
        with visible_to(person):
            Tray.objects.filter(id=tray_id, state="measuring", claimed_at=claimed_at).update(state="waiting")
    except DatabaseError:
        log.warning("tray %s: the claim could not be given back and runs out by itself", tray_id)


def _died() -> Measured:
    return Measured(
        engine="none",
        width_px=0,
        height_px=0,
        assessment={
            "pieces": [],
            "notes": [],
            "problems": [
                {
                    "code": "measuring_died",
                    "text": "测量进程中断（照片过大或内存不足）。请换一张较小的照片，或点“重新测量”。",
                    "text_en": "The measuring process ended (picture too large, or memory short). Use a smaller photo, or"
                    " measure again.",
                    "where": "",
                }
            ],
        },
    )


@app.task(queue="desk", pass_context=False)
def draw_demo_trays(case_id: str) -> None:
    """The slow part of the demo."""
    from xiaoshi.desk.kinds.burnt_notes.demo import draw_trays

    draw_trays(case_id)


@app.periodic(cron="* * * * *")
@app.task(queue="desk", pass_context=False)
async def take_up_stalled(timestamp: int) -> None:
    """A worker that was killed left its job behind: put it back into the queue."""
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)
