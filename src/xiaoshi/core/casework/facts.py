"""Facts of a case against their types in the plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from xiaoshi.core.casework.model import Facts, FactSpec, FactValue, Plan, Refused
from xiaoshi.core.problems import Problem, Words

TYPE_WORDS: dict[str, Words] = {
    "bool": Words("是或否", "true or false"),
    "int": Words("整数", "a whole number"),
    "text": Words("文字", "text"),
    "date": Words("日期（YYYY-MM-DD）", "a date (YYYY-MM-DD)"),
    "amount_fen": Words("非负金额，单位为分的整数", "an amount in fen, a whole number not below zero"),
    "choice": Words("所列选项之一", "one of the choices"),
    "list": Words("文字的列表", "a list of texts"),
}


def fits(spec: FactSpec, value: object) -> bool:
    """Whether the value has the fact's type."""
    match spec.type:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return _whole(value)
        case "amount_fen":
            return _whole(value) and isinstance(value, int) and value >= 0
        case "text":
            return isinstance(value, str)
        case "choice":
            return isinstance(value, str) and value in spec.choices
        case "list":
            return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        case "date":
            return isinstance(value, str) and _is_date(value)


def _whole(value: object) -> bool:
    """CEL counts in 64 bits, so a fact does too."""
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def facts_problem(plan: Plan, facts: Mapping[str, FactValue | None]) -> Refused | None:
    """The refusal of the first fact that the plan does not know or that has another type, or None."""
    for name, value in facts.items():
        spec = plan.facts.get(name)
        if spec is None:
            return Refused(
                Problem(
                    "unknown_fact",
                    Words(f"流程中没有“{name}”这一情况", f"The plan knows no fact “{name}”"),
                    name,
                )
            )
        if value is not None and not fits(spec, value):
            kind = TYPE_WORDS[spec.type]
            choices = f"：{'、'.join(spec.choices)}" if spec.choices else ""
            return Refused(
                Problem(
                    "fact_type",
                    Words(
                        f"“{spec.words.zh}”应为{kind.zh}{choices}",
                        f"“{spec.words.en}” has to be {kind.en}{choices}",
                    ),
                    name,
                )
            )
    return None


def changed_facts(before: Facts, wanted: Mapping[str, FactValue | None]) -> dict[str, FactValue | None]:
    """Only what differs from what is known; `True` and `1` differ."""
    return {
        name: value
        for name, value in wanted.items()
        if before.get(name) != value or type(before.get(name)) is not type(value)
    }
