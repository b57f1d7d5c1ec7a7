"""Cases of long ago, made by their acts as of then, so that timeline and row agree on when they ended."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

LONG_AGO = datetime(2014, 3, 5, 2, 0, tzinfo=UTC)


def do(act: Any, person: Any, case: Any = None, **fields: Any) -> Any:
    from xiaoshi.desk.guard.boundary import perform

    ident = {"case_id": case.id} if case is not None else {}
    return perform(act, person, str(uuid.uuid4()), **ident, **fields).result


def refused(act: Any, person: Any, case: Any = None, **fields: Any) -> str:
    """The code with which the act is refused, in both languages."""
    import pytest

    from xiaoshi.desk.guard.refusals import Refused

    with pytest.raises(Refused) as caught:
        do(act, person, case, **fields)
    assert caught.value.problem.words.zh
    assert caught.value.problem.words.en
    return caught.value.problem.code


def opened(people: Any, at: datetime = LONG_AGO, name: str = "何采薇", kind: str = "example") -> Any:
    from desk_fixtures import BURNT_FACTS
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.cases.opening import open_case
    from xiaoshi.desk.guard.boundary import perform

    facts = BURNT_FACTS if kind == "burnt_notes" else {"wish": "换零钱"}
    outcome = perform(
        open_case, people.teller, str(uuid.uuid4()), now=at, kind=kind, client_name=name, facts=facts,
        id_number="000000190001010000", phone="00000000000", account_number="000000000000",
    )  # fmt: skip
    return Case.objects.using("owner").get(id=outcome.case_id)


def ended(people: Any, at: datetime = LONG_AGO, name: str = "何采薇") -> Any:
    """Listened to, answered, confirmed, closed, all on one day."""
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.cases.steps import close_case, confirm_step, do_step

    case = opened(people, at, name)
    later = at + timedelta(minutes=5)
    do(do_step, people.teller, case, step="listen", result={}, now=later)
    do(do_step, people.teller, case, step="answer", result={}, now=later)
    do(confirm_step, people.supervisor, case, step="answer", now=later)
    do(close_case, people.teller, case, now=later)
    return Case.objects.using("owner").get(id=case.id)


def approved(people: Any, *cases: Any) -> int:
    """A batch of these cases that two people have decided; its number."""
    from xiaoshi.desk.retention.batches import approve, propose

    batch = do(propose, people.outlet_head, cases=[str(c.id) for c in cases], reason="保存期满")["batch"]
    do(approve, people.city_specialist, batch=batch, reason="同意", cases=len(cases))
    return int(batch)


def there(model: Any, **wanted: Any) -> int:
    return int(model.objects.using("owner").filter(**wanted).count())
