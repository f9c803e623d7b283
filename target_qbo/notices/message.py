"""What a notice says, in words for a shop owner; and the same as plain text and as Slack's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.ledger.attention import Concern
    from target_qbo.notices.settings import NoticeSettings
    from target_qbo.posting.summary import RunSummary

TICKETS_SHOWN = 20
_LONGEST_REASON = 300
# Slack's limits of a text, in characters (Slack's Block Kit reference).
_LONGEST_HEADER, _LONGEST_SECTION = 150, 3000


@dataclass(frozen=True, slots=True)
class Notice:
    """A message: what happened in one line, the run's figures, the tickets it is about, and what to do."""

    subject: str
    figures: str
    tickets: tuple[str, ...]
    advice: str

    def as_text(self) -> str:
        """Return it for an e-mail."""
        listed = "\n".join(f"- {ticket}" for ticket in self.tickets)
        return "\n\n".join(part for part in (self.subject, self.figures, listed, self.advice) if part) + "\n"

    def as_slack(self) -> dict[str, Any]:
        """Return it as an incoming webhook of Slack takes it; nothing in it is read as a link or a mention."""
        header = {"type": "header", "text": _plain(self.subject, _LONGEST_HEADER)}
        parts = [part for part in (self.figures, *self.tickets, self.advice) if part]
        sections = [{"type": "section", "text": _plain(part, _LONGEST_SECTION)} for part in parts]
        escaped = self.as_text().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return {"text": escaped, "blocks": [header, *sections]}


def compose(settings: NoticeSettings, summary: RunSummary, concerns: Sequence[Concern], problem: str | None) -> Notice:
    """Write the notice of a run.

    Args:
        settings: Names the company.
        summary: The run's figures.
        concerns: Tickets that are skipped or half done, the latest news first; more than are shown, where there are.
        problem: What stopped the run, in one line; None: it came to its end.
    """
    company = company_of(settings)
    if problem is not None:
        subject = f"franpos-qbo: the sync of {company} was stopped"
    elif not summary.skipped + summary.open:
        subject = f"franpos-qbo: {company} takes tenders that no rule knows"
    else:
        subject = f"franpos-qbo: tickets of {company} need a hand: {summary.skipped + summary.open}"
    lines = [] if problem is None else [f"What stopped it: {problem}"]
    lines.append(summary.figures())
    lines.append(f"skipped in this run: {summary.skipped}; waiting: {summary.waiting}; half done: {summary.open}")
    if summary.unmapped:
        lines.append(summary.unmapped_told())
    shown = [_line(one) for one in concerns[:TICKETS_SHOWN]]
    if len(concerns) > TICKETS_SHOWN:
        shown.append("… and more: franpos-qbo tickets --status skipped")
    return Notice(subject, "\n".join(lines), tuple(shown), _advice(summary, concerns, problem))


def company_of(settings: NoticeSettings) -> str:
    """Return which company a notice is about."""
    return f"company {settings.realm_id or 'without an id'} ({settings.environment})"


def _line(one: Concern) -> str:
    reason = one.reason or ""
    if len(reason) > _LONGEST_REASON:
        reason = reason[:_LONGEST_REASON] + "…"
    return (
        f"{one.status}: location {one.location_id} ticket {one.ticket_id} (receipt {one.number or '-'}, "
        f"{one.business_date}, {one.total:,.2f}): {reason}"
    )


def _advice(summary: RunSummary, concerns: Sequence[Concern], problem: str | None) -> str:
    advice = []
    if problem is not None:
        advice.append("What was received is kept. Put right what stopped the run; the next one goes on from there.")
    if concerns or summary.skipped:
        advice.append(
            "A skipped ticket is not in QuickBooks as it stands at the till. Put right what its reason says, then: "
            "franpos-qbo resync --skipped"
        )
    if summary.open:
        advice.append("Half done tickets are finished by the next run.")
    return " ".join(advice)


def _plain(text: str, longest: int) -> dict[str, Any]:
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return {"type": "plain_text", "text": cut}
