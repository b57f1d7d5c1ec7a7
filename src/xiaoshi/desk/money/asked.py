"""Requests as pages show them: who asked for what, and what the second person has to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from xiaoshi.core.casework.roles import LEVELS, ROLES
from xiaoshi.core.ledger.authority import WORKS
from xiaoshi.core.ledger.instruments import STATE_WORDS
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Words
from xiaoshi.desk.money.models import Request
from xiaoshi.desk.money.requests import KINDS
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.people.models import masked

STATES: dict[str, tuple[Words, str]] = {
    "waiting": (Words("待复核", "waiting for a check"), "waiting"),
    "at_once": (Words("已生效", "in force"), "ok"),
    "agreed": (Words("已复核生效", "agreed, in force"), "ok"),
    "rejected": (Words("已退回", "rejected"), "error"),
    "withdrawn": (Words("已撤回", "withdrawn"), "none"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A request for one reader; `facts` are (label, text) for a summary card."""

    request: Request
    kind: Words
    state: Words
    tag: str
    maker: str
    checker: str
    facts: tuple[tuple[str, str], ...]


def show(rows: Sequence[Request], language: str) -> tuple[Shown, ...]:
    logins = {r.maker for r in rows} | {r.checker for r in rows if r.checker}
    names = {p.login: p.name(language) for p in Staff.objects.filter(login__in=logins)}

    def shown(row: Request) -> Shown:
        state, tag = STATES[row.state]
        return Shown(
            row,
            KINDS[row.kind].words,
            state,
            tag,
            names.get(row.maker, row.maker),
            names.get(row.checker, row.checker),
            tuple(_facts(row, language)),
        )

    return tuple(shown(r) for r in rows)


def _facts(row: Request, language: str) -> list[tuple[str, str]]:
    account = row.account or (
        row.hold.account if row.hold else row.instrument.account if row.instrument else None
    )
    terms = row.terms
    made: list[tuple[str, str]] = []
    if account is not None:
        made.append((_("Account"), account.words.in_language(language)))
    if row.instrument is not None:
        state = STATE_WORDS[row.instrument.state].in_language(language)
        made.append((_("Certificate or passbook"), f"{row.instrument.number} ({state})"))
    if "new_number" in terms:
        made.append((_("Number of the new one"), terms["new_number"]))
    payee = row.payee or (row.hold.payee if row.hold else None)
    if payee is not None:
        made.append((_("Only for"), f"{payee.holder} {masked(payee.local_code.partition('/')[2], 4, 4)}"))
    if row.amount_fen is not None:
        made.append((_("Amount"), yuan(row.amount_fen)))
    if row.hold is not None:
        made.append((_("Still held"), yuan(row.hold.left_fen)))
    if "work" in terms:
        who = f"{LEVELS[terms['level']].in_language(language)} {ROLES[terms['role']].words.in_language(language)}"
        made += [
            (_("For"), f"{WORKS[terms['work']].in_language(language)}: {who}"),
            (_("Alone up to"), yuan(terms["alone_fen"])),
            (_("As one of two up to"), yuan(terms["joint_fen"])),
        ]
    if "currency" in terms:
        made += [
            (_("Currency"), terms["currency"]),
            (_("The bank buys 100 at"), e4(terms["buy_e4"])),
            (_("The bank sells 100 at"), e4(terms["sell_e4"])),
        ]
    if row.day is not None:
        made.append((_("Day"), row.day.isoformat()))
    made.append((_("Reason"), row.reason))
    return made


def e4(rate: int) -> str:
    """7121600 -> 712.16"""
    return f"{rate // 10_000}.{rate % 10_000:04d}".rstrip("0").rstrip(".")


def _rows() -> QuerySet[Request]:
    return Request.objects.select_related(
        "instrument__account", "hold__account", "hold__payee", "account", "payee", "unit"
    )


def waiting_for(reader: Staff, language: str, limit: int = 50) -> tuple[Shown, ...]:
    """What this person may agree to, oldest first."""
    roles = set(reader.roles)
    kinds = [name for name, kind in KINDS.items() if roles & set(kind.checkers)]
    if not kinds:
        return ()
    rows = (
        _rows().filter(state="waiting", kind__in=kinds).exclude(maker=reader.login).order_by("made_at", "id")
    )
    return show(list(rows[:limit]), language)


def mine(reader: Staff, language: str) -> tuple[Shown, ...]:
    """The last ones that this person asked for."""
    return show(list(_rows().filter(maker=reader.login).order_by("-made_at", "-id")[:5]), language)


def one(request_id: object, language: str) -> Shown | None:
    row = _rows().filter(id=request_id).first()
    return show([row], language)[0] if row is not None else None


def of_account(account_id: int, language: str) -> tuple[Shown, ...]:
    """What was asked about an account, its paper and its holds, newest first."""
    from django.db.models import Q

    on = Q(account_id=account_id) | Q(instrument__account_id=account_id) | Q(hold__account_id=account_id)
    return show(list(_rows().filter(on).order_by("-made_at", "-id")[:20]), language)
