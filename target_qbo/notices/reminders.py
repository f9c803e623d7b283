"""What is told without a run: that nothing has synced, and once a week what is still open. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_qbo.notices.message import Notice, company_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from target_qbo.ledger.attention import Group
    from target_qbo.ledger.runs import Run
    from target_qbo.notices.settings import NoticeSettings

_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Week:
    """What a week left open.

    Attributes:
        skipped: Skipped tickets by reason, whenever they were rung up.
        waiting: How many tickets wait for their payments, and what they come to.
        half_done: How many are half done in QuickBooks, likewise.
        failed: The week's syncs that were stopped, or did not fetch all, the newest first.
    """

    skipped: Sequence[Group]
    waiting: tuple[int, Decimal]
    half_done: tuple[int, Decimal]
    failed: Sequence[Run]

    @property
    def clean(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.skipped or self.waiting[0] or self.half_done[0] or self.failed)


def not_synced(settings: NoticeSettings, since: dt.datetime, nights: int) -> Notice:
    """Write that nothing has synced for some nights.

    Args:
        settings: Names the company.
        since: When the latest sync began that came to its end (UTC), or the first that was tried.
        nights: How many nights ago that was.
    """
    return Notice(
        f"franpos-qbo: {company_of(settings)} was not synced for {nights} nights",
        f"Nothing has been fetched from the till and posted to its end since {since:%Y-%m-%d %H:%M} UTC.",
        (),
        "See what the last runs said (franpos-qbo runs), whether the machine and its timer are on, and what "
        "franpos-qbo check tells. What is missing is made up by the next sync: franpos-qbo sync",
    )


def digest(settings: NoticeSettings, week: Week) -> Notice:
    """Write what a week left open."""
    number = sum(group.tickets for group in week.skipped)
    total = sum(group.total for group in week.skipped)
    figures = [
        f"skipped: {number:,} tickets of {total:,.2f}",
        *_told("waiting for their payments", week.waiting),
        *_told("half done", week.half_done),
        *([f"syncs of the week that failed: {len(week.failed)}"] if week.failed else []),
    ]
    lines = [
        *(
            f"{one.code}: {one.tickets:,} tickets of {one.total:,.2f}. The latest: {_short(one.reason)}"
            for one in week.skipped
        ),
        *(f"{run.started_at:%Y-%m-%d %H:%M} UTC: {_short(_why(run))}" for run in week.failed),
    ]
    advice = "Put right what a reason says, then: franpos-qbo resync --skipped" if week.skipped else ""
    return Notice(f"franpos-qbo: the week of {company_of(settings)}", "\n".join(figures), tuple(lines), advice)


def _told(what: str, of: tuple[int, Decimal]) -> list[str]:
    number, amount = of
    return [f"{what}: {number:,} tickets of {amount:,.2f}"] if number else []


def _why(run: Run) -> str:
    return str(run.summary.get("problem") or run.outcome or "it did not come to its end")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"
