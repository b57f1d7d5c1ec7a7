"""Any sequence of commands: the sum stays zero, balances are sums of postings, a reversal restores, a refusal changes nothing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from xiaoshi.core.ledger import (
    Accepted,
    Account,
    Command,
    Ledger,
    PostEntry,
    Posting,
    Refused,
    ReverseEntry,
    decide,
    examine,
    fold,
    overdrawn,
)
from xiaoshi.core.problems import Words

WORDS = Words("试", "try")
ACCOUNTS = (
    Account("vault", "asset", WORDS, no_overdraft=True),
    Account("drawer", "asset", WORDS, no_overdraft=True),
    Account("deposit", "liability", WORDS, no_overdraft=True),
    Account("fees", "income", WORDS),
    Account("clearing", "suspense", WORDS),
    Account("frozen", "asset", WORDS, state="frozen"),
)
CODES = [a.code for a in ACCOUNTS] + ["nobody"]
IDS = [f"e{n}" for n in range(12)]
PEOPLE = st.sampled_from(["li", "zhou", "wang", ""])


@st.composite
def _balanced(draw: st.DrawFn) -> tuple[Posting, ...]:
    codes = draw(st.lists(st.sampled_from(CODES), min_size=2, max_size=4, unique=True))
    amounts = draw(st.lists(st.integers(-500, 500), min_size=len(codes) - 1, max_size=len(codes) - 1))
    return tuple(Posting(c, a) for c, a in zip(codes, [*amounts, -sum(amounts)], strict=True))


WILD = st.lists(st.builds(Posting, st.sampled_from(CODES), st.integers(-3, 3)), max_size=4).map(tuple)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(PostEntry, st.sampled_from(IDS), st.just(WORDS), PEOPLE, PEOPLE, _balanced()),
    st.builds(PostEntry, st.sampled_from(IDS), st.just(WORDS), PEOPLE, PEOPLE, WILD),
    st.builds(ReverseEntry, st.sampled_from(IDS), st.sampled_from(IDS), st.just(WORDS), PEOPLE, PEOPLE),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(COMMANDS, max_size=25))
def test_every_sequence_of_commands_keeps_the_laws(commands: list[Command]) -> None:
    empty = Ledger.of(ACCOUNTS)
    ledger, booked = empty, []
    for command in commands:
        verdict = decide(ledger, command)
        if isinstance(verdict, Refused):
            assert decide(ledger, command) == verdict
            continue
        ledger = fold(verdict.events, ledger)
        booked += verdict.events
        assert decide(ledger, command) == Accepted(()), "the same command again is answered with nothing new"
    assert sum(ledger.balances.values()) == 0
    assert fold(booked, empty) == ledger, "the events alone rebuild the ledger"
    for account in ACCOUNTS:
        lines = [
            p.amount_fen for e in ledger.entries.values() for p in e.postings if p.account == account.code
        ]
        assert ledger.balance_fen(account.code) == sum(lines)
        assert not overdrawn(account, sum(lines))
    assert examine(ACCOUNTS, [e.entry for e in booked], ledger.balances) == ()


@settings(max_examples=200, deadline=None)
@given(_balanced())
def test_a_reversal_restores_every_balance(postings: tuple[Posting, ...]) -> None:
    start = Ledger.of(ACCOUNTS, {"vault": 10_000, "drawer": 10_000, "deposit": -10_000, "clearing": -10_000})
    verdict = decide(start, PostEntry("e1", WORDS, "li", "zhou", postings))
    if isinstance(verdict, Refused):
        return
    after = fold(verdict.events, start)
    back = decide(after, ReverseEntry("e2", "e1", WORDS, "zhou", "li"))
    assert isinstance(back, Accepted)
    restored = fold(back.events, after)
    assert {c: restored.balance_fen(c) for c in CODES} == {c: start.balance_fen(c) for c in CODES}
