"""Each kind of ticket by a worked example: what the code decides, what the books then hold, what the docs show."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from franpos_qbo.contract import SCHEMAS
from scripts.accounting_examples import Example, Worked, outcome, page, read_examples, work_out
from target_qbo.accounting import Document, DocumentKind

EXAMPLES = read_examples()
PAGE = Path(__file__).resolve().parents[2] / "docs" / "accounting.md"


@pytest.fixture(scope="module")
def worked() -> dict[str, Worked]:
    """All examples, decided and posted into the sandbox, by name."""
    return {one.example.name: one for one in work_out(EXAMPLES)}


@pytest.fixture(params=EXAMPLES, ids=lambda example: example.name)
def one(request: pytest.FixtureRequest, worked: dict[str, Worked]) -> Worked:
    example: Example = request.param
    return worked[example.name]


def test_it_satisfies_the_record_contract(one: Worked) -> None:
    rows = {"tickets": [one.example.ticket], "payments": one.example.payments, "discounts": one.example.discounts}
    for stream, records in rows.items():
        text = (SCHEMAS / f"{stream}.json").read_text("utf-8")
        validator = jsonschema.Draft202012Validator(json.loads(text))
        for record in records:
            validator.validate(record)


def test_it_is_decided_as_worked_out_by_hand(one: Worked) -> None:
    assert outcome(one.decision) == one.example.expected["outcome"]
    if isinstance(one.decision, Document):
        assert sum(line.amount for line in one.decision.lines) == one.decision.total
        if one.decision.kind is DocumentKind.INVOICE:
            assert sum(payment.amount for payment in one.decision.payments) == one.decision.total


def test_the_books_hold_what_was_worked_out_by_hand(one: Worked) -> None:
    books: dict[str, Decimal] = defaultdict(Decimal)
    documents: dict[str, Decimal] = defaultdict(Decimal)
    for entry in one.journal:
        books[entry.account] += entry.debit - entry.credit
        documents[entry.document] += entry.debit - entry.credit
    assert not any(documents.values()), "debits and credits of a document differ"
    wanted = {account: Decimal(amount) for account, amount in one.example.expected["books"].items()}
    assert {account: amount for account, amount in books.items() if amount} == wanted
    assert bool(one.journal) == isinstance(one.decision, Document)


def test_the_page_shows_exactly_that(worked: dict[str, Worked]) -> None:
    assert PAGE.read_text("utf-8") == page(list(worked.values())), "run: make docs"
