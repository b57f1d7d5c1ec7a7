"""The acts on scans: a file is handed in, taken apart, its parts are attached by code or by hand, or put aside with a reason."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings

from xiaoshi.core.casework.commands import RecordPaper
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import NotFound, invalid, refuse
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.kinds_of_file import SCANS, clean_name, recognise
from xiaoshi.desk.papers.models import Cover, Document, ScanFile, ScanPart, ScanUpload
from xiaoshi.desk.papers.requirements import WORKS_ON_CASES, called
from xiaoshi.desk.papers.wanted import wanted_named
from xiaoshi.desk.papers.words import purpose_words

FILES_MAX = 500
"""Of one upload: what a scanner's folder holds at the end of a day."""


@act("scans.hand_in", "上传扫描件", "Hand in a scan", roles=WORKS_ON_CASES, on_case=False)
def hand_in(ctx: Context, *, upload: str, order: int, name: str, content: bytes) -> dict[str, Any]:
    """Keep one file of an upload as it came. One that cannot be taken is kept as a line with its reason, not as a file.

    `upload`: the id of the upload, made by whoever hands in the first file; `order`: its place, from 1.
    """
    if not 1 <= order <= FILES_MAX:
        raise invalid(
            "too_many_files",
            f"一次最多上传 {FILES_MAX} 个文件，其余请分批上传。",
            f"At most {FILES_MAX} files at once; hand the others in as a further upload.",
            where="file",
        )
    made = _upload(ctx, upload)
    found = recognise(content, bytes_max=settings.DOCUMENT_BYTES_MAX, taken=SCANS)
    refused = isinstance(found, Problem)
    ScanFile.objects.create(
        upload=made,
        unit_path=made.unit_path,
        order=order,
        name=name[-120:].replace("\x00", "") if isinstance(found, Problem) else clean_name(name, found.kind),
        sha256="" if refused else blobs.put(content),
        content_type="" if isinstance(found, Problem) else found.kind.content_type,
        bytes=len(content),
        state="refused" if refused else "waiting",
        problem_zh=found.words.zh if isinstance(found, Problem) else "",
        problem_en=found.words.en if isinstance(found, Problem) else "",
    )
    return {
        "upload": str(made.id),
        "order": order,
        "refused": found.code if isinstance(found, Problem) else "",
    }


def _upload(ctx: Context, ident: str) -> ScanUpload:
    if ctx.person.unit.level != "outlet":
        raise refuse(
            "not_at_an_outlet",
            "扫描件由网点上传，只在本网点内可见。您不在网点工作。",
            "Scans are handed in at an outlet and seen there only. You do not work at one.",
        )
    try:
        key = uuid.UUID(ident)
    except ValueError:
        raise invalid(
            "upload_unknown", "上传编号有误。", "The upload's id is wrong.", where="upload"
        ) from None
    known = ScanUpload.objects.filter(id=key).first()
    if known is None:
        return ScanUpload.objects.create(
            id=key, unit_path=ctx.person.unit.path, added_by=ctx.person.login, added_at=ctx.now
        )
    if known.added_by != ctx.person.login or known.state != "waiting":
        raise refuse(
            "upload_closed", "这批扫描件已在分拣，请另传一批。", "This upload is being sorted already."
        )
    return known


@act("scans.sort", "开始分拣", "Sort an upload", roles=WORKS_ON_CASES, on_case=False)
def sort_upload(ctx: Context, *, upload: str) -> dict[str, Any]:
    """All files of the upload are there: the worker sorts them. One entry in the timeline of the outlet."""
    from xiaoshi.desk.papers.jobs import sort_scans

    made = ScanUpload.objects.filter(id=upload, added_by=ctx.person.login).first()
    if made is None:
        raise NotFound(Problem("upload_unknown", Words("没有这批扫描件。", "There is no such upload.")))
    files = made.files.count()
    sort_scans.defer(upload_id=str(made.id), login=ctx.person.login)
    ctx.unit_path = made.unit_path
    ctx.note(f"上传扫描件 {files} 份", f"Handed in {files} scanned file(s)", upload=str(made.id), files=files)
    return {"upload": str(made.id), "files": files}


@act("scans.attach", "扫描件归入案件", "Attach scanned pages", roles=WORKS_ON_CASES)
def attach_part(ctx: Context, *, part: str, need: str, code: str = "") -> dict[str, Any]:
    """Pages of a scan become a document of the case and meet the requirement.

    With `code`, the cover sheet of that code is used up; without, a person chose case and requirement. On a case that is
    over the document is kept, the requirement stays as it was, and the owner is told.
    """
    found = part_on_desk(ctx, part)
    cover = _cover(ctx, code, need) if code else None
    name = need.removeprefix("paper:")
    wanted = wanted_named(ctx.plan, ctx.state, name) if ctx.plan and ctx.state else None
    if wanted is None and not code and name and name not in ("scan", "other"):
        raise invalid(
            "requirement_unknown",
            "本案没有这项资料要求。",
            "The case has no such requirement.",
            where="need",
        )
    document = Document.objects.create(
        case=ctx.the_case,
        purpose=name or "scan",
        name=found.name,
        sha256=found.sha256,
        content_type=found.content_type,
        bytes=found.bytes,
        added_by=ctx.person.login,
        added_at=ctx.now,
    )
    what = called(wanted) if wanted is not None else purpose_words(name or "scan")
    _say_and_record(ctx, document, found, wanted, what)
    if cover is not None:
        cover.used_at, cover.used_by, cover.document = ctx.now, ctx.person.login, document
        cover.save(update_fields=["used_at", "used_by", "document"])
    found.state, found.case, found.need, found.document = "attached", ctx.the_case, name, document
    found.decided_by, found.decided_at = ctx.person.login, ctx.now
    found.save(update_fields=["state", "case", "need", "document", "decided_by", "decided_at"])
    return {"document": str(document.id), "need": name, "met": wanted is not None and not _over(ctx)}


def _say_and_record(ctx: Context, document: Document, part: ScanPart, wanted: Any, what: Words) -> None:
    """Record the paper where the case still takes it; say what happened, and tell the owner when the case is over."""
    pages = part.last_page - part.first_page + 1
    facts = {"document": str(document.id), "sha256": document.sha256, "pages": pages}
    if _over(ctx):
        words = Words(
            f"案件已办结，补到扫描件“{what.zh}”{pages} 页，已存入案件，未改变办理结果",
            f"The case is over; a late scan of “{what.en}” ({pages} pages) is kept on it and changes nothing",
        )
        ctx.note(words.zh, words.en, late=True, **facts)
        assert ctx.state is not None
        tell_colleagues([ctx.state.owner], ctx.the_case, "late_scan", words, ctx.now)
        return
    if wanted is not None and not wanted.met:
        ctx.command(
            RecordPaper(
                command_id=ctx.next_command_id(), paper=wanted.name, reference=str(document.id), note=""
            )
        )
    ctx.note(f"扫描件归入“{what.zh}”，{pages} 页", f"Scanned pages for “{what.en}”: {pages}", **facts)


def _over(ctx: Context) -> bool:
    return ctx.state is not None and ctx.state.phase in ("closed", "cancelled")


def _cover(ctx: Context, code: str, need: str) -> Cover:
    cover = (
        Cover.objects.select_for_update().filter(case=ctx.the_case, code=code, need=f"paper:{need}").first()
    )
    if cover is None:
        raise refuse("cover_unknown", *UNKNOWN)
    if cover.used_at is not None:
        raise refuse(
            "cover_used",
            "这张封面页已经用过。如是补充材料，请重新打印封面页，或在这里手工归入。",
            "This cover sheet was used before. For a further paper print a new sheet, or attach the pages here by hand.",
        )
    if cover.expires_at <= ctx.now:
        raise refuse(
            "cover_expired",
            "这张封面页已过有效期。请在这里手工归入，或重新打印封面页再扫。",
            "This cover sheet has run out. Attach the pages here by hand, or print a new sheet and scan again.",
        )
    return cover


UNKNOWN = (
    "二维码不是本网点可见案件的封面页。请核对后在这里手工归入，或转交所属网点。",
    "The code is of no cover sheet that this outlet may see. Check, then attach by hand, or pass the paper to its outlet.",
)


@act("scans.set_aside", "搁置扫描页", "Put scanned pages aside", roles=WORKS_ON_CASES, on_case=False)
def set_aside(ctx: Context, *, part: str, reason: str) -> dict[str, Any]:
    """Pages that belong to no case (blank, a test page) leave the tray with a reason; they are kept and can be found again."""
    found = part_on_desk(ctx, part)
    reason = reason.strip()
    if not reason or len(reason) > 300:
        raise invalid(
            "reason_missing",
            "请写明搁置原因（300 字以内）。",
            "Say why they are put aside (under 300 characters).",
            where="reason",
        )
    found.state, found.why_zh, found.why_en = "set_aside", reason, reason
    found.decided_by, found.decided_at = ctx.person.login, ctx.now
    found.save(update_fields=["state", "why_zh", "why_en", "decided_by", "decided_at"])
    ctx.unit_path = found.unit_path
    ctx.note(
        f"搁置扫描页“{found.name}”：{reason}",
        f"Scanned pages put aside, “{found.name}”: {reason}",
        part=str(found.id),
        reason=reason,
    )
    return {"part": str(found.id)}


def part_on_desk(ctx: Context, ident: str) -> ScanPart:
    """A part of this person's outlet that is not attached yet, locked. Refused with words otherwise."""
    try:
        found = ScanPart.objects.select_for_update().filter(id=uuid.UUID(str(ident))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound(Problem("part_unknown", Words("没有这份扫描页。", "There are no such scanned pages.")))
    if found.state == "attached":
        raise refuse(
            "part_attached",
            "这些扫描页已经归入案件，不能再归一次。",
            "These pages are attached to a case already.",
        )
    return found
