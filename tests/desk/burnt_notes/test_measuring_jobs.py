"""Measuring in the background: each tray once, whatever dies on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import little_memory
import photos
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.test import override_settings
from django.utils import timezone
from tins import picture

from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes import jobs, measuring
from xiaoshi.desk.kinds.burnt_notes.acts import steps, trays
from xiaoshi.desk.kinds.burnt_notes.models import Tray

pytestmark = pytest.mark.database


@pytest.fixture(scope="module", autouse=True)
def _library(tmp_path_factory):
    folder = photos.make_library(tmp_path_factory.mktemp("library"))
    with override_settings(LIBRARY_DIR=folder):
        yield
    measuring.stop()


@pytest.fixture
def waiting(received):
    """A case with one tray that waits to be measured: `(tin, id of the tray)`."""
    tin = received()
    return tin, str(tin.do(trays.add_tray, "teller", name="盘.jpg", content=picture())["tray_id"])


def state(tin):
    (tray,) = tin.trays()
    return tray.state


def measurements(tin):
    with visible_to(tin.people.teller):
        return list(tin.case.trays.get().measurements.all())


def jobs_of(tray_id):
    """Planned and waiting jobs for this tray: (state, in how many seconds)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text, extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs"
            " WHERE args->>'tray_id' = %s ORDER BY id",
            [tray_id],
        )
        return cursor.fetchall()


def claim(tray_id, ago):
    """As a worker leaves it that died: claimed, and nobody is measuring."""
    Tray.objects.using("owner").filter(id=tray_id).update(state="measuring", claimed_at=timezone.now() - ago)


# ---- the child dies -------------------------------------------------------------------------------------------------


def check_died_and_can_be_repeated(tin, tray_id):
    assert state(tin) == "failed"
    (problem,) = measurements(tin)[0].assessment["problems"]
    assert problem["code"] == "measuring_died"
    assert "重新测量" in problem["text"]
    assert "measure again" in problem["text_en"]
    with pytest.raises(Refused):
        tin.do(steps.finish_photographing, "teller")
    tin.do(trays.measure_again, "teller", tray_id=tray_id)
    assert state(tin) == "waiting"
    assert jobs.measure_once(tray_id, tin.people.teller.login)
    assert measurements(tin)[0].engine == "none"
    assert measurements(tin)[1].assessment["problems"][0]["code"] == "image_too_small"


def test_a_child_without_memory_fails_the_tray_with_words(waiting, monkeypatch):
    tin, tray_id = waiting
    measuring.stop()
    with monkeypatch.context() as less:
        less.setattr(measuring, "_limit_memory", little_memory.limit)
        assert jobs.measure_once(tray_id, tin.people.teller.login)
    check_died_and_can_be_repeated(tin, tray_id)


def test_a_child_that_is_killed_fails_the_tray_with_words(waiting):
    tin, tray_id = waiting
    measuring.stop()
    killed = []

    def kill() -> None:
        while not killed:
            children = list((getattr(measuring._pool, "_processes", None) or {}).values())
            killed.extend(c.pid for c in children if c.pid)
            time.sleep(0.01)
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    assert jobs.measure_once(tray_id, tin.people.teller.login)
    killer.join()
    check_died_and_can_be_repeated(tin, tray_id)


def test_a_child_that_takes_too_long_is_ended(waiting, monkeypatch):
    tin, tray_id = waiting
    measuring.stop()
    with monkeypatch.context() as less:
        less.setattr(measuring, "TIME_LIMIT_S", 0.01)
        assert jobs.measure_once(tray_id, tin.people.teller.login)
    check_died_and_can_be_repeated(tin, tray_id)


# ---- two workers, and workers that die ------------------------------------------------------------------------------


def test_of_two_workers_one_measures(waiting):
    tin, tray_id = waiting
    go, told = threading.Barrier(4), []

    def work() -> None:
        go.wait()
        try:
            told.append(jobs.measure_once(tray_id, tin.people.teller.login))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False, False, False, True]
    assert len(measurements(tin)) == 1
    assert not jobs.measure_once(tray_id, tin.people.teller.login), "measured already"


def test_a_claim_of_a_dead_worker_is_looked_at_again_when_it_has_run_out(waiting):
    tin, tray_id = waiting
    claim(tray_id, timedelta(minutes=4))
    jobs.measure_tray(tray_id=tray_id, login=tin.people.teller.login)
    assert measurements(tin) == []
    ((_, none), (status, seconds)) = jobs_of(tray_id)
    assert (none, status) == (None, "todo")
    assert 5 * 60 < float(seconds) < 7 * 60
    claim(tray_id, jobs.MEASURING_AT_MOST + timedelta(seconds=1))
    jobs.measure_tray(tray_id=tray_id, login=tin.people.teller.login)
    assert len(measurements(tin)) == 1
    assert len(jobs_of(tray_id)) == 2


def test_a_tray_that_nobody_finishes_can_be_measured_again_by_hand(waiting):
    tin, tray_id = waiting
    claim(tray_id, timedelta(minutes=4))
    with pytest.raises(Refused) as told:
        tin.do(steps.finish_photographing, "teller")
    assert told.value.problem.code == "still_measuring"
    assert "重新测量" in told.value.problem.words.zh
    tin.do(trays.measure_again, "teller", tray_id=tray_id)
    assert jobs.measure_once(tray_id, tin.people.teller.login)


def test_when_the_result_cannot_be_written_the_claim_is_given_back(waiting, monkeypatch):
    tin, tray_id = waiting

    def gone(*_args, **_fields):
        raise DatabaseError("the connection is lost")

    with monkeypatch.context() as broken:
        broken.setattr(jobs, "perform", gone)
        with pytest.raises(DatabaseError):
            jobs.measure_tray(tray_id=tray_id, login=tin.people.teller.login)
    assert (state(tin), measurements(tin)) == ("waiting", [])
    jobs.measure_tray(tray_id=tray_id, login=tin.people.teller.login)
    assert len(measurements(tin)) == 1


def test_a_job_that_is_faster_than_its_act_is_tried_again(people):
    with pytest.raises(jobs.TrayNotThere):
        jobs.measure_tray(tray_id="00000000-0000-7000-8000-000000000000", login=people.teller.login)


def test_a_tray_taken_out_while_it_is_measured_stays_out(waiting, monkeypatch):
    tin, tray_id = waiting
    real = measuring.measure

    def slow(*given):
        tin.do(trays.withdraw_tray, "teller", tray_id=tray_id, reason="拍错了")
        return real(*given)

    monkeypatch.setattr(jobs, "measure", slow)
    assert jobs.measure_once(tray_id, tin.people.teller.login)
    assert state(tin) == "withdrawn"
    assert tin.counted().notes == 0


def test_a_result_that_comes_too_late_replaces_nothing(tin_of_words):
    tin = tin_of_words("full100")
    tin.says("teller", 1, "full100")
    with pytest.raises(Refused) as told:
        tin.record(str(tin.trays()[0].id), "none100")
    assert told.value.problem.code == "too_late_to_measure"
    assert tin.counted().amount_fen == 100_00


def test_a_real_worker_measures_what_the_act_ordered(waiting):
    """The worker as `xiaoshi serve` starts it: with the runtime role's connection alone."""
    tin, tray_id = waiting
    kept = {name: value for name, value in os.environ.items() if name != "XIAOSHI_DB_OWNER"}
    environment = {
        **kept,
        "XIAOSHI_LIBRARY": str(settings.LIBRARY_DIR),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "LC_ALL": "C.UTF-8",
    }
    command = [sys.executable, "-m", "xiaoshi.cli", "worker", "--attached", "--once"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert state(tin) == "failed"
    assert measurements(tin)[0].assessment["problems"][0]["code"] == "image_too_small"
    assert [status for status, _ in jobs_of(tray_id)] == ["succeeded"]
