"""What a kind of casework consists of: its plan, and what it adds to the plain desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django import forms

from xiaoshi.core.problems import Words

if TYPE_CHECKING:
    from xiaoshi.desk.audit.findings import FirstBad
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.cases.reviewing import Review
    from xiaoshi.desk.guard.boundary import Act, Context
    from xiaoshi.desk.money.models import MoneyOrder
    from xiaoshi.desk.organisation.models import Staff, Unit


@dataclass(frozen=True)
class Tab:
    """A page of the case beside the ones every kind has. `route` takes the case's id."""

    key: str
    words: Words
    route: str


@dataclass(frozen=True)
class StepWork:
    """How one step is worked on. `form(case, data)` makes its form, `fields(step, form)` the act's fields from it.

    `act`: the act that does the step (default: the desk's `do_step` with the form's answers as result). `route`: page
    where the step is worked on (takes the case's id), for steps that are more than a form.
    """

    form: Callable[[Case, Any], forms.Form]
    act: Act | None = None
    fields: Callable[[str, Any], dict[str, Any]] | None = None
    route: str = ""

    @property
    def by_form_alone(self) -> bool:
        """Whether the desk's plain `do_step` may do it."""
        return self.act is None and not self.route


@dataclass(frozen=True)
class Kind:
    """A kind is a folder; this value says what is in it.

    `folder` holds `plan.toml`. `opening_form`: what is asked when a case is opened; `opening(form, unit, today)` gives the
    fields of `open_case` from it. `steps`: step id -> how it is worked on. `choices`: words of the values of choice facts. `routes`: module with `urlpatterns` below
    `/desk/cases/<uuid>/`. `overview`: a partial that the case page shows beside the next step, with
    `overview_context(case)`. `reviews(person)`: what of this kind waits for this person as the second one. `may_book(ctx, order)`: raises `Refused` where
    an order of such a case may not be booked by this act, or no longer. `verify(alias)`: what `xiaoshi audit verify` looks at in this kind's tables. `demo`: module with `load()` for the demo's cases. `story`: module with `run(...)` for `xiaoshi story`. `offered`: shown in "open a case".
    """

    name: str
    words: Words
    folder: Path
    opening_form: type[forms.Form]
    opening: Callable[[Any, Unit, date], dict[str, Any]]
    steps: Mapping[str, StepWork] = field(default_factory=dict)
    choices: Mapping[str, Words] = field(default_factory=dict)
    tabs: tuple[Tab, ...] = ()
    routes: str = ""
    overview: str = ""
    overview_context: Callable[[Case], dict[str, Any]] | None = None
    reviews: Callable[[Staff], list[Review]] | None = None
    may_book: Callable[[Context, MoneyOrder], None] | None = None
    verify: Callable[[str], Iterator[FirstBad]] | None = None
    offered: bool = True
    story: str = ""
    demo: str = ""

    @property
    def plan_text(self) -> str:
        return (self.folder / "plan.toml").read_text(encoding="utf-8")
