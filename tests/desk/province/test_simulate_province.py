"""`xiaoshi simulate province`: true cases in an empty home, and never in one that is in use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from xiaoshi.core.casework.as_json import event_from_json, state_to_json
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.casework.plan_load import load_plan
from xiaoshi.desk.demo.histories import history
from xiaoshi.desk.demo.province import ProvinceThereAlready, make_province, uuid7
from xiaoshi.desk.kinds import all_kinds

KINDS = [(kind.name, kind.plan_text) for kind in all_kinds()]


@pytest.mark.parametrize(("kind", "text"), KINDS, ids=[name for name, _text in KINDS])
def test_histories_fold_to_their_snapshot_and_differ(kind, text):
    plan = load_plan(text).plan
    assert plan is not None
    made = [history(plan, f"7/{kind}/{n}") for n in range(12)]
    for told in made:
        events = (event_from_json(e) for entry in told.entries for e in json.loads(entry.body)["events"])
        assert state_to_json(fold(events)) == json.loads(told.snapshot)
    assert len({told.snapshot for told in made}) == 12
    assert {told.status for told in made} >= {"closed", "open"}
    assert history(plan, f"7/{kind}/0") == made[0]


def test_ids_are_ordered_by_their_moment():
    early, late = (uuid7(datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2))
    assert early < late
    assert early.version == 7


def test_a_desk_in_use_is_left_alone(desk):
    with pytest.raises(ProvinceThereAlready):
        make_province(10, 1, datetime.now(UTC))


def test_a_small_province_verifies(tmp_path: Path):
    """Over the command line, in a home of its own: made once, sound, and refused the second time."""
    home = tmp_path / "省 province"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("XIAOSHI_", "DJANGO_"))}

    def xiaoshi(*words: str) -> tuple[int, dict[str, object]]:
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "xiaoshi.cli", *words, "--json", "--home", str(home)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.stdout, ran.stderr
        return ran.returncode, json.loads(ran.stdout)

    code, made = xiaoshi("simulate", "province", "--cases", "120", "--seed", "5")
    assert (code, made["cases"], made["seed"]) == (0, 120, 5)
    code, verified = xiaoshi("audit", "verify")
    assert (code, verified["chains"], verified["entries"]) == (0, 120, made["entries"])
    code, refused = xiaoshi("simulate", "province", "--cases", "120")
    assert code == 1
    assert refused["problems"][0]["code"] == "home_in_use"
    assert xiaoshi("simulate", "province", "--cases", "0")[0] == 1
