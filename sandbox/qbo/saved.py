"""A company as it stands, as JSON, and put back from it: its rows and books, its first answers, how it is signed in."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from sandbox.qbo.ledger import Ledger, Posting
from sandbox.qbo.replay import Answer
from sandbox.qbo.store import Store

if TYPE_CHECKING:
    from collections import defaultdict

    from sandbox.qbo.company import Company
    from sandbox.qbo.options import Options
    from sandbox.qbo.server import QboServer


def options_of(options: Options) -> dict[str, Any]:
    """Return the switches of a company as JSON."""
    return {
        name: value.isoformat() if name == "book_close_date" and value else value
        for name, value in dataclasses.asdict(options).items()
    }


def saved(server: QboServer) -> dict[str, Any]:
    """Return all that makes another server the same: no access token holds there, the refresh token does."""
    company = server.company
    return {
        "realm_id": company.realm_id,
        "options": options_of(company.options),
        "sign_in": {"client_secret": server.sign_in.client_secret, "refresh_token": server.sign_in.refresh_token},
        "rows": {name: list(table) for name, table in company.store.tables.items() if len(table)},
        "last_ids": company.store.last,
        "postings": [
            {"entity": entity, "id": identity, "amounts": posting.amounts, "quantities": posting.quantities}
            for (entity, identity), posting in company.ledger.postings.items()
        ],
        "voided": sorted(company.voided),
        "deposits": company.deposits,
        "open_invoices": {customer: list(ids) for customer, ids in company.open_invoices.items()},
        "open_credit": {customer: list(ids) for customer, ids in company.open_credit.items()},
        "answers": {one: [answer.status, answer.text] for one, answer in server.replay.answers.items()},
    }


def put_back(server: QboServer, state: dict[str, Any]) -> None:
    """Make a server's company the one that :func:`saved` told of, whatever it was.

    Raises:
        ValueError: An option that there is not.
    """
    company = server.company
    company.realm_id = state["realm_id"]
    company.options.change(state["options"])
    server.sign_in.client_secret = state["sign_in"]["client_secret"]
    server.sign_in.refresh_token = state["sign_in"]["refresh_token"]
    server.replay.answers = {one: Answer(status, text) for one, (status, text) in state["answers"].items()}
    _put_rows_back(company, state)
    company.voided = {(entity, identity) for entity, identity in state["voided"]}
    company.deposits = dict(state["deposits"])
    _refill(company.open_invoices, state["open_invoices"])
    _refill(company.open_credit, state["open_credit"])


def _put_rows_back(company: Company, state: dict[str, Any]) -> None:
    company.store, company.ledger = Store(), Ledger()
    for entity, rows in state["rows"].items():
        for row in rows:
            company.store[entity].put(row)
    company.store.last.update(state["last_ids"])
    for one in state["postings"]:
        posting = Posting()
        posting.amounts.update(one["amounts"])
        posting.quantities.update(one["quantities"])
        company.ledger.post((one["entity"], one["id"]), posting)


def _refill(by_customer: defaultdict[str, dict[str, None]], ids: dict[str, list[str]]) -> None:
    by_customer.clear()
    for customer, some in ids.items():
        by_customer[customer] = dict.fromkeys(some)
