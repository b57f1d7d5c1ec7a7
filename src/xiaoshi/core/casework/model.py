"""The nouns of casework: a plan (data, published in versions) and the state of one case.

All values are frozen; a mapping inside is never changed in place. Facts and results are JSON values, so a state can be
kept as a snapshot without losing anything (`as_json.py`). A date fact is its ISO text, a list fact a tuple of texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from xiaoshi.core.casework.command_ids import CommandIds
from xiaoshi.core.problems import Problem, Words

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
FactValue: TypeAlias = bool | int | str | tuple[str, ...]
Facts: TypeAlias = Mapping[str, FactValue]

Level = Literal["outlet", "sub_branch", "city", "province"]
FactType = Literal["bool", "int", "text", "date", "amount_fen", "choice", "list"]
NeedKind = Literal["paper", "check", "decision", "answer"]
ClockUnit = Literal["working_minutes", "working_days", "hours", "days"]
CasePhase = Literal["new", "open", "suspended", "closed", "cancelled"]
StepPhase = Literal["open", "reported", "signing", "to_confirm", "done", "skipped"]
WaitingFor = Literal["client", "other_case", "authority"]
SignerPlace = Literal["before", "after"]
SetBy = Literal["person", "act"]
OtherOutcome = Literal["", "closed", "cancelled"]
Vote = Literal["", "for", "against"]

CASE: str = ""
"""In a command that may be about a step or about the whole case, the empty step id means the case."""


# ---- the plan -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FactSpec:
    """A typed fact of a case. `choices` only for type `choice`.

    `set_by = "act"`: worked out by an act of the kind (a sum that was counted), so no person corrects it by hand.
    """

    name: str
    type: FactType
    words: Words
    choices: tuple[str, ...] = ()
    set_by: SetBy = "person"


@dataclass(frozen=True, slots=True)
class Condition:
    """A CEL text with what it reads. `line`: where it stands in the plan; `facts`, `steps`: the names it reads."""

    source: str
    line: int
    facts: tuple[str, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """What must be recorded on the case before a step can be done.

    `paper:fire_report`, `check:machine`, `decision:payout`, `answer` (no question of this case is open). A need with a
    question mark is shown and may be recorded, but does not hold the step up.
    """

    kind: NeedKind
    name: str = ""
    required: bool = True

    @property
    def key(self) -> str:
        """The name under which it is recorded, `paper:fire_report`."""
        return f"{self.kind}:{self.name}" if self.name else self.kind


@dataclass(frozen=True, slots=True)
class Who:
    """Any person with one of `roles`; with `level`, only where he or she works at exactly that level of the tree."""

    roles: tuple[str, ...]
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """How long a step may take. `runs_for_client`: the client's own clock, which nothing of ours stops.

    `pauses_for`: it stands still while the case rests and waits for one of these; `at_risk_percent`: the share of the
    time after which whoever has the step is reminded.
    """

    unit: ClockUnit
    amount: int
    runs_for_client: bool = False
    pauses_for: tuple[WaitingFor, ...] = ("client",)
    at_risk_percent: int = 80


@dataclass(frozen=True, slots=True)
class Stage:
    """A chapter of the case on the plan map."""

    id: str
    title: Words


@dataclass(frozen=True, slots=True)
class VoteRule:
    """票签 by the plan: the step passes with `pass_at_percent` of all weight (`votes.py`).

    `weights`: role -> weight, `person_weights`: sign-in name -> weight (before the role's); both empty: whoever is named
    weighs 1. Whoever has no weight has no vote. `voters_min`: how many persons vote at least.
    """

    pass_at_percent: int
    weights: Mapping[str, int] = field(default_factory=dict)
    person_weights: Mapping[str, int] = field(default_factory=dict)
    voters_min: int = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of work.

    `after`: steps that must be finished (done, skipped or not applicable) first. `confirm_by`: who may confirm a
    `four_eyes` step (default: `by`); always another person than who did it. `not_by`: the doer must differ from
    whoever did these steps. `optional`: waits until a person calls it up, never blocks. `repeats`: may be done again.
    `votes`: done only counts once enough votes agree.
    `irreversible`: what it did outside (money paid) cannot be taken back with a key; it can only be corrected.
    `line`: where it stands in the plan. `added`: a person added it to this one case. `renamed_from`: ids that the same
    work bore in earlier versions of the plan, so that a case which is moved keeps what was done.
    """

    id: str
    stage: str
    title: Words
    by: Who
    client_words: Words | None = None
    after: tuple[str, ...] = ()
    when: Condition | None = None
    needs: tuple[Need, ...] = ()
    form: str = ""
    four_eyes: bool = False
    confirm_by: Who | None = None
    not_by: tuple[str, ...] = ()
    clock: Clock | None = None
    optional: bool = False
    repeats: bool = False
    skip_by: tuple[str, ...] = ()
    irreversible: bool = False
    added: bool = False
    line: int = 0
    renamed_from: tuple[str, ...] = ()
    votes: VoteRule | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A point worth telling people about; reached once, when its condition first becomes true."""

    id: str
    title: Words
    when: Condition


@dataclass(frozen=True, slots=True)
class CloseRule:
    """What may close the case: `when`, beside every applicable step that is not optional being finished."""

    when: Condition | None
    by: tuple[str, ...]
    words: Words | None = None
    """What `when` asks for, in words: a person at the desk never reads a condition."""


@dataclass(frozen=True, slots=True)
class ReopenRule:
    """Who may reopen an ended case (`by` empty: the heads), and for how many days after its end (0: without limit)."""

    by: tuple[str, ...] = ()
    within_days: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A procedure in one version. `steps` in the order of the plan; `reminder_gap_minutes` between two 催办."""

    kind: str
    version: int
    title: Words
    opens: tuple[str, ...]
    facts: Mapping[str, FactSpec]
    stages: tuple[Stage, ...]
    steps: Mapping[str, Step]
    milestones: tuple[Milestone, ...]
    close: CloseRule
    reminder_gap_minutes: int = 240
    need_words: Mapping[str, Words] = field(default_factory=dict)
    """Name of a need -> what it is called at the desk."""
    needs_by_act: frozenset[str] = frozenset()
    """Names of needs that only an act of the kind may meet (a payment checked by a second person): never waived, never
    recorded by hand."""
    reopen: ReopenRule = ReopenRule()
    dependents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Step -> the steps that directly lean on it (`after`, `when`, `not_by`), worked out when the plan is loaded."""


# ---- people ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `unit_path` is `province/city/sub-branch/outlet` down to the unit that he or she works in.

    `on_behalf_of`: the absent person whom the actor stands in for in this act 代岗. The roles stay the actor's own; what
    the absent person has in the case (owner, assignee, delegator, signer) counts as the actor's, and four eyes look at
    both names.
    """

    id: str
    roles: frozenset[str]
    level: Level
    unit_path: str
    on_behalf_of: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The actor and, if any, the absent person."""
        return (self.id, self.on_behalf_of) if self.on_behalf_of else (self.id,)


# ---- the case -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature of a 会签, or one vote of a 票签. `after`: the signers who must have signed before this one can.

    Of a vote: `weight`, `vote`, its `reason`, and `by`, who cast it (a substitute, perhaps); `signed` says that it was cast.
    """

    actor: str
    after: frozenset[str] = frozenset()
    signed: bool = False
    weight: int = 0
    vote: Vote = ""
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StepState:
    """What happened to one step in its current round. `makers`: who did the work (and who answers for a delegate);
    nobody of them may confirm. `assignee`: who claimed it or got it; `delegator`: to whom a delegated step comes back.
    """

    phase: StepPhase = "open"
    round: int = 1
    sent_back: int = 0
    called_up: bool = False
    assignee: str = ""
    delegator: str = ""
    makers: tuple[str, ...] = ()
    checker: str = ""
    at: datetime | None = None
    result: Mapping[str, Json] = field(default_factory=dict)
    reason: str = ""
    signers: tuple[Signer, ...] = ()
    any_one: bool = False
    """或签: the first signature carries the step on."""
    pass_at_percent: int = 0
    """票签: the share of all weight that passes the step; 0: it is not voted on."""
    voters_min: int = 0
    delegated_until: datetime | None = None
    """When a delegate must have reported; afterwards the step is the delegator's again."""


@dataclass(frozen=True, slots=True)
class NeedRecord:
    """A paper, check or decision as recorded. `value`: the paper's reference, a decision's answer, `passed`/`failed`."""

    value: str
    by: str
    at: datetime
    waived: bool = False
    note: str = ""

    @property
    def meets(self) -> bool:
        """Whether the need is met: a failed check is recorded, but does not meet it."""
        return self.waived or self.value != "failed"


@dataclass(frozen=True, slots=True)
class AskedNeed:
    """A paper that a person asked for beside the plan. `step`: for which step, empty for the case as a whole."""

    title: str
    reason: str
    by: str
    at: datetime
    blocks_close: bool = True
    step: str = ""


@dataclass(frozen=True, slots=True)
class TakenOff:
    """Why a need that was met is open again, and since when."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A question upwards. The case stays where it is; `step` (if any) waits for the answer, other steps go on."""

    id: str
    text: str
    to_level: Level
    field: str
    asked_by: str
    at: datetime
    step: str = ""


@dataclass(frozen=True, slots=True)
class Suspension:
    """The case rests: why, until when at the latest, and for whom it waits."""

    reason: str
    until: datetime
    waiting_for: WaitingFor
    by: str


@dataclass(frozen=True, slots=True)
class OtherCase:
    """Another case that this one waits for: a step (or, with `CASE`, closing) waits until the other one is closed.

    `outcome`: how the other one ended. `closed` does not hinder any more; `cancelled` does, until a person decides.
    """

    number: str
    reason: str
    by: str
    at: datetime
    step: str = CASE
    outcome: OtherOutcome = ""


@dataclass(frozen=True, slots=True)
class LastAct:
    """The newest act that can be taken back, with what it replaced (one step, one set of facts, the owner)."""

    seq: int
    actor: str
    act: str
    step: str
    command_id: str
    step_before: StepState | None
    facts_before: Mapping[str, FactValue | None]
    owner_before: str


@dataclass(frozen=True, slots=True)
class PlanMove:
    """A move to another version of the plan, kept so that it can be undone exactly: the version before, the event's number,
    which step ids were changed (old -> new), and the milestones as they stood."""

    from_version: int
    seq: int
    renamed: Mapping[str, str] = field(default_factory=dict)
    milestones: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """One case, folded from its events. `seq`: how many events it holds; steps never touched are not in `steps`."""

    seq: int = 0
    phase: CasePhase = "new"
    kind: str = ""
    plan_version: int = 0
    case_number: str = ""
    unit_path: str = ""
    owner: str = ""
    opened_by: str = ""
    opened_at: datetime | None = None
    facts: Facts = field(default_factory=dict)
    steps: Mapping[str, StepState] = field(default_factory=dict)
    added: Mapping[str, Step] = field(default_factory=dict)
    records: Mapping[str, NeedRecord] = field(default_factory=dict)
    asked_needs: Mapping[str, AskedNeed] = field(default_factory=dict)
    """Key of a paper that a person asked for beside the plan -> what and why."""
    needs_asked: int = 0
    taken_off: Mapping[str, TakenOff] = field(default_factory=dict)
    """Needs that were met once and are open again."""
    questions: Mapping[str, Question] = field(default_factory=dict)
    questions_asked: int = 0
    suspension: Suspension | None = None
    reminded: Mapping[str, datetime] = field(default_factory=dict)
    copied: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    """Who of those copied has said 已阅."""
    other_cases: Mapping[str, OtherCase] = field(default_factory=dict)
    """Case number -> why this case waits for it."""
    reopen_until: datetime | None = None
    """Ended: until when it may be reopened; None: without limit."""
    milestones: Mapping[str, datetime] = field(default_factory=dict)
    outcome: str = ""
    last_act: LastAct | None = None
    moves: tuple[PlanMove, ...] = ()
    command_ids: CommandIds = field(default_factory=CommandIds)


@dataclass(frozen=True, slots=True)
class Refused:
    """The act does not happen and nothing changes. The words say what to do or who could."""

    problem: Problem
