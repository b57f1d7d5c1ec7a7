"""The one boundary through which every act passes: page, API, CLI, mail, worker and stories.

Problem. An act of a person must happen once, wholly or not at all, by somebody who may do it, on the case as he or she
saw it, and leave one entry that nobody can change. Eight checks in every view would be forgotten in the ninth.

Choice. An act is a plain function `def confirm_note(ctx, *, ...)` marked with `@act`. `perform` opens the transaction,
names the actor for row-level security, claims the idempotency key (a retry gets the stored answer), locks the case,
compares the expected version, checks the roles, runs the function, writes the engine's events as one hash-chained
timeline entry, stores the answer and commits. Jobs are rows in the same transaction. Nothing else writes.

The same key at the same moment: the second insert of the key waits for the first transaction and then reads its
answer, so a doubled click happens once even across processes. A crash in the middle rolls back the key as well: the
retry starts afresh.

Left out: acts that touch two cases at once take the second lock through `ctx.lock_case`, in the order of the ids.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from psycopg.errors import UniqueViolation

from xiaoshi.core.casework.authority import HOUSE
from xiaoshi.core.casework.commands import Actor, Command
from xiaoshi.core.casework.decide import decide
from xiaoshi.core.casework.events import Accepted
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.casework.model import Plan, State
from xiaoshi.core.casework.model import Refused as EngineRefused
from xiaoshi.core.casework.roles import READS_ONLY
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.audit import chain
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import AnsweredAct, Case
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.cases.snapshots import read_state, write_state
from xiaoshi.desk.guard import statements
from xiaoshi.desk.guard.crypto import keyed_hash
from xiaoshi.desk.guard.fields import readable_id, require_fitting, unusable_value
from xiaoshi.desk.guard.machines import refuse_machine, refuse_machine_as_second
from xiaoshi.desk.guard.refusals import NotAllowed, Refused, Stale, case_not_found, not_allowed, refuse
from xiaoshi.desk.guard.standing_in import absent_ones, bank_moment
from xiaoshi.desk.kinds import KINDS
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.parts import modules


@dataclass(frozen=True)
class Act:
    """One thing that people do. `roles` empty: the function itself (or the case engine) decides who may.

    `people_only`: a judgement or a second pair of eyes, which no machine account may be (`guard/machines.py`).
    `open_to_told`: also for whoever of another unit was told about the case (已阅).
    `for_oneself`: about the own password, telephone, sessions: an auditor does that too.
    """

    name: str
    words: Words
    roles: frozenset[str]
    on_case: bool
    function: Callable[..., Any]
    people_only: bool = False
    for_oneself: bool = False
    open_to_told: bool = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            f"{self.name} is an act: call perform({self.name}, ...), so that it passes the boundary"
        )


ACTS: dict[str, Act] = {}


def act(
    name: str,
    zh: str,
    en: str,
    *,
    roles: frozenset[str] | set[str] = frozenset(),
    on_case: bool = True,
    people_only: bool = False,
    for_oneself: bool = False,
    open_to_told: bool = False,
) -> Callable[[Callable[..., Any]], Act]:
    """Mark a function as an act. Its first argument is the `Context`, the rest are keyword fields (JSON values)."""

    def mark(function: Callable[..., Any]) -> Act:
        if name in ACTS and ACTS[name].function.__qualname__ != function.__qualname__:
            raise ValueError(f"two acts are called {name}")
        ACTS[name] = Act(
            name, Words(zh, en), frozenset(roles), on_case, function, people_only, for_oneself, open_to_told
        )
        return ACTS[name]

    return mark


@dataclass
class Context:
    """What an act may use: who, when, the case with its plan and state, and the entry that is being written.

    `on_behalf_of`: the absent person for whom the actor stands in, once something was only open to that person. The
    actor stays who really acts; both names are in the entry.
    """

    act: Act
    person: Staff
    actor: Actor
    now: datetime
    key: str
    channel: str
    case: Case | None = None
    plan: Plan | None = None
    state: State | None = None
    events: list[Any] = field(default_factory=list)
    body: dict[str, Any] = field(default_factory=dict)
    words: Words | None = None
    visible_to_client: bool = False
    unit_path: str = ""
    on_behalf_of: str = ""
    _commands: int = 0

    @property
    def the_case(self) -> Case:
        assert self.case is not None, "this act is declared on_case=False"
        return self.case

    def next_command_id(self) -> str:
        """Commands of one act share the act's key, numbered, so that the engine too sees each of them once."""
        self._commands += 1
        return f"{self.key}/{self._commands}"

    def command(self, command: Command) -> tuple[Any, ...]:
        """Put a command to the case engine; its events become part of this act's entry, its refusal refuses the act."""
        assert self.plan is not None
        assert self.state is not None
        verdict = decide(self.plan, self.state, command, self.actor, self.now)
        if isinstance(verdict, EngineRefused) and verdict.problem.code in PERSONAL_CODES:
            verdict = self._standing_in(command) or verdict
        if not isinstance(verdict, Accepted):
            kind = NotAllowed if verdict.problem.code in NOT_ALLOWED_CODES else Refused
            raise kind(verdict.problem)
        self.state = fold(verdict.events, self.state)
        self.events.extend(verdict.events)
        return tuple(verdict.events)

    def _standing_in(self, command: Command) -> Accepted | None:
        """The same command as the substitute of somebody absent to whom it is open; None when there is nobody."""
        assert self.plan is not None
        assert self.state is not None
        if self.on_behalf_of or self.case is None:
            return None
        for absent in absent_ones(self.person.login, bank_moment(self.now), self.case.kind):
            actor = replace(self.actor, on_behalf_of=absent.login)
            verdict = decide(self.plan, self.state, command, actor, self.now)
            if isinstance(verdict, Accepted):
                self.actor, self.on_behalf_of = actor, absent.login
                return verdict
        return None

    def note(self, zh: str, en: str, **facts: Any) -> None:
        """Say what happened, for the timeline. `facts` go into the entry's body (small values only)."""
        self.words = Words(zh, en)
        self.body.update(facts)

    def start(self, case: Case, plan: Plan) -> None:
        """Called by the act that opens a case: from here on the context is about this case."""
        self.case, self.plan, self.state = case, plan, State()


# Refusals of the engine that speak of what a person has in the case: a substitute may have it from somebody absent.
PERSONAL_CODES = frozenset({"held_by_other", "not_your_act", "not_copied"})
# Refusals of the engine that mean "not you" and not "not now".
NOT_ALLOWED_CODES = frozenset(
    {"wrong_role", "not_your_act", "auditor_reads_only", "other_unit", "maker_is_checker", "same_hands"}
)


@dataclass(frozen=True)
class Outcome:
    """What an act answered. `replayed`: the key was known and the stored answer is given again."""

    result: dict[str, Any]
    case_id: uuid.UUID | None
    version: int | None
    replayed: bool


def digest_of(fields: dict[str, Any]) -> str:
    """A digest of the fields of an act; bytes count by their own hash.

    Keyed: among the fields are identity numbers and passwords, which a plain hash would let somebody with a copy of the
    database find by trying.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            return {"sha256": hashlib.sha256(value).hexdigest()}
        return str(value)

    text = json.dumps(fields, sort_keys=True, ensure_ascii=False, default=plain)
    return keyed_hash("acts", text)


def perform(
    what: Act,
    person: Staff,
    key: str,
    *,
    case_id: uuid.UUID | str | None = None,
    expected_version: int | None = None,
    channel: str = "desk",
    now: datetime | None = None,
    **fields: Any,
) -> Outcome:
    """Do one act, once. Raises `Refused` (with words) when it is not done; then nothing was written.

    `key`: idempotency key, one for each intent of a person (the form carries it). `expected_version`: the version of the
    case as the person saw it; `None` only for acts whose result does not depend on what others did meanwhile.
    """
    if not key or len(key) > 200 or "\x00" in key:
        raise refuse(
            "key_missing",
            "请求缺少防重编号，请刷新页面后再试。",
            "The request has no idempotency key: reload the page.",
        )
    require_fitting(what, fields)
    ident = readable_id(case_id) if what.on_case else None
    digest = digest_of({"case": case_id, **fields})
    with transaction.atomic(durable=True):
        free, case = statements.begin(person, key, what.name, digest, ident)
        if not free:
            return _stored_answer(what, person, key, digest)
        ctx = Context(what, person, person.as_actor(), now or timezone.now(), key, channel)
        if what.on_case:
            _take_case(ctx, case, expected_version)
        _may_act(ctx)
        if what.roles and not what.roles & ctx.actor.roles:
            raise _roles_needed(what)
        try:
            result = what.function(ctx, **fields) or {}
        except (ValidationError, DataError) as error:
            raise unusable_value(error, fields) from error
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            raise _done_meanwhile() from error
        refuse_machine_as_second(ctx)
        entry, also = _entry_of(ctx)
        statements.finish(key, result, ctx.case, entry, also)
        return Outcome(
            result, ctx.case.id if ctx.case else None, ctx.case.version if ctx.case else None, replayed=False
        )


def _done_meanwhile() -> Refused:
    """Two who look whether a name is free, find it so, and take it in the same second: one of them is told so, in words."""
    return refuse(
        "done_meanwhile",
        "同一时刻已有人登记了相同的内容，您的操作没有保存。请刷新页面，核对后再决定。",
        "Somebody recorded the same thing at this very moment, and yours was not saved. Reload the page, check, then decide.",
    )


def _stored_answer(what: Act, person: Staff, key: str, digest: str) -> Outcome:
    """The answer of the act that already used this key, if it was the same request."""
    # Another person's key is invisible here: row-level security shows everybody only the own answers.
    stored = AnsweredAct.objects.filter(key=key).first()
    if stored is None or (stored.act, stored.actor, stored.digest) != (what.name, person.login, digest):
        raise refuse(
            "key_reused",
            "这个请求编号已用于另一项操作。请刷新页面，核对后重新提交。",
            "This request key was already used for something else. Reload the page, check, and send again.",
        )
    return Outcome(stored.result or {}, stored.case_id, stored.version, replayed=True)


def _take_case(ctx: Context, case: Case | None, expected_version: int | None) -> None:
    if case is None:
        raise case_not_found()
    kind, words = ctx.act.name.partition(".")[0], ctx.act.words
    if kind in KINDS and kind != case.kind:
        raise refuse(
            "act_of_other_kind",
            f"“{words.zh}”是另一种业务的操作，不能用在这个案件上。",
            f"“{words.en}” belongs to another kind of casework and cannot be done on this case.",
        )
    if expected_version not in (None, case.version) and _changed_since(case, expected_version):
        raise Stale(
            Problem(
                "case_changed",
                Words(
                    "在您操作期间，别人处理过这个案件。请看下面的变化，再决定是否继续；您填的内容已保留。",
                    "Somebody else worked on this case meanwhile. See what changed below, then decide; what you typed is kept.",
                ),
            ),
            details={"expected_version": expected_version, "version": case.version},
        )
    ctx.case, ctx.plan, ctx.state = case, plan_of(case), read_state(case)


def _changed_since(case: Case, version: int | None) -> bool:
    """Whether anything was done to the case since; that the desk only told somebody of a time limit changes nothing on it."""
    since = TimelineEntry.objects.filter(case=case, seq__gt=version, seq__lte=case.version)
    return (
        version is None
        or version > case.version
        or since.exclude(actor__startswith=HOUSE, body__events__isnull=True).exists()
    )


def _may_act(ctx: Context) -> None:
    """An auditor reads only; and whoever was only asked or told about a case of another unit sees it, no more.

    The engine says the same of its commands. Acts that write without asking it (a photo, a payment) are held here.
    """
    if READS_ONLY in ctx.actor.roles and not ctx.act.for_oneself:
        raise not_allowed(
            "auditor_reads_only", "审计员只能查看，不能办理。", "An auditor reads and does nothing else."
        )
    if not ctx.person.let_in and not ctx.act.for_oneself:
        raise not_allowed(
            "not_let_in",
            "您的账户尚未启用，可以查看，不能办理：请另一位人员管理员、本网点负责人或授权主管在“机构与人员”中同意启用。",
            "Your account is not let in yet: you may look, but not act. Another people keeper, or the head or supervisor of"
            " your outlet, has to agree under “Organisation”.",
        )
    refuse_machine(ctx)
    if ctx.case is None or ctx.case.unit_path.startswith(ctx.person.unit.path):
        return
    if ctx.act.open_to_told or _stands_in_there(ctx, ctx.case):
        return
    raise not_allowed(
        "other_unit",
        "案件属于其他网点，您可以查看，不能办理。",
        "The case belongs to another unit: you may look, but not act on it.",
    )


def _stands_in_there(ctx: Context, case: Case) -> bool:
    """Whether the person stands in for somebody of the case's own line; then the whole act is on that person's behalf."""
    for absent in absent_ones(ctx.person.login, bank_moment(ctx.now), case.kind):
        if case.unit_path.startswith(absent.unit_path):
            ctx.on_behalf_of = absent.login
            ctx.actor = replace(ctx.actor, on_behalf_of=absent.login, unit_path=absent.unit_path.rstrip("/"))
            return True
    return False


def _entry_of(ctx: Context) -> tuple[TimelineEntry | None, list[statements.Statement]]:
    """The act's one entry, with the case brought up to it and what else has to be written for that.

    An act that changed nothing on the case leaves no entry.
    """
    case = ctx.case
    if ctx.on_behalf_of:
        ctx.body["on_behalf_of"] = ctx.on_behalf_of
    if case is None:
        return (chain.entry_for_unit(ctx) if ctx.words is not None else None), []
    if not ctx.events and ctx.words is None:
        return None, []
    case.version += 1
    entry = chain.entry_for_case(ctx)
    before = case.status
    also = write_state(case, ctx.state, ctx.plan, ctx.now)
    if case.status != before and case.version > 1:
        for part in modules("on_status"):
            part.status_changed(ctx, before)
    return entry, also


def _roles_needed(what: Act) -> NotAllowed:
    from xiaoshi.core.casework.roles import ROLES

    zh = "、".join(ROLES[r].words.zh for r in sorted(what.roles))
    en = ", ".join(ROLES[r].words.en for r in sorted(what.roles))
    return NotAllowed(
        Problem(
            "not_your_role",
            Words(f"这项操作由{zh}办理，请转给他们。", f"This is done by: {en}. Please pass it to them."),
        )
    )
