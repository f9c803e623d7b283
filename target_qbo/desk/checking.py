"""What stands in the way of a sync, on both sides, and making what is lacking in QuickBooks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from tap_franpos.access import check_access
from tap_franpos.settings import CONFIG_SCHEMA
from target_qbo.desk.config import TAP
from target_qbo.survey import DISCOUNT_ITEMS, Finding, Survey, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig

LACKING = frozenset((Verdict.CREATE, Verdict.REACTIVATE))


class Check:
    """A look at Franpos and at QuickBooks; it writes nothing but with :meth:`initialize`.

    Args:
        config: Both plugins' settings.
        company: The company.

    Raises:
        TargetError: The settings can't be read.

    Attributes:
        franpos: What Franpos says of the locations.
        quickbooks: What QuickBooks says of the settings.
    """

    def __init__(self, config: DeskConfig, company: Company) -> None:
        tap_config = config.tap(CONFIG_SCHEMA)
        self.franpos = _locations(tap_config)
        self._survey = Survey(company, _start(tap_config))
        self.quickbooks: Sequence[Finding] = list(self._survey.findings())

    @property
    def to_be_made(self) -> list[str]:
        """The names of what :meth:`initialize` would create or make active again; discount items come as needed."""
        coming = [finding for finding in self.quickbooks if finding.verdict in LACKING]
        return [finding.name for finding in coming if finding.what != DISCOUNT_ITEMS]

    def initialize(self, gift_card_account: str | None) -> None:
        """Create, or make active again, all that is lacking in QuickBooks.

        Args:
            gift_card_account: The name of a liability account for gift cards, to be made too.
        """
        made = {(finding.what, finding.name): finding for finding in self._survey.initialize(gift_card_account)}
        found = [made.pop((finding.what, finding.name), finding) for finding in self.quickbooks]
        self.quickbooks = found + list(made.values())

    def rows(self) -> list[dict[str, Any]]:
        """Return everything found: the side it is of, what it is, and whether it stands in the way."""
        sides = (("Franpos", self.franpos), ("QuickBooks", self.quickbooks))
        return [_row(side, finding) for side, findings in sides for finding in findings]

    @property
    def stops(self) -> bool:
        """Whether something is missing or in the way, so that nothing would be posted."""
        return any(finding.verdict.stops for finding in (*self.franpos, *self.quickbooks))


def unopened(config: DeskConfig, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Ask Franpos whether settings of the tap, together with those in force, open its locations.

    Args:
        config: Where the settings are.
        values: Settings that are to be kept.

    Returns:
        The locations that they don't open, and why not, in one line; none: all are open.
    """
    together = config.in_force(TAP, CONFIG_SCHEMA) | dict(values)
    return [(location, problem) for location, _, problem in check_access(together) if problem is not None]


def _locations(tap_config: Mapping[str, Any]) -> list[Finding]:
    return [
        Finding("location", location, Verdict.FOUND if problem is None else Verdict.MISSING, problem or text)
        for location, text, problem in check_access(tap_config)
    ]


def _start(tap_config: Mapping[str, Any]) -> dt.date | None:
    """Return the day of the tap's start date; None where there is none, or none that the tap would take either."""
    try:
        return dt.date.fromisoformat(str(tap_config.get("start_date") or "")[:10])
    except ValueError:
        return None


def _row(side: str, finding: Finding) -> dict[str, Any]:
    return {
        "side": side,
        "what": finding.what,
        "name": finding.name,
        "verdict": finding.verdict.value,
        "detail": finding.detail,
        "in_quickbooks": finding.in_quickbooks,
    }
