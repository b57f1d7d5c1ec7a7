"""Due times as a table: hours, what is special, from when, how long, and when it is due. Everything as JSON, as people write it."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import pytest

from xiaoshi.core.clocks.request import answer
from xiaoshi.core.clocks.schema import EXAMPLE, SCHEMA

DAY = [["09:00", "12:00"], ["13:30", "17:30"]]
WEEKDAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY)
NIGHTS = {"daily": [["21:00", "02:00"]]}
ROUND_THE_CLOCK = {"daily": [["00:00", "24:00"]]}
GOLDEN_WEEK = [
    {"date": "2026-10-01", "off": True},
    {"date": "2026-10-02", "off": True},
    {"date": "2026-10-05", "off": True},
    {"date": "2026-10-06", "off": True},
    {"work": "2026-10-10", "off": "2026-10-07"},
]


def ask(start: str, periods: Any = None, **more: Any) -> dict[str, Any]:
    outlet = {"zone": "Asia/Shanghai", "periods": WEEKDAYS if periods is None else periods}
    for key in ("zone", "closures", "swaps", "announced_years"):
        if key in more:
            outlet[key] = more.pop(key)
    return answer({"start": start, "outlet": outlet, **more})


def due(start: str, periods: Any = None, **more: Any) -> str:
    told = ask(start, periods, **more)
    assert told["problems"] == []
    return str(told["due"])[:16]


@pytest.mark.parametrize(
    ("start", "more", "expected"),
    [
        # Lunch, the night, the weekend; what ends with a period is due at its end and not next morning.
        ("2026-03-02T11:30", {"working_minutes": 60}, "2026-03-02T14:00"),
        ("2026-03-02T17:00", {"working_minutes": 60}, "2026-03-03T09:30"),
        ("2026-03-02T17:00", {"working_minutes": 30}, "2026-03-02T17:30"),
        ("2026-03-06T17:00", {"working_minutes": 60}, "2026-03-09T09:30"),
        # Opened outside the hours: it counts from the next opening, not at once (glpi#687).
        ("2026-03-07T20:00", {"working_minutes": 15}, "2026-03-09T09:15"),
        ("2026-03-02T12:00", {"working_minutes": 15}, "2026-03-02T13:45"),
        ("2026-03-02T10:00", {"working_minutes": 0}, "2026-03-02T10:00"),
        # Days: the day of the start does not count.
        ("2026-03-02T10:00", {"working_days": 1}, "2026-03-03T17:30"),
        ("2026-03-02T08:00", {"working_days": 1}, "2026-03-03T17:30"),
        ("2026-03-06T10:00", {"working_days": 1}, "2026-03-09T17:30"),
        ("2026-03-07T10:00", {"working_days": 2}, "2026-03-10T17:30"),
        # 调休: over the Golden Week; Saturday the 10th works as the Wednesday that was off.
        ("2026-09-30T17:00", {"working_minutes": 60, "swaps": GOLDEN_WEEK}, "2026-10-08T09:30"),
        ("2026-10-09T10:00", {"working_days": 1, "swaps": GOLDEN_WEEK}, "2026-10-10T17:30"),
        ("2026-10-09T17:00", {"working_minutes": 60, "swaps": GOLDEN_WEEK}, "2026-10-10T09:30"),
        ("2026-09-30T10:00", {"working_days": 3, "swaps": GOLDEN_WEEK}, "2026-10-10T17:30"),
        # Closures: a day, days, an afternoon, by moments.
        ("2026-03-02T17:00", {"working_minutes": 60, "closures": ["2026-03-03"]}, "2026-03-04T09:30"),
        ("2026-03-02T17:00", {"working_days": 1, "closures": ["2026-03-03/2026-03-04"]}, "2026-03-05T17:30"),
        (
            "2026-03-02T17:00",
            {"working_days": 1, "closures": [{"date": "2026-03-03", "from": "12:00"}]},
            "2026-03-03T12:00",
        ),
        (
            "2026-03-02T11:00",
            {"working_minutes": 120, "closures": [{"from": "2026-03-02T11:30", "to": "2026-03-02T14:00"}]},
            "2026-03-02T15:30",
        ),
        # Pauses: inside, outside the hours, over a closing moment.
        (
            "2026-03-02T10:00",
            {"working_minutes": 60, "pauses": [{"from": "2026-03-02T10:30", "to": "2026-03-02T11:00"}]},
            "2026-03-02T11:30",
        ),
        (
            "2026-03-02T10:00",
            {"working_minutes": 60, "pauses": [{"from": "2026-03-01T10:30", "to": "2026-03-02T09:30"}]},
            "2026-03-02T11:00",
        ),
        (
            "2026-03-02T17:00",
            {"working_minutes": 60, "pauses": [{"from": "2026-03-02T18:00", "to": "2026-03-03T08:00"}]},
            "2026-03-03T09:30",
        ),
        (
            "2026-03-02T10:00",
            {"working_days": 1, "pauses": [{"from": "2026-03-03T10:00", "to": "2026-03-03T16:00"}]},
            "2026-03-03T17:30",
        ),
        (
            "2026-03-02T10:00",
            {"working_days": 1, "pauses": [{"from": "2026-03-03T15:00", "to": "2026-03-05T11:00"}]},
            "2026-03-05T17:30",
        ),
        # Elapsed terms: nights and weekends do not stop them.
        ("2026-03-06T17:00", {"hours": 24}, "2026-03-07T17:00"),
        ("2026-03-06T17:00", {"days": 3}, "2026-03-09T17:00"),
        ("2026-03-02T10:00", {"working_minutes": 60, "extensions": [
            {"by": 60, "reason": "票样在外地", "authority": "guo.ye"}]}, "2026-03-02T12:00"),
    ],
)  # fmt: skip
def test_due(start: str, more: dict[str, Any], expected: str) -> None:
    assert due(start, **more) == expected


@pytest.mark.parametrize(
    ("start", "more", "expected"),
    [
        ("2026-03-02T23:00", {"working_minutes": 240}, "2026-03-03T22:00"),
        ("2026-03-03T01:00", {"working_minutes": 90}, "2026-03-03T21:30"),
        # The closed working day of the 3rd takes its part behind midnight along; that of the 2nd goes on until 02:00.
        ("2026-03-03T01:00", {"working_minutes": 90, "closures": ["2026-03-03"]}, "2026-03-04T21:30"),
        ("2026-03-02T10:00", {"working_days": 1}, "2026-03-04T02:00"),
    ],
)
def test_past_midnight(start: str, more: dict[str, Any], expected: str) -> None:
    assert due(start, NIGHTS, **more) == expected


def test_round_the_clock_loses_no_minute_at_midnight() -> None:
    """zammad#3180: 00:00-23:59 closes for one minute each night; 24:00 does not, and the days are one segment."""
    told = ask("2026-03-02T00:00", ROUND_THE_CLOCK, working_minutes=3 * 1440)
    assert told["due"] == "2026-03-05T00:00:00+08:00"
    assert len(told["segments"]) == 1


def test_daylight_saving_of_the_outlet_and_of_a_client_abroad() -> None:
    night = {"daily": [["00:00", "04:00"]]}
    forward = ask("2026-03-08T00:00", night, zone="America/Toronto", working_minutes=180)
    assert forward["due"] == "2026-03-08T04:00:00-04:00"  # only three hours long, this night
    back = ask("2026-11-01T00:00", night, zone="America/Toronto", working_minutes=300)
    assert back["due"] == "2026-11-01T04:00:00-05:00"  # five hours long
    three_days = ask("2026-10-30T09:00+08:00", days=3, client_zone="America/Toronto", runs_for_client=True)
    assert three_days["due"] == "2026-11-01T21:00:00-05:00"  # 21:00 his time, though the day had 25 hours
    by_hours = ask("2026-10-30T09:00+08:00", hours=72, client_zone="America/Toronto", runs_for_client=True)
    assert by_hours["due"] == "2026-11-01T20:00:00-05:00"


def test_the_clients_own_clock_never_stops_for_us() -> None:
    told = ask(
        "2026-09-30T17:00",
        working_days=3,
        runs_for_client=True,
        swaps=GOLDEN_WEEK,
        closures=["2026-10-01"],
        pauses=[{"from": "2026-09-30", "to": None}],
    )
    assert told["due"] == "2026-10-03T17:00:00+08:00"


def test_a_year_that_is_not_announced_is_counted_by_the_plain_week_and_said() -> None:
    told = ask("2026-12-31T17:00", working_minutes=60, swaps=GOLDEN_WEEK)
    assert told["due"] == "2027-01-01T09:30:00+08:00"
    assert [p["code"] for p in told["problems"]] == ["year_not_announced"]
    told = ask("2026-12-31T17:00", working_minutes=60, swaps=GOLDEN_WEEK, announced_years=[2026, 2027])
    assert told["problems"] == []
    told = ask("2026-03-02T17:00", working_minutes=60, announced_years=[])
    assert [p["code"] for p in told["problems"]] == ["year_not_announced"]


SAME = [
    {"mon": [["09:00", "12:00"]], "sat": [["10:00", "11:00"]]},
    {"1": ["09:00", "12:00"], "6": "10:00-11:00"},
    {"Monday": [{"from": "9:00", "to": "12:00"}], "Saturday": {"open": "10:00", "close": "11:00"}},
    {"周一": "09:00–12:00", "星期六": ["10:00~11:00"], "周日": []},
    [[["09:00", "12:00"]], [], None, "", "closed", [["10:00", "11:00"]], []],
    [
        {"day": "mon", "from": "09:00", "to": "12:00"},
        {"days": ["sat"], "periods": [{"from": "10:00", "to": "11:00"}]},
    ],
    {"mon": "09:00-10:30,10:30-12:00", "sat-sat": [["10:00", "10:30"], ["10:30", "11:00"]]},
]


@pytest.mark.parametrize("periods", SAME)
def test_the_same_hours_written_in_different_ways(periods: Any) -> None:
    told = ask("2026-03-02T11:00", periods, working_minutes=121)
    assert told["problems"] == []
    assert told["due"] == "2026-03-09T09:01:00+08:00"


@pytest.mark.parametrize(
    "swap",
    [
        {"date": "2026-03-07", "works_as": "fri"},
        {"day": "2026-03-07", "like": "周五"},
        {"date": "2026/3/7", "as": 5},
        {"date": "2026-03-07", "as": "2026-03-06"},
        {"date": "2026-03-07", "periods": DAY},
        {"date": "2026-03-07", "type": "workday"},
        {"work": "2026-03-07", "off": "2026-03-13"},
        "2026-03-07",
    ],
)
def test_a_saturday_that_works_written_in_different_ways(swap: Any) -> None:
    assert due("2026-03-06T17:00", working_minutes=60, swaps=[swap]) == "2026-03-07T09:30"


@pytest.mark.parametrize(
    "swap",
    [
        {"date": "2026-03-06", "off": True},
        {"date": "2026-03-06", "works_as": None},
        {"date": "2026-03-06", "works_as": "off"},
        {"date": "2026-03-06", "working": False},
        {"date": "2026-03-06", "periods": []},
        "2026-03-06",
    ],
)
def test_a_friday_off_written_in_different_ways(swap: Any) -> None:
    assert due("2026-03-05T17:00", working_minutes=60, swaps=[swap]) == "2026-03-09T09:30"


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"start": None}, "start_missing", "/start"),
        ({"start": "gestern"}, "moment_unreadable", "/start"),
        ({"start": "2026-02-30T10:00"}, "moment_unreadable", "/start"),
        ({"working_minutes": -1}, "not_a_whole_number", "/working_minutes"),
        ({"working_minutes": 1.5}, "not_a_whole_number", "/working_minutes"),
        ({"working_minutes": True}, "not_a_whole_number", "/working_minutes"),
        ({"working_minutes": "30"}, "not_a_whole_number", "/working_minutes"),
        ({"working_minutes": 10**30}, "not_a_whole_number", "/working_minutes"),
        ({"working_minutes": None}, "term_missing", "/working_minutes"),
        ({"working_days": 1}, "term_twice", "/working_days"),
        ({"outlet": []}, "outlet_missing", "/outlet"),
        ({"outlet": {"periods": 7}}, "periods_missing", "/outlet/periods"),
        ({"outlet": {"periods": {}}}, "never_open", "/outlet/periods"),
        ({"outlet": {"periods": {"0": DAY}}}, "weekday_unknown", "/outlet/periods/0"),
        ({"outlet": {"periods": {"mon": [["9", "12:00"]]}}}, "time_unreadable", "/outlet/periods/mon/0"),
        (
            {"outlet": {"periods": {"mon": [["09:00", "25:61"]]}}},
            "time_unreadable",
            "/outlet/periods/mon/0",
        ),
        ({"outlet": {"periods": {"mon": [["09:00", "09:00"]]}}}, "period_empty", "/outlet/periods/mon/0"),
        ({"outlet": {"periods": WEEKDAYS, "zone": "../etc"}}, "zone_unknown", "/outlet/zone"),
        ({"outlet": {"periods": WEEKDAYS, "zone": "Asia"}}, "zone_unknown", "/outlet/zone"),
        (
            {"outlet": {"periods": WEEKDAYS, "closures": ["2026-13-01"]}},
            "date_unreadable",
            "/outlet/closures/0",
        ),
        ({"outlet": {"periods": WEEKDAYS, "closures": 5}}, "not_a_list", "/outlet/closures"),
        ({"outlet": {"periods": WEEKDAYS, "closures": [5]}}, "closure_unreadable", "/outlet/closures/0"),
        (
            {"outlet": {"periods": WEEKDAYS, "closures": ["2026-03-04/2026-03-01"]}},
            "ends_before_it_begins",
            "/outlet/closures/0",
        ),
        (
            {"outlet": {"periods": WEEKDAYS, "swaps": [{"date": "2026-03-04", "works_as": "x"}]}},
            "weekday_unknown",
            "/outlet/swaps/0/works_as",
        ),
        ({"pauses": [{"from": "x"}]}, "moment_unreadable", "/pauses/0/from"),
        ({"pauses": [{"from": "2026-03-02T10:00"}]}, "still_paused", "/pauses/0"),
        ({"extensions": [{"by": 5}]}, "extension_unfounded", "/extensions/0"),
        ({"at_risk_percent": 0}, "not_a_whole_number", "/at_risk_percent"),
        ({"working_minutes": 10_000_000}, "beyond_horizon", ""),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(change: dict[str, Any], code: str, where: str) -> None:
    question = {"start": "2026-03-02T10:00", "working_minutes": 60, "outlet": {"periods": WEEKDAYS}}
    told = answer({**question, **change}, (3,))
    assert told["due"] is None
    assert (code, "/3" + where) in [(p["code"], p["where"]) for p in told["problems"]]
    assert all(p["zh"] and p["en"] and p["text"] == p["zh"] for p in told["problems"])


@pytest.mark.parametrize(
    ("outlet", "code"),
    [
        ({"periods": {"daily": [["09:00", "12:00"], ["11:00", "17:00"]]}}, "periods_overlap"),
        ({"periods": WEEKDAYS, "closurs": ["2026-03-02"]}, "unknown_key"),
        (
            {"periods": WEEKDAYS, "swaps": [{"date": "2026-03-07", "off": True}, {"date": "2026-03-07", "as": 5}]},
            "swap_twice",
        ),
    ],
)  # fmt: skip
def test_an_oddity_is_said_beside_the_answer(outlet: dict[str, Any], code: str) -> None:
    told = answer({"start": "2026-03-02T10:00", "working_minutes": 60, "outlet": outlet})
    assert told["due"] == "2026-03-02T11:00:00+08:00"
    assert [p["code"] for p in told["problems"]] == [code]


def test_the_share_at_which_it_is_at_risk() -> None:
    told = ask("2026-03-02T11:00", working_minutes=100, at_risk_percent=80)
    assert told["at_risk"] == "2026-03-02T13:50:00+08:00"


def test_the_schema_is_one_and_fits_its_example_and_our_answers() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(EXAMPLE)
    answers = jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": "#/$defs/answer"}]})
    told = answer(EXAMPLE)
    answers.validate(told)
    assert told["due"] == "2026-10-08T09:40:00+08:00"
    answers.validate(answer({"start": 5}))


def test_nothing_that_can_be_written_in_json_raises() -> None:
    """Values of every type in every place, thousands of times, from a fixed seed."""
    chance = random.Random(20261125)
    scraps: list[Any] = [
        None, True, False, 0, -1, 7, 1.5, 1e300, "", "x", "2026-03-02", "9999-12-31T23:59", "0001-01-01", "mon",
        "09:00", "24:00", "09:00-12:00", "a/b", "Asia/Shanghai", "\x00", "🕘" * 50, [], {}, [[]], [None, None],
        {"from": "09:00", "to": "10:00"}, {"date": "2026-03-02"}, {"from": None, "to": 5}, ["09:00", "12:00"],
        float("inf"), float("nan"), 10**400,
    ]  # fmt: skip
    places = [
        ("start",), ("working_minutes",), ("working_days",), ("outlet",), ("outlet", "zone"), ("outlet", "periods"),
        ("outlet", "periods", "mon"), ("outlet", "closures"), ("outlet", "swaps"), ("pauses",), ("extensions",),
        ("client_zone",), ("at_risk_percent",), ("runs_for_client",), ("hours",), ("days",),
        ("outlet", "announced_years"),
    ]  # fmt: skip
    for _ in range(3000):
        question = json.loads(json.dumps(EXAMPLE))
        for path in chance.sample(places, chance.randint(1, 3)):
            table = question
            for key in path[:-1]:
                table = table.get(key) if isinstance(table, dict) else None
            if isinstance(table, dict):
                scrap = chance.choice(scraps)
                table[path[-1]] = [scrap, chance.choice(scraps)] if chance.random() < 0.4 else scrap
        told = answer(question)
        assert told["due"] is not None or told["problems"]
        json.dumps(told)


def test_a_million_minutes_are_counted_by_days() -> None:
    """2,380 whole days of 420 minutes, which is 476 weeks, and 400 minutes more on a Monday."""
    told = ask("2026-03-02T09:00", working_minutes=1_000_000)
    assert told["due"] == "2035-04-16T17:10:00+08:00"
    assert len(told["segments"]) < 5000
