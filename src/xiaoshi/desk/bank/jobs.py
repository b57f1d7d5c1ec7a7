"""The timers of the core bank. Each is safe at any time, twice, and in two workers at once."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta

from django.db import close_old_connections
from django.db.models import Max
from django.utils import timezone
from procrastinate.contrib.django import app

from xiaoshi.desk.bank.comparing import fetch_day
from xiaoshi.desk.bank.configured import core
from xiaoshi.desk.bank.models import Received
from xiaoshi.desk.bank.port import NoAnswerError
from xiaoshi.desk.bank.sending import PART, send_due
from xiaoshi.desk.bank.understanding import understand_stored
from xiaoshi.desk.guard.visibility import visible_to_house

log = logging.getLogger(__name__)
KINDS = {"pain.002", "camt.029", "camt.054"}


@app.periodic(cron="* * * * *")
@app.task(name="bank.send", queueing_lock="bank.send")
def send_now(timestamp: int) -> None:
    """Every minute: send, ask, read what came."""
    close_old_connections()
    work_off(timezone.now())


@app.task(name="bank.send_soon")
def send_soon() -> None:
    """The same at once, put in the queue by the act that approved a payment. Without a lock: one that is taken would break the act."""
    close_old_connections()
    work_off(timezone.now())


def work_off(now: datetime) -> int:
    """All that is due: what went out or was asked, and what came."""
    done = send_due(now)
    collect_pushed(now)
    understand_stored(now)
    return done


def collect_pushed(now: datetime) -> int:
    """Store what the bank says by itself, after the last number that is stored; how many."""
    bank = core()
    if bank is None:
        return 0
    with visible_to_house(PART):
        last = Received.objects.aggregate(last=Max("number"))["last"] or 0
    try:
        given = bank.messages(last)
    except NoAnswerError as error:
        log.warning("core bank: %s", error.problem.code)
        return 0
    stored = 0
    for one in given:
        try:
            number, kind, body = int(one["number"]), str(one["kind"]), str(one["xml"]).encode()
        except (KeyError, TypeError, ValueError):
            log.error("core bank: a pushed message without number, kind or xml")
            break  # those behind it are fetched again once the bank has mended it
        with visible_to_house(PART):
            _row, made = Received.objects.get_or_create(
                number=number,
                defaults={
                    "kind": kind if kind in KINDS else "other",
                    "source": "pushed",
                    "body": body,
                    "digest": hashlib.sha256(body).hexdigest(),
                    "at": now,
                },
            )
            stored += made
    return stored


@app.periodic(cron="35 16 * * *")  # 00:35 in the bank's zone
@app.task(name="bank.day", queueing_lock="bank.day")
def compare_yesterday(timestamp: int) -> None:
    close_old_connections()
    day_over(timezone.localdate() - timedelta(days=1), timezone.now())


@app.task(name="bank.one_day", retry=3)
def compare_one(day: str) -> None:
    close_old_connections()
    day_over(datetime.fromisoformat(day).date(), timezone.now())


def day_over(day: object, now: datetime) -> None:
    """First ask about what is open, then lay the day beside the bank's statement."""
    work_off(now)
    fetch_day(day, now)  # type: ignore[arg-type]
    understand_stored(now)
