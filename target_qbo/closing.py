"""What a run says in the log at its end: its figures, its tickets that are not in the books, and its metrics.

For people each is a line; for programs the same lines carry fields (``event_name`` and what belongs to it).
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from franpos_qbo.metrics import RunMetric, tell
from target_qbo.ledger import tickets
from target_qbo.ledger.status import TicketStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_qbo.company import Company
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.tickets import TicketRow
    from target_qbo.posting.summary import RunSummary
    from target_qbo.qbo.calls import Calls

_SHOWN = 50
_SHOWN_IN_FULL = (TicketStatus.SKIPPED, TicketStatus.WAITING, TicketStatus.POSTING)
# Not those that are done with: they are the whole past, and a night's run is not to grow with it.
_OPEN = (TicketStatus.RECEIVED, *_SHOWN_IN_FULL)
_EVENTS = {
    TicketStatus.SKIPPED: (logging.WARNING, "ticket_skipped"),
    TicketStatus.POSTING: (logging.WARNING, "ticket_open"),
    TicketStatus.WAITING: (logging.INFO, "ticket_waiting"),
}


@dataclass(frozen=True, slots=True)
class Closing:
    """What a run said at its end.

    Attributes:
        figures: As ``run_summary`` has them, amounts as texts.
        skipped: The tickets that it skipped.
    """

    figures: Mapping[str, Any]
    skipped: Sequence[TicketRow]


def close_run(logger: logging.Logger, company: Company, summary: RunSummary, seconds: float) -> Closing:
    """Log the end of a run, also of one that an error stops; returns what it said.

    Args:
        logger: The plugin's.
        company: The company, after posting.
        summary: What the run did.
        seconds: How long posting took.
    """
    counts = tickets.counts(company.ledger, _OPEN)
    new = tickets.skipped_among(company.ledger, list(summary.codes))
    # What is for programs alone comes first: people look at the last lines.
    _tell_metrics(company, summary, new, counts, seconds)
    for ticket in new[_SHOWN:]:
        _log_ticket(logger, ticket, new=True)
    record = summary.as_record() | {
        "skipped_by_code": dict(Counter(ticket.code for ticket in new)),
        "seconds": round(seconds, 3),
        "seconds_waited": round(company.limits.waited, 3),
        "calls": _calls(company.client.calls),
        "unposted": {
            status.value: {"tickets": number, "amount": str(amount)} for status, (number, amount) in counts.items()
        },
    }
    logger.info("%s", summary.figures(), extra={"event_name": "run_summary", "summary": record})
    for event, warning in summary.warnings():
        logger.warning("%s", warning, extra={"event_name": event})
    for status, (number, amount) in sorted(counts.items()):
        logger.info("in the ledger: %s tickets %s, %s", number, status, f"{amount:,.2f}")
    _log_tickets(logger, company.ledger, new)
    return Closing(record, new)


def _log_tickets(logger: logging.Logger, ledger: CompanyLedger, new: Sequence[TicketRow]) -> None:
    """Log what this run skipped, then what else stands out; each ticket that it skipped is logged by now."""
    known = {ticket.key for ticket in new}
    others = [ticket for ticket in tickets.newest(ledger, _SHOWN_IN_FULL, _SHOWN + 1) if ticket.key not in known]
    for ticket in new[:_SHOWN]:
        _log_ticket(logger, ticket, new=True)
    room = max(0, _SHOWN - len(new))
    for ticket in others[:room]:
        _log_ticket(logger, ticket, new=False)
    if len(new) > _SHOWN or len(others) > room:
        logger.warning("… see all with: franpos-qbo tickets --status skipped")


def _log_ticket(logger: logging.Logger, ticket: TicketRow, *, new: bool) -> None:
    level, event = _EVENTS[ticket.status]
    text = (
        f"{ticket.status}: location {ticket.location_id} ticket {ticket.ticket_id} "
        f"(receipt {ticket.number or '-'}, {ticket.business_date}, {ticket.total:,.2f}): {ticket.reason or ''}"
    )
    fields = _fields(ticket) | ({"new": new} if ticket.status is TicketStatus.SKIPPED else {})
    logger.log(level, "%s", text, extra={"event_name": event, **fields})


def _fields(ticket: TicketRow) -> dict[str, Any]:
    return {
        "location": ticket.location_id,
        "ticket": ticket.ticket_id,
        "receipt": ticket.number,
        "business_date": ticket.business_date.isoformat(),
        "total": str(ticket.total),
        "code": ticket.code,
        "reason": ticket.reason,
    }


def _calls(calls: Calls) -> dict[str, int]:
    found: dict[str, int] = {}
    for (kind, outcome), number in sorted(calls.totals().items()):
        found[f"{kind}_{outcome}"] = number
    return found


def _tell_metrics(
    company: Company,
    summary: RunSummary,
    new: Sequence[TicketRow],
    counts: Mapping[TicketStatus, tuple[int, Any]],
    seconds: float,
) -> None:
    for (kind, outcome), number in sorted(company.client.calls.totals().items()):
        tell(RunMetric.REQUESTS, number, kind=kind.value, outcome=outcome.value)
    tell(RunMetric.WAITED, round(company.limits.waited, 3))
    for status in ("posted", "skipped", "waiting", "open"):
        tell(RunMetric.TICKETS, getattr(summary, status), status=status)
    for code, number in sorted(Counter(ticket.code or "" for ticket in new).items()):
        tell(RunMetric.SKIPPED, number, code=code)
    for status in _OPEN:
        tell(RunMetric.UNPOSTED, counts.get(status, (0, 0))[0], status=status.value)
    for document, number in sorted(summary.documents.items()):
        tell(RunMetric.DOCUMENTS, number, kind=document.value)
    tell(RunMetric.DURATION, round(seconds, 3))
