"""A proof as plain rows, for programs and for tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_qbo.reconcile.model import Verdict
from target_qbo.said import Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.reconcile.comparison import Proof
    from target_qbo.reconcile.figures import Row
    from target_qbo.reconcile.model import LeftOut, Period, Problem, Unread


def as_document(proof: Proof, period: Period, reads: int, unread: Sequence[Unread] = ()) -> dict[str, Any]:
    """Return a proof as one document; amounts are decimals, dates are texts."""
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "location_id": period.location_id,
        "tickets": proof.tickets,
        "agrees": proof.agrees,
        "verdict": _verdict(proof),
        "reads": reads,
        "unread": [{"kind": one.facts.kind, "reason": one.reason} for one in unread],
        "totals": _figures(proof.totals),
        "days": [_day(row) for row in proof.days],
        "methods": [{**_day(row), "method": row.method} for row in proof.methods],
        "problems": [_problem(one) for one in proof.problems],
        "left_out": [_left_out(one) for one in proof.left_out],
    }


def _verdict(proof: Proof) -> str:
    """Tell in a sentence what a proof came to; that nothing differs where there is nothing proves nothing."""
    if not proof.agrees:
        return Said("there are differences")
    if not proof.tickets:
        return Said("nothing of this period was received from the till: nothing is proven")
    return Said("all agrees")


def line_of(problem: Problem) -> str:
    """Tell a problem in one line: which ticket and document, what is the matter, what to do."""
    about = " ".join(filter(None, (_document_of(problem), _ticket_of(problem), problem.text)))
    return f"{about}: {problem.advice}"


def _document_of(problem: Problem) -> str:
    if problem.kind is None:
        return ""
    return f"{problem.kind.replace('_', ' ')} {problem.document or '-'} (id {problem.qbo_id or '-'})"


def _ticket_of(problem: Problem) -> str:
    if problem.ticket is None:
        return ""
    receipt = f", receipt {problem.number}" if problem.number else ""
    place = f"ticket {problem.ticket[1]} of location {problem.ticket[0]}{receipt}"
    return f"of {place}" if problem.kind is not None else place


def _day(row: Row) -> dict[str, Any]:
    date = row.date.isoformat() if row.date else None
    return {"date": date, "location_id": row.location_id, **_figures(row)}


def _figures(row: Row) -> dict[str, Any]:
    return {
        "till": row.till,
        "left_out": row.left_out,
        "ledger": row.ledger,
        "books": row.books,
        "difference": row.difference,
        "agrees": row.agrees,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    location_id, ticket_id = problem.ticket or (None, None)
    return {
        "code": problem.code,
        "date": problem.date.isoformat(),
        "location_id": location_id,
        "ticket_id": ticket_id,
        "number": problem.number,
        "kind": problem.kind,
        "id": problem.qbo_id,
        "document": problem.document,
        "amount": problem.amount,
        "text": problem.text,
        "advice": problem.advice,
        "line": line_of(problem),
    }


def _left_out(one: LeftOut) -> dict[str, Any]:
    return {
        "date": one.ticket.date.isoformat(),
        "location_id": one.ticket.key[0],
        "ticket_id": one.ticket.key[1],
        "number": one.ticket.number,
        "status": one.status,
        "clean": one.ticket.verdict is Verdict.CLEAN,
        "amount": one.amount,
        "code": one.code,
        "reason": one.reason,
    }
