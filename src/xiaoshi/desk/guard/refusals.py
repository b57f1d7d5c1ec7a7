"""Why an act was not done. Each refusal carries words for the person and the HTTP status that a page or API answers."""

from __future__ import annotations

from typing import Any

from xiaoshi.core.problems import Problem, Words


class Refused(Exception):  # noqa: N818 - a refusal is not an error of ours
    """The act was refused; nothing was written."""

    status = 409

    def __init__(self, problem: Problem, *, details: dict[str, Any] | None = None) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.details = details or {}


class NotFound(Refused):
    """There is no such thing, or this person may not see it: both look the same from outside."""

    status = 404


class NotAllowed(Refused):
    """The person may see it but has no right to this act."""

    status = 403


class Invalid(Refused):
    """What was handed in cannot be used: the problem points at the field."""

    status = 422


class Stale(Refused):
    """Somebody else acted in between; `details["entries"]` holds what the other person did."""

    status = 409


def refuse(code: str, zh: str, en: str, *, where: str = "") -> Refused:
    return Refused(Problem(code, Words(zh, en), where))


def invalid(code: str, zh: str, en: str, *, where: str = "") -> Invalid:
    return Invalid(Problem(code, Words(zh, en), where))


def not_allowed(code: str, zh: str, en: str, *, where: str = "") -> NotAllowed:
    return NotAllowed(Problem(code, Words(zh, en), where))


def case_not_found() -> NotFound:
    return NotFound(
        Problem(
            "case_not_found",
            Words(
                "没有这个案件，或它不在您的管辖范围内。需要参与时，请本网点负责人联系经办网点转办或抄送给您。",
                "There is no such case, or it lies outside your part of the bank. If you are needed on it, ask your outlet"
                " head to have it handed over or copied to you.",
            ),
        )
    )
