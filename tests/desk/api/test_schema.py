"""The description is true: schemathesis sends what it allows and what it forbids, and every answer is one that it names.

Bounded: a fixed seed, a few examples for each call, nothing shrunk. Half of the acts are sent to a case that exists, with
its version, so that they come past the door.
"""

from __future__ import annotations

import json
import re
import uuid
import warnings
from collections import Counter
from typing import Any

import pytest
from api_callers import token_for
from hypothesis import HealthCheck, Phase, given, seed, settings

pytestmark = pytest.mark.database
EXAMPLES = 2


@pytest.fixture(scope="module")
def api(desk) -> Any:
    import schemathesis

    from desk_fixtures import the_people
    from xiaoshi.desk.wsgi import application

    people = the_people()
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application), people


def test_the_description_is_openapi_31_with_a_call_for_each_act(api):
    schema = api[0].raw_schema
    assert schema["openapi"].startswith("3.1")
    calls = [call for found in schema["paths"].values() for call in found.values()]
    idents = [call["operationId"] for call in calls]
    assert len(idents) == len(set(idents))
    for call in calls:
        assert re.search("[一-鿿]", call["summary"]), f"{call['operationId']}: no Chinese"
        assert {"401", "403", "429"} <= set(call["responses"])
        assert call["security"] == [{"BearerToken": []}]
    assert '"#/components/schemas/' in json.dumps(schema)


def send_all(operation: Any, mode: Any, secret: str, case_id: str, seen: Counter[int]) -> None:
    """A few requests of one call, each answer held against the description."""
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    # What is allowed goes to a case that exists, on its version; what is forbidden is made up altogether.
    given_parts: dict[str, Any] = {}
    if mode is GenerationMode.POSITIVE and operation.method == "post":
        given_parts["headers"] = {"Idempotency-Key": str(uuid.uuid4()), "If-Match": '"1"'}
    if case_id:
        given_parts["path_parameters"] = {"case_id": case_id}

    @seed(20261125)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, **given_parts))
    def send(case: Any) -> None:
        if "headers" in given_parts:
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
        answer = case.call(headers={"Authorization": f"Bearer {secret}"})
        seen[answer.status_code] += 1
        case.validate_response(
            answer,
            checks=[
                not_a_server_error,
                checks.status_code_conformance,
                checks.content_type_conformance,
                checks.response_schema_conformance,
            ],
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        send()


def test_nothing_that_is_sent_makes_a_fault_or_an_undocumented_answer(api):
    from schemathesis import GenerationMode

    from desk_fixtures import open_a_case

    schema, people = api
    secret = token_for(people.teller)
    seen: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            kind = "burnt_notes" if "/acts/burnt_notes." in operation.path else "example"
            existing = mode is GenerationMode.POSITIVE and "case_id" in operation.path
            case_id = str(open_a_case(people.teller, kind).id) if existing else ""
            send_all(operation, mode, secret, case_id, seen)
    assert {200, 403, 404, 422} <= set(seen), seen
    assert 429 not in seen, seen
