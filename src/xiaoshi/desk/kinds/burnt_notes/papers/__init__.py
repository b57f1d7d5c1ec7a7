"""The papers of a burnt-note case, in the order in which it meets them."""

from pathlib import Path

from xiaoshi.core.problems import Words
from xiaoshi.desk.kinds.burnt_notes.papers.facts import (
    BagLabel,
    DeterminationSlip,
    ExchangeSlip,
    Receipt,
    TinReport,
)
from xiaoshi.desk.papers.paper_template import PaperTemplate

_HERE = Path(__file__).resolve().parent


def _paper(name: str, zh: str, en: str, facts: type) -> PaperTemplate:
    return PaperTemplate(f"burnt_notes/{name}", Words(zh, en), _HERE / f"{name}.typ", facts)


PAPERS = {
    "bag_label": _paper("bag_label", "残损人民币专用袋封签", "Seal of the special bag", BagLabel),
    "exchange_slip": _paper(
        "exchange_slip", "特殊残缺、污损人民币兑换单", "Exchange slip for specially damaged RMB", ExchangeSlip
    ),
    "determination_slip": _paper(
        "determination_slip",
        "残缺、污损人民币兑换认定书",
        "Determination of damaged RMB",
        DeterminationSlip,
    ),
    "tin_report": _paper("tin_report", "残损币认定清单", "Report on the damaged notes", TinReport),
    "receipt": _paper("receipt", "业务回执", "Receipt", Receipt),
}
