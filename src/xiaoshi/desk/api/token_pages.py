"""The page of one's tokens: make one (shown once), end one; and, with authority, machine accounts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from xiaoshi.core.casework.roles import ROLES
from xiaoshi.core.problems import Words
from xiaoshi.desk.api.models import Machine, Token
from xiaoshi.desk.api.scopes import ALL, READ, offered_acts
from xiaoshi.desk.api.tokens import (
    DAYS_MAX,
    MACHINE_MAKERS,
    MACHINE_ROLES,
    machine_close,
    machine_make,
    make_token,
    token_revoke,
)
from xiaoshi.desk.guard.posting import new_key, perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds import KINDS, kind_named
from xiaoshi.desk.organisation.models import Staff

PAGE = 50
ENDED: dict[str, Words] = {
    "left": Words("本人离岗", "the person left"),
    "password_changed": Words("密码已更换", "the password was changed"),
    "machine_closed": Words("机器账户已注销", "the machine account was closed"),
    "restored": Words("系统从备份恢复", "the desk was restored from a backup"),
}


class TokenForm(forms.Form):
    """A token's name, whose it is, what it is for, how long."""

    name = forms.CharField(
        label=gettext_lazy("What the token is for"),
        max_length=80,
        help_text=gettext_lazy("A name by which you will know it, such as the program that uses it."),
    )
    whose = forms.ChoiceField(label=gettext_lazy("Who acts with it"), required=False)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), widget=forms.CheckboxSelectMultiple
    )
    more = forms.CharField(
        label=gettext_lazy("Single acts"),
        required=False,
        help_text=gettext_lazy("Names of acts, apart by blanks; the page of the API lists them."),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Valid for how many days"), min_value=1, max_value=DAYS_MAX, initial=90
    )

    def __init__(self, data: Any, machines: list[Machine], language: str) -> None:
        super().__init__(data)
        names = [(m.login, f"{m.words.in_language(language)} ({m.login})") for m in machines]
        if names:
            self.fields["whose"].choices = [("", _("Myself")), *names]  # type: ignore[attr-defined]
        else:
            del self.fields["whose"]
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (READ, _("Read what I may see")),
            (ALL, _("Do every act that I may do")),
            *_parts(language),
        ]
        self.fields["scopes"].required = False

    def fields_of_act(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "name": given["name"],
            "machine": given.get("whose", ""),
            "scopes": [*given["scopes"], *given["more"].split()],
            "days": given["days"],
        }


PARTS = {
    "case": Words("案件办理", "Casework"),
    "clock": Words("时限与日历", "Time limits and calendar"),
    "consulting": Words("共享批复", "Shared answers"),
    "machine": Words("机器账户", "Machine accounts"),
    "money": Words("款项", "Money"),
    "notices": Words("通知", "Notices"),
    "organisation": Words("机构与人员", "Units and people"),
    "papers": Words("材料与单据", "Documents and papers"),
    "people": Words("客户号码", "Clients’ numbers"),
    "plan": Words("办理流程", "Plans"),
    "retention": Words("保存与销毁", "Keeping and destroying"),
    "scans": Words("扫描件", "Scans"),
    "sign_in": Words("登录", "Sign-in"),
    "substitutes": Words("代岗", "Substitutes"),
    "token": Words("令牌", "Tokens"),
}


def _part_words(part: str) -> Words:
    """What people call the part of the desk, or the kind of casework, whose acts begin with `part`."""
    return PARTS.get(part) or (kind_named(part).words if part in KINDS else Words(part, part))


def _parts(language: str) -> Iterator[tuple[str, str]]:
    """`prefix.*` of each part of the desk, with the words of its first acts."""
    for part, acts in groupby(offered_acts(), lambda act: act.name.partition(".")[0]):
        words = [act.words.in_language(language) for act in acts]
        some = ("、" if language.startswith("zh") else ", ").join(words[:4]) + ("…" if len(words) > 4 else "")
        yield f"{part}.*", f"{_part_words(part).in_language(language)} ({part}.*): {some}"


class MachineForm(forms.Form):
    """A machine account: its names, roles and owner. It stands at the unit of whoever makes it."""

    login = forms.CharField(
        label=gettext_lazy("Account name"),
        max_length=40,
        help_text=gettext_lazy("Small letters, figures and hyphens."),
    )
    name_zh = forms.CharField(label=gettext_lazy("Account name in Chinese"), max_length=80)
    name_en = forms.CharField(label=gettext_lazy("Account name in English"), max_length=80)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles of the account"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A machine account never checks."),
    )
    owner = forms.CharField(
        label=gettext_lazy("Who answers for it"), help_text=gettext_lazy("Sign-in name of a colleague.")
    )

    def __init__(self, data: Any, language: str) -> None:
        super().__init__(data)
        self.fields["roles"].choices = [  # type: ignore[attr-defined]
            (role, ROLES[role].words.in_language(language)) for role in MACHINE_ROLES
        ]


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def tokens(request: HttpRequest) -> HttpResponse:
    """`do` = make, end, machine, close; each is an act. The secret is in the answer to `make`, and nowhere else."""
    if request.method == "GET":
        return _page(request)
    match request.POST.get("do", ""):
        case "make":
            return _make(request)
        case "machine":
            return _make_machine(request)
        case "end":
            return _plain(
                request, token_revoke, _("The token has ended."), token=request.POST.get("token", "")
            )
        case _:
            fields = {"machine": request.POST.get("machine", ""), "reason": request.POST.get("reason", "")}
            return _plain(request, machine_close, _("The machine account is closed."), **fields)


def _make(request: HttpRequest) -> HttpResponse:
    with visible_to(_person(request)):
        form = TokenForm(request.POST, _machines(request), _language(request))
        if not form.is_valid():
            return _page(request, token_form=form, status=422)
    try:
        made = make_token(_person(request), request.POST.get("key", ""), **form.fields_of_act())
    except Refused as refused:
        where = refused.problem.where
        form.add_error(where if where in form.fields else None, words_of(refused))
        with visible_to(_person(request)):
            return _page(request, token_form=form, status=refused.status)
    with visible_to(_person(request)):
        token = Token.objects.filter(id=made.outcome.result["token"]).first()
        response = render(
            request, "api/token_made.html", {"section": "tokens", "secret": made.secret, "token": token}
        )
    response["Cache-Control"] = "no-store"
    return response


def _make_machine(request: HttpRequest) -> HttpResponse:
    form = MachineForm(request.POST, _language(request))
    if form.is_valid():
        try:
            perform_posted(request, machine_make, **form.cleaned_data)
            messages.success(request, _("The machine account is made: make a token for it now."), "ok")
            return redirect("tokens")
        except Refused as refused:
            where = refused.problem.where
            form.add_error(where if where in form.fields else None, words_of(refused))
    with visible_to(_person(request)):
        return _page(request, machine_form=form, status=422)


def _plain(request: HttpRequest, what: Any, done: str, **fields: Any) -> HttpResponse:
    try:
        perform_posted(request, what, **fields)
    except Refused as refused:
        with visible_to(_person(request)):
            return _page(request, refused=words_of(refused), status=refused.status)
    messages.success(request, done, "ok")
    return redirect("tokens")


def _page(
    request: HttpRequest,
    *,
    token_form: TokenForm | None = None,
    machine_form: MachineForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    person, language = _person(request), _language(request)
    machines = _machines(request)
    makes = bool(MACHINE_MAKERS & set(person.roles))
    seen = Token.objects.select_related("staff", "machine", "use").order_by("-made_at", "-id")
    if not makes:
        seen = seen.filter(owner_login=person.login)
    after = request.GET.get("after", "")
    last = seen.filter(id=after).first() if _is_uuid(after) else None
    if last is not None:
        seen = seen.filter(Q(made_at__lt=last.made_at) | Q(made_at=last.made_at, id__lt=last.id))
    rows = list(seen[: PAGE + 1])
    now = timezone.now()
    context = {
        "section": "tokens",
        "rows": [_row(token, now, language) for token in rows[:PAGE]],
        "next_query": f"?after={rows[PAGE - 1].id}" if len(rows) > PAGE else "",
        "machines": machines,
        "makes_machines": makes,
        "token_form": token_form or TokenForm(None, machines, language),
        "machine_form": machine_form or MachineForm(None, language),
        "error_form": next((f for f in (token_form, machine_form) if f is not None and f.errors), None),
        "refused": refused,
        "key": new_key(),
    }
    return render(request, "api/tokens.html", context, status=status)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _row(token: Token, now: Any, language: str) -> dict[str, Any]:
    live = token.ended_at is None and token.expires_at > now
    if live:
        state, word = "ok", _("valid")
    elif token.ended_at is None:
        state, word = "none", _("expired")
    else:
        why = ENDED[token.end_reason].in_language(language) if token.end_reason in ENDED else token.end_reason
        state, word = "none", _("ended: %(why)s") % {"why": why} if why else _("ended")
    whose = token.machine.words.in_language(language) if token.machine else token.staff.name(language)  # type: ignore[union-attr]
    return {"token": token, "live": live, "state": state, "word": word, "whose": whose, "key": new_key()}


def _machines(request: HttpRequest) -> list[Machine]:
    """Open machine accounts that this person answers for, or has authority over."""
    person = _person(request)
    mine = Q(owner_login=person.login)
    if MACHINE_MAKERS & set(person.roles):
        mine |= Q(unit__path__startswith=person.unit.path)
    return list(Machine.objects.filter(mine, closed_at=None).select_related("unit").order_by("login")[:200])


def _person(request: HttpRequest) -> Staff:
    return request.user  # type: ignore[return-value]


def _language(request: HttpRequest) -> str:
    return request.LANGUAGE_CODE  # type: ignore[attr-defined, no-any-return]
