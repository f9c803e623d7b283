"""What a run says in the log at its end: its figures, its tickets that are not in the books, and its metrics.

For people each is a line; for programs the same lines carry fields (``event_name`` and what belongs to it).
"""

from __future__ import annotations

import enum
import logging
from typing import TYPE_CHECKING, Any, cast

from singer_sdk.metrics import METRICS_LOGGER_NAME, Metric, Point, log

from target_qbo.ledger import tickets
from target_qbo.ledger.status import TicketStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
_GAUGE = "gauge"


class RunMetric(enum.StrEnum):
    """The target's own metrics, each a gauge of one run; ``docs/observability.md`` tells units and tags."""

    REQUESTS = "qbo_requests"
    TICKETS = "qbo_tickets"
    UNPOSTED = "qbo_tickets_unposted"
    DOCUMENTS = "qbo_documents"
    DURATION = "qbo_run_duration"


def close_run(logger: logging.Logger, company: Company, summary: RunSummary, seconds: float) -> None:
    """Log the end of a run, also of one that an error stops.

    Args:
        logger: The plugin's.
        company: The company, after posting.
        summary: What the run did.
        seconds: How long posting took.
    """
    counts = tickets.counts(company.ledger, _OPEN)
    record = summary.as_record() | {
        "seconds": round(seconds, 3),
        "calls": _calls(company.client.calls),
        "unposted": {
            status.value: {"tickets": number, "amount": str(amount)} for status, (number, amount) in counts.items()
        },
    }
    logger.info("%s", summary.figures(), extra={"event_name": "run_summary", "summary": record})
    if warning := summary.warning():
        logger.warning("%s", warning, extra={"event_name": "liabilities_as_income"})
    for status, (number, amount) in sorted(counts.items()):
        logger.info("in the ledger: %s tickets %s, %s", number, status, f"{amount:,.2f}")
    _log_tickets(logger, company.ledger)
    for point in _points(summary, company.client.calls, counts, seconds):
        log(logging.getLogger(METRICS_LOGGER_NAME), point)


def _log_tickets(logger: logging.Logger, ledger: CompanyLedger) -> None:
    shown = tickets.newest(ledger, _SHOWN_IN_FULL, _SHOWN + 1)
    for ticket in shown[:_SHOWN]:
        level, event = _EVENTS[ticket.status]
        text = (
            f"{ticket.status}: location {ticket.location_id} ticket {ticket.ticket_id} "
            f"(receipt {ticket.number or '-'}, {ticket.business_date}, {ticket.total:,.2f}): {ticket.reason or ''}"
        )
        logger.log(level, "%s", text, extra={"event_name": event, **_fields(ticket)})
    if len(shown) > _SHOWN:
        logger.warning("… see all with: franpos-qbo tickets --status skipped")


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


def _points(
    summary: RunSummary, calls: Calls, counts: Mapping[TicketStatus, tuple[int, Any]], seconds: float
) -> Iterator[Point[float]]:
    for (kind, outcome), number in sorted(calls.totals().items()):
        yield _point(RunMetric.REQUESTS, number, kind=kind.value, outcome=outcome.value)
    for status in ("posted", "skipped", "waiting", "open"):
        yield _point(RunMetric.TICKETS, getattr(summary, status), status=status)
    for status in _OPEN:
        yield _point(RunMetric.UNPOSTED, counts.get(status, (0, 0))[0], status=status.value)
    for document, number in sorted(summary.documents.items()):
        yield _point(RunMetric.DOCUMENTS, number, kind=document.value)
    yield _point(RunMetric.DURATION, round(seconds, 3))


def _point(metric: RunMetric, value: float, **tags: str) -> Point[float]:
    return Point(_GAUGE, cast("Metric", metric), value, tags)
