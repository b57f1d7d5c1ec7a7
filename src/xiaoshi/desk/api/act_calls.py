"""Every act of the desk as a call of its own, made from the register of acts: one that is added later is there by itself.

`POST /cases/{id}/acts/{act}` and `POST /acts/{act}`. The fields come from the act's function, the words and roles from its
mark, and the call goes through the same `perform` as a page. A key makes it happen once; If-Match says which version of
the case was seen.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from xiaoshi.core.casework.roles import ROLES
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.api.answers import BadRequest, PreconditionRequired, Unprocessable, as_json, said
from xiaoshi.desk.api.asking import caller
from xiaoshi.desk.api.bodies import bytes_fields, fields_of
from xiaoshi.desk.api.door import Caller
from xiaoshi.desk.api.field_schema import body_schema
from xiaoshi.desk.api.scopes import offered_acts
from xiaoshi.desk.api.shapes import ActAnswer
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.views.conflict import what_changed
from xiaoshi.desk.guard.boundary import Act, Outcome, perform
from xiaoshi.desk.guard.fields import misfits
from xiaoshi.desk.guard.refusals import Stale
from xiaoshi.desk.guard.visibility import visible_to

# Their result does not depend on what others did meanwhile: a paper that arrives is a paper that arrived.
WITHOUT_VERSION = frozenset({"papers.add_document", "papers.reprint", "case.copy", "case.remind"})
KEY = re.compile(r"[\x21-\x7e]{1,120}")
ACT_PROBLEMS = (400, 401, 403, 404, 409, 412, 413, 422, 428, 429, 503)
PARAMETERS: dict[str, dict[str, Any]] = {
    "key": {
        "in": "header",
        "name": "Idempotency-Key",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 120, "pattern": "^[!-~]{1,120}$"},
        "description": "One intent, one key: the same request again is answered as before, and nothing is done twice.",
    },
    "version": {
        "in": "header",
        "name": "If-Match",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
        "description": "The ETag of the case as it was read. 412 with what changed when somebody acted in between.",
    },
}
# Schemas of acts' fields, by name; `openapi.py` puts them under components.
FIELD_SCHEMAS: dict[str, dict[str, Any]] = {}


def needs_version(act: Act) -> bool:
    return act.on_case and act.name not in WITHOUT_VERSION


def act_path(act: Act) -> str:
    return f"/cases/{{uuid:case_id}}/acts/{act.name}" if act.on_case else f"/acts/{act.name}"


def register_acts(api: NinjaAPI) -> None:
    """One operation for each act. Call it when all acts are registered."""
    for act in offered_acts():
        view = _on_case(act) if act.on_case else _of_desk(act)
        answers = {200: ActAnswer} if act.on_case else {200: ActAnswer, 201: ActAnswer}
        ident = act.name.replace(".", "_")
        FIELD_SCHEMAS[f"Fields_{ident}"] = body_schema(act)
        api.api_operation(
            ["POST"],
            act_path(act),
            response=answers,
            operation_id=f"act_{ident}",
            url_name=f"act_{ident}",
            summary=f"{act.words.zh} · {act.words.en}",
            description=_description(act),
            tags=[act.name.partition(".")[0]],
            openapi_extra=_extra(act, ident),
        )(view)


def _description(act: Act) -> str:
    doc = (act.function.__doc__ or "").strip()
    lines = [" ".join(doc.split())] if doc else []
    if act.roles:
        words = [ROLES[role].words for role in sorted(act.roles)]
        lines.append(f"角色：{'、'.join(w.zh for w in words)} · Roles: {', '.join(w.en for w in words)}.")
    if act.people_only:
        lines.append("须由人判断，机器账户不能办理 · For people only, not for machine accounts.")
    lines.append(f"`{act.name}`")
    return "\n\n".join(lines)


def _extra(act: Act, ident: str) -> dict[str, Any]:
    parameters = [PARAMETERS["key"]]
    if act.on_case:
        parameters.append({**PARAMETERS["version"], "required": needs_version(act)})
    reference = {"schema": {"$ref": f"#/components/schemas/Fields_{ident}"}}
    content = {"application/json": reference}
    if bytes_fields(act):
        content["multipart/form-data"] = {"schema": body_schema(act, form=True)}
    return {
        "parameters": parameters,
        "requestBody": {
            "required": bool(FIELD_SCHEMAS[f"Fields_{ident}"].get("required")),
            "content": content,
        },
        "x-act": act.name,
        "x-problems": list(ACT_PROBLEMS),
    }


def _on_case(act: Act) -> Callable[..., HttpResponse]:
    def on_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
        return _do(request, act, case_id)

    return on_case


def _of_desk(act: Act) -> Callable[..., HttpResponse]:
    def of_desk(request: HttpRequest) -> HttpResponse:
        return _do(request, act, None)

    return of_desk


def _do(request: HttpRequest, act: Act, case_id: UUID | None) -> HttpResponse:
    """Scope, key, version, fields, then the act. In this order, so that the first answer is the one to mend first."""
    who = caller(request)
    who.require(act.name)
    key = key_of(request, who)
    version = version_of(request, act) if act.on_case else None
    fields = fields_of(request, act)
    if wrong := list(misfits(act, fields)):
        raise Unprocessable(wrong)
    try:
        outcome = perform(
            act, who.person, key, case_id=case_id, expected_version=version, channel="api", **fields
        )
    except Stale as stale:
        raise told(stale, who, case_id) from None
    return _answer(act, outcome)


def _answer(act: Act, outcome: Outcome) -> HttpResponse:
    opened = not act.on_case and outcome.case_id is not None
    body = ActAnswer(
        act=act.name,
        case_id=outcome.case_id,
        version=outcome.version,
        replayed=outcome.replayed,
        result=outcome.result,
    )
    response = as_json(body, status=201 if opened else 200, version=outcome.version)
    if opened:
        response["Location"] = f"/api/v1/cases/{outcome.case_id}"
    if outcome.replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def key_of(request: HttpRequest, who: Caller) -> str:
    """The idempotency key, which is the caller's own: two people may use the same."""
    given = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(given):
        raise BadRequest(
            Problem(
                "key_missing",
                Words(
                    "请在请求头 Idempotency-Key 写 1 至 120 个可见 ASCII 字符，每件事用一个新编号。",
                    "Send a header Idempotency-Key of 1 to 120 visible ASCII characters, a fresh one for each intent.",
                ),
            )
        )
    key = f"api/{who.person.login}/{given}"
    return key if len(key) <= 180 else "api/" + hashlib.sha256(key.encode()).hexdigest()


def version_of(request: HttpRequest, act: Act) -> int | None:
    """The version that If-Match names. Raises 428 where it must be there, 400 where it is no ETag of a case."""
    given = request.headers.get("If-Match", "").strip()
    if not given or given == "*":
        if not needs_version(act):
            return None
        words = Words(
            '请先读取案件，并在请求头 If-Match 写它的 ETag，例如 "12"。',
            'Read the case first and send its ETag as If-Match, for example "12".',
        )
        raise PreconditionRequired(Problem("version_missing", words))
    match = re.fullmatch(r'"([0-9]{1,9})"', given)
    if match is None:
        words = Words(
            'If-Match 应为案件的 ETag，例如 "12"。', 'If-Match must be the ETag of a case, for example "12".'
        )
        raise BadRequest(Problem("version_unfit", words))
    return int(match[1])


def told(stale: Stale, who: Caller, case_id: UUID | None) -> Stale:
    """The refusal with what others did since the version that was seen, as far as this caller may see it."""
    with visible_to(who.person):
        case = Case.objects.filter(id=case_id).first()
        changes = what_changed(case, stale.details["expected_version"]) if case else []
    stale.details["changes"] = [
        {"seq": c.seq, "at": c.at.isoformat(), "actor": c.login, "words": said(c.words)} for c in changes
    ]
    return stale
