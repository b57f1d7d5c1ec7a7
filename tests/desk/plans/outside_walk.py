"""Runs in a process of its own, with the package on its path: takes the kind in and walks a case from counter to close.

Prints what it saw as JSON. Everything goes through pages, as a teller works, but the papers, whose upload has tests.
"""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any

LOGINS = {"teller": "li.min", "supervisor": "qian.bo", "stranger": "wu.an"}
PAPERS = {"intake": ("application", "licence"), "name_paper": ("name_paper",)}


def main() -> None:
    import django

    django.setup()
    from django.contrib.staticfiles import finders
    from django.db import connections

    from xiaoshi.desk.audit.verify import verify_timeline
    from xiaoshi.desk.guard.installing import install

    install()
    told: dict[str, Any] = {}
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT relrowsecurity FROM pg_class WHERE relname = 'seal_change_sealcard'")
        told["row_security"] = cursor.fetchone()[0]
    told["static"] = finders.find("seal_change/card.svg") is not None
    clients = {name: _client(login) for name, login in LOGINS.items()}
    teller, supervisor = clients["teller"], clients["supervisor"]
    told["offered"] = "单位预留印鉴变更" in teller.get("/desk/cases/new/").content.decode()
    told["in_words"] = "“原印鉴遗失”为“是”" in teller.get("/desk/plans/seal_change/").content.decode()
    told["chinese_form"] = "单位经办人" in teller.get("/desk/cases/new/seal_change/").content.decode()
    opening = {
        "key": str(uuid.uuid4()),
        "client_name": "申屠静",
        "unit_name": "示例五金店",
        "name_changed": "on",
    }
    case = teller.post("/desk/cases/new/seal_change/", opening).headers["Location"].split("/")[3]
    told["steps"] = _walk(teller, supervisor, case)
    cards = teller.get(f"/desk/cases/{case}/seals/").content.decode()
    told["cards"] = "20260001" in cards and "启用日期" in cards
    told["stranger"] = clients["stranger"].get(f"/desk/cases/{case}/seals/").status_code
    told["close"] = _post(teller, case, f"/desk/cases/{case}/close/", {})
    told["status"] = _status(case)
    told["audit"] = verify_timeline("owner").ok
    sys.stdout.write(json.dumps(told, ensure_ascii=False))


def _client(login: str) -> Any:
    from django.test import Client

    from xiaoshi.desk.organisation.models import Staff

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(Staff.objects.get(login=login), backend="django.contrib.auth.backends.ModelBackend")
    return client


def _walk(teller: Any, supervisor: Any, case: str) -> list[list[Any]]:
    """`[step, who, status]` of every try, the refused ones as well."""
    from django.utils.timezone import localdate

    day = localdate()
    date_parts = {"in_use_from_year": day.year, "in_use_from_month": day.month, "in_use_from_day": day.day}
    past = {**date_parts, "in_use_from_year": 2020}
    note = {"found": "与预留印鉴一致"}
    tries: list[tuple[str, str, dict[str, Any]]] = [
        ("intake", "teller", {"papers_seen": "on"}),  # the papers are not there yet
        ("intake", "teller", {"papers_seen": "on"}),
        ("name_paper", "teller", note),
        ("compare_old", "teller", note),
        ("compare_old", "teller", {"do": "confirm"}),  # who compared does not confirm
        ("compare_old", "supervisor", {"do": "confirm"}),
        ("specimen", "teller", {"card_number": "12", **date_parts}),
        ("specimen", "teller", {"card_number": "20260001", **past}),
        ("specimen", "teller", {"card_number": "20260001", **date_parts}),
        ("specimen", "supervisor", {"do": "confirm"}),
        ("switch_over", "supervisor", note),
        ("file_old", "teller", note),
    ]
    told = []
    for number, (step, who, fields) in enumerate(tries):
        if number in (1, 2):
            _bring(case, PAPERS[step])
        client = teller if who == "teller" else supervisor
        status = _post(client, case, f"/desk/cases/{case}/steps/{step}/", fields)
        told.append([step, who, status, _phase(case, step)])
    return told


def _post(client: Any, case: str, address: str, fields: dict[str, Any]) -> int:
    """Post as a person does: with the version of the case that was seen, and a fresh key."""
    given = {"key": str(uuid.uuid4()), "version": str(_case(case).version), **fields}
    return int(client.post(address, given).status_code)


def _bring(case: str, papers: tuple[str, ...]) -> None:
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.organisation.models import Staff
    from xiaoshi.desk.papers.acts import add_document

    person = Staff.objects.select_related("unit").get(login=LOGINS["teller"])
    for paper in papers:
        content = f"{paper}：样张".encode()
        fields = {"purpose": paper, "name": f"{paper}.txt", "content": content}
        perform(add_document, person, str(uuid.uuid4()), case_id=case, **fields)


def _case(case: str) -> Any:
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.visibility import visible_to_house

    with visible_to_house("tests"):
        return Case.objects.get(id=case)


def _status(case: str) -> str:
    return str(_case(case).status)


def _phase(case: str, step: str) -> str:
    return str(_case(case).snapshot.get("steps", {}).get(step, {}).get("phase", "open"))


if __name__ == "__main__":
    main()
