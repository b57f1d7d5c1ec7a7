"""The papers of an urgent case, in the order in which it meets them."""

from pathlib import Path

from xiaoshi.core.problems import Words
from xiaoshi.desk.kinds.urgent_payment.papers.facts import (
    CalculationSheet,
    ClosingLetter,
    Decision,
    Undertaking,
    VisitRecord,
)
from xiaoshi.desk.papers.paper_template import PaperTemplate

_HERE = Path(__file__).resolve().parent


def _paper(name: str, zh: str, en: str, facts: type) -> PaperTemplate:
    return PaperTemplate(f"urgent_payment/{name}", Words(zh, en), _HERE / f"{name}.typ", facts)


PAPERS = {
    "visit_record": _paper("visit_record", "探视记录", "Record of the visit", VisitRecord),
    "undertaking": _paper("undertaking", "第一顺序继承人承诺书", "Undertaking of the heirs", Undertaking),
    "calculation_sheet": _paper(
        "calculation_sheet", "提前支取测算清单", "Cost of withdrawing now", CalculationSheet
    ),
    "decision": _paper("decision", "急难取款决定书", "Decision on the urgent payment", Decision),
    "closing_letter": _paper("closing_letter", "办结告知书", "Closing letter", ClosingLetter),
}
