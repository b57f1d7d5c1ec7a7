"""The acts on the requirements of a case: what is attached, taken off, asked for beside the plan, told to the client.

Doing without one is `case.waive_need`, as for checks and decisions.

That a missing paper blocks is the engine's rule (`core/casework/standing.py`), so page, API and command line meet the same.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from xiaoshi.core.casework.commands import AskForPaper, RecordPaper, TakeOff, WithdrawAsked
from xiaoshi.core.casework.roles import READS_ONLY, ROLES
from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid
from xiaoshi.desk.papers.keeping import OWN_PURPOSES
from xiaoshi.desk.papers.models import AskedOfClient, Document
from xiaoshi.desk.papers.wanted import WantedPaper, is_wanted, wanted_papers
from xiaoshi.desk.papers.words import purpose_words

WORKS_ON_CASES = frozenset(ROLES) - {READS_ONLY}
HOW_ASKED: dict[str, Words] = {
    "counter": Words("当面告知", "said at the counter"),
    "phone": Words("电话告知", "by telephone"),
    "letter": Words("书面告知", "by letter"),
    "message": Words("短信或网上告知", "by message"),
}


def called(wanted: WantedPaper) -> Words:
    """What a requirement is called at the desk: by the plan, by whoever asked, or by the list of purposes."""
    return wanted.title or purpose_words(wanted.name)


@act("papers.attach", "归入要求", "Attach a document to a requirement", roles=WORKS_ON_CASES)
def attach_document(ctx: Context, *, need: str, document: str, note: str = "") -> dict[str, Any]:
    """A document that the case holds already meets this requirement. `need`: its name (`fire_report`, `asked_1`)."""
    wanted = requirement_on(ctx, need)
    found = document_on(ctx, document)
    if found.purpose in OWN_PURPOSES:
        raise invalid(
            "document_is_ours",
            "这是本行出具的单据，不能作为客户的资料。",
            "This is a paper of our own; it is no paper of the client's.",
            where="document",
        )
    ctx.command(
        RecordPaper(
            command_id=ctx.next_command_id(), paper=need, reference=str(found.id), note=note.strip()[:500]
        )
    )
    what = called(wanted)
    ctx.note(
        f"“{found.name}”归入“{what.zh}”",
        f"“{found.name}” attached to “{what.en}”",
        document=str(found.id),
        need=wanted.key,
    )
    return {"need": wanted.key, "document": str(found.id)}


@act("papers.take_off", "撤下资料", "Take a paper off a requirement", roles=WORKS_ON_CASES)
def take_off_document(ctx: Context, *, need: str, reason: str) -> dict[str, Any]:
    """The wrong paper is taken off its requirement; the document stays on the case, the requirement is open again."""
    wanted = requirement_on(ctx, need)
    reason = _reason(reason)
    ctx.command(TakeOff(command_id=ctx.next_command_id(), need=wanted.key, reason=reason))
    what = called(wanted)
    ctx.note(
        f"从“{what.zh}”撤下资料：{reason}",
        f"Taken off “{what.en}”: {reason}",
        need=wanted.key,
        document=wanted.reference,
        reason=reason,
    )
    return {"need": wanted.key}


@act("papers.ask_for", "另要资料", "Ask for one more paper", roles=WORKS_ON_CASES)
def ask_for_paper(ctx: Context, *, title: str, reason: str, blocks_close: bool = True) -> dict[str, Any]:
    """One more paper than the procedure asks for. `blocks_close`: the case is not closed without it."""
    events = ctx.command(
        AskForPaper(
            command_id=ctx.next_command_id(),
            title=title.strip(),
            reason=_reason(reason),
            blocks_close=blocks_close,
        )
    )
    need = next(e.need for e in events if hasattr(e, "need"))
    blocking = ("，办结前必须有", ", needed before closing") if blocks_close else ("", "")
    ctx.note(
        f"另要资料“{title.strip()}”{blocking[0]}：{reason.strip()}",
        f"Asked for one more paper, “{title.strip()}”{blocking[1]}: {reason.strip()}",
        need=need,
        reason=reason.strip(),
    )
    ctx.visible_to_client = True
    return {"need": need}


@act("papers.withdraw_ask", "撤销另要的资料", "Withdraw a paper that was asked for", roles=WORKS_ON_CASES)
def withdraw_asked(ctx: Context, *, need: str, reason: str) -> dict[str, Any]:
    """A paper that was asked for by hand is not wanted after all."""
    wanted = requirement_on(ctx, need)
    reason = _reason(reason)
    ctx.command(WithdrawAsked(command_id=ctx.next_command_id(), need=wanted.key, reason=reason))
    what = called(wanted)
    ctx.note(
        f"不再要“{what.zh}”：{reason}",
        f"“{what.en}” is no longer asked for: {reason}",
        need=wanted.key,
        reason=reason,
    )
    return {"need": wanted.key}


@act("papers.told_client", "告知客户缺件", "Tell the client what is missing", roles=WORKS_ON_CASES)
def told_client(ctx: Context, *, how: str, needs: list[str]) -> dict[str, Any]:
    """The client was told which papers are missing: when and how is kept with each requirement."""
    if how not in HOW_ASKED:
        raise invalid(
            "way_unknown",
            f"告知方式只能是：{'、'.join(HOW_ASKED)}。",
            f"The way is one of: {', '.join(HOW_ASKED)}.",
            where="how",
        )
    wanted = [requirement_on(ctx, need) for need in dict.fromkeys(needs)]
    if not wanted:
        raise invalid(
            "nothing_chosen", "请选择告知了哪些资料。", "Choose which papers were named.", where="needs"
        )
    note_asked(ctx, [w.name for w in wanted], how)
    zh, en = "、".join(called(w).zh for w in wanted), ", ".join(called(w).en for w in wanted)
    ctx.note(
        f"{HOW_ASKED[how].zh}客户缺件：{zh}",
        f"The client was told ({HOW_ASKED[how].en}) what is missing: {en}",
        needs=[w.key for w in wanted],
    )
    ctx.visible_to_client = True
    return {"needs": [w.key for w in wanted]}


def note_asked(ctx: Context, names: list[str], how: str, paper: Any = None) -> None:
    """Keep that the client was asked for these papers; for use inside an act."""
    for name in names:
        AskedOfClient.objects.create(
            case=ctx.the_case, need=f"paper:{name}", how=how, paper=paper, by=ctx.person.login, at=ctx.now
        )


def requirement_on(ctx: Context, name: str) -> WantedPaper:
    """The requirement of the act's case. Raises `Invalid` when the case has none of this name."""
    assert ctx.plan is not None
    assert ctx.state is not None
    name = name.removeprefix("paper:")
    found = next((w for w in wanted_papers(ctx.plan, ctx.state) if w.name == name), None)
    if found is None:
        known = is_wanted(ctx.plan, ctx.state, name)
        raise invalid(
            "requirement_unknown",
            "本案目前不需要这份资料。" if known else f"本案没有名为“{name[:60]}”的资料要求。",
            "The case does not need this paper now."
            if known
            else f"The case asks for no paper called {name[:60]!r}.",
            where="need",
        )
    return found


def document_on(ctx: Context, ident: str) -> Document:
    """The document of the act's case. Raises `Invalid` for one of another case or none."""
    try:
        return Document.objects.get(id=uuid.UUID(str(ident)), case=ctx.the_case)
    except (ValueError, Document.DoesNotExist):
        raise invalid(
            "document_not_found", "本案没有这份材料。", "The case holds no such document.", where="document"
        ) from None


def asked_of_client(case_id: Any) -> dict[str, list[AskedOfClient]]:
    """Key of each requirement -> when the client was asked for it, oldest first; one query."""
    told: dict[str, list[AskedOfClient]] = defaultdict(list)
    for row in AskedOfClient.objects.filter(case_id=case_id):
        told[row.need].append(row)
    return told


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise invalid("reason_missing", "请写明原因。", "Give the reason.", where="reason")
    if len(reason) > 500:
        raise invalid(
            "reason_too_long",
            "原因请在 500 字以内。",
            "Keep the reason under 500 characters.",
            where="reason",
        )
    return reason
