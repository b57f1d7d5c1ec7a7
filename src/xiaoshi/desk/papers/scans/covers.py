"""Cover sheets: one code for one requirement of one case, printed as a sheet, good once and for ninety days."""

from __future__ import annotations

import io
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import segno
from django.utils import timezone

from xiaoshi.desk.guard.boundary import act
from xiaoshi.desk.guard.refusals import refuse
from xiaoshi.desk.papers.check_codes import BYTES, code_of, read_code
from xiaoshi.desk.papers.models import Cover
from xiaoshi.desk.papers.requirements import WORKS_ON_CASES, called, requirement_on
from xiaoshi.desk.papers.typesetting import HOUSE, day_text, typeset

if TYPE_CHECKING:
    from datetime import datetime

    from xiaoshi.desk.guard.boundary import Context

MARK = "XS1:"
GOOD_FOR = timedelta(days=90)


@act("papers.make_cover", "打印封面页", "Print a cover sheet", roles=WORKS_ON_CASES)
def make_cover(ctx: Context, *, need: str) -> dict[str, Any]:
    """A cover sheet for a requirement that is open. One that is still good is given again: a second print is no second code."""
    wanted = requirement_on(ctx, need)
    if wanted.met:
        raise refuse(
            "requirement_met",
            "这份资料已收到或已免交，不需要封面页。收错了请先撤下。",
            "This paper is held or waived already and needs no cover sheet. If it is the wrong one, take it off first.",
        )
    cover = cover_in_force(ctx.the_case.id, wanted.key, ctx.now)
    if cover is None:
        cover = Cover.objects.create(
            case=ctx.the_case,
            need=wanted.key,
            code=code_of(secrets.token_bytes(BYTES)),
            made_by=ctx.person.login,
            made_at=ctx.now,
            expires_at=ctx.now + GOOD_FOR,
        )
        what = called(wanted)
        # Neither the code nor a part of it stands in the timeline: whoever knows it can put a page on the case.
        ctx.note(f"打印“{what.zh}”的扫描封面页", f"Cover sheet printed for “{what.en}”", need=wanted.key)
    return {"cover": str(cover.id)}


def cover_in_force(case_id: Any, need: str, now: datetime | None = None) -> Cover | None:
    """The newest sheet of this requirement that is not used and not too old."""
    rows = Cover.objects.filter(
        case_id=case_id, need=need, used_at__isnull=True, expires_at__gt=now or timezone.now()
    )
    return rows.order_by("-made_at").first()


def code_in(text: str) -> str | None:
    """The code of a QR code's text (`XS1:7Q4M-...`), or None when it is none of ours."""
    return read_code(text.removeprefix(MARK)) if text.startswith(MARK) else None


def sheet_pdf(covers: list[tuple[Cover, str, str]], now: datetime) -> bytes:
    """The sheets, one on each page; with each cover the requirement's name and the client's."""
    zone = timezone.get_default_timezone()
    sheets = [
        {
            "qr": _qr_svg(MARK + cover.code),
            "case_number": cover.case.number,
            "client": client,
            "need": need,
            "outlet_zh": cover.case.unit.name_zh,
            "outlet_en": cover.case.unit.name_en,
            "until_zh": day_text(cover.expires_at.astimezone(zone).date(), "zh"),
            "until_en": day_text(cover.expires_at.astimezone(zone).date(), "en"),
        }
        for cover, need, client in covers
    ]
    source = (HOUSE / "cover.typ").read_text(encoding="utf-8")
    return typeset(source, {"sheets": sheets}, qr_svg="", now=now, bare=True).pdf


def _qr_svg(text: str) -> str:
    """Large, with the highest error correction: it is meant for a worn scanner, not for a telephone."""
    out = io.BytesIO()
    segno.make(text, error="h", micro=False, boost_error=False).save(
        out, kind="svg", border=4, dark="#000", light="#fff", xmldecl=False, svgns=True
    )
    return out.getvalue().decode()
