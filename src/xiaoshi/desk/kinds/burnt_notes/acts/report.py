"""The whole tin as one report for its holder: counts, sum, why a note is not of full value, pictures of what was in doubt.

Only after the recheck: a paper with the sum on it must not lie about while somebody still counts blind.
"""

from __future__ import annotations

from typing import Any

from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.kinds.burnt_notes import tin_report
from xiaoshi.desk.kinds.burnt_notes.acts.trays import HANDLERS, hindrances_of, require_unit


@act("burnt_notes.tin_report", "出具残损币认定清单", "Issue the report on the tin", roles=HANDLERS)
def issue_tin_report(ctx: Context, *, language: str = "zh", big_type: bool = False) -> dict[str, Any]:
    """The report as a paper, in Chinese or English, in large type if wanted. May be issued again in the other language."""
    require_unit(ctx)
    if language not in {"zh", "en"}:
        raise invalid(
            "language_unknown", "请选择中文或英文。", "Choose Chinese or English.", where="language"
        )
    if "finished" not in {h.code for h in hindrances_of(ctx, "recheck")}:
        raise refuse(
            "not_rechecked",
            "清单上有金额，须在复核完成后出具。",
            "The report shows the sum: it is issued after the recheck.",
        )
    paper = tin_report.issued(ctx, language=language, big_type=big_type)
    ctx.visible_to_client = True
    return {"paper": str(paper.id), "number": paper.number}
