"""Stories: a whole case walked with the demo's people, through the same acts as the pages.

Each story's `run(seed, progress)` gives a `Told`; `xiaoshi story NAME --json` prints it. The form is the same for every
story: who did which act when, figures beside the simulation's truth, postings, papers, and checks that must all be true.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from xiaoshi.desk.audit.verify import verify_timeline
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.boundary import Act, Outcome, perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.money.models import Entry
from xiaoshi.desk.money.verify import verify_books
from xiaoshi.desk.organisation.models import Staff

Progress = Callable[[str], None]


@dataclass
class Told:
    """What happened. `say` is called with each step, for whoever watches."""

    story: str
    seed: int
    say: Progress
    case: Case | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    checks: dict[str, bool] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)

    def do(self, step: str, act: Act, person: Staff, /, **fields: Any) -> Outcome:
        """Perform an act as this person, on the newest version of the case, and note who did what when."""
        version = None
        if act.on_case and self.case is not None:
            with visible_to(person):
                version = Case.objects.get(id=self.case.id).version
        on_case = {"case_id": self.case.id, "expected_version": version} if act.on_case and self.case else {}
        outcome = perform(act, person, f"story/{uuid.uuid4()}", **on_case, **fields)
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.steps.append({"step": step, "actor": person.login, "act": act.name, "at": at})
        self.say(f"{step}: {act.words.zh} ({person.name_zh})")
        if self.case is None and outcome.case_id is not None:
            with visible_to(person):
                self.case = Case.objects.get(id=outcome.case_id)
        return outcome

    def walk(self, whole: Callable[[], None]) -> None:
        """Walk the story; a refused act ends it, and the answer says which and why."""
        try:
            whole()
        except Refused as refused:
            problem = refused.problem.as_json()
            self.problems.append({**problem, "where": problem["where"] or f"step {len(self.steps) + 1}"})

    def as_json(self, reader: Staff) -> dict[str, Any]:
        """The form that every story prints. Reads postings and papers as `reader`, then verifies timeline and books."""
        self.checks["audit_verified"] = verify_timeline().ok
        self.checks["ledger_verified"] = verify_books().ok
        postings, papers = _postings(self.case, reader), _papers(self.case, reader)
        return {
            "story": self.story,
            "case": self.case.number if self.case else None,
            "seed": self.seed,
            "steps": self.steps,
            "figures": self.figures,
            "postings": postings,
            "papers": papers,
            "checks": self.checks,
            "ok": all(self.checks.values()) and not self.problems,
            "problems": self.problems,
        }


def _postings(case: Case | None, reader: Staff) -> list[dict[str, Any]]:
    """Entries of the case as debit, credit and amount (each entry of a case moves one sum between two accounts)."""
    if case is None:
        return []
    rows = []
    with visible_to(reader):
        for entry in Entry.objects.filter(case_id=case.id).order_by("at"):
            lines = list(entry.postings.select_related("account"))
            credits = [p for p in lines if p.amount_fen < 0]
            for debit in (p for p in lines if p.amount_fen > 0):
                rows.append(
                    {
                        "debit": debit.account.code,
                        "credit": ", ".join(p.account.code for p in credits),
                        "amount_fen": debit.amount_fen,
                    }
                )
    return rows


def _papers(case: Case | None, reader: Staff) -> list[dict[str, Any]]:
    """Each paper, written out beside the blobs so that a person can open it."""
    from django.conf import settings

    from xiaoshi.desk.papers.keeping import content_of

    if case is None:
        return []
    folder = settings.HOME / "papers" / case.number
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    rows = []
    with visible_to(reader):
        for paper in case.papers.select_related("document"):
            path = folder / f"{paper.number}.pdf"
            path.write_bytes(content_of(paper.document))
            rows.append({"name": paper.title_zh, "path": str(path), "pages": paper.pages})
    return rows
