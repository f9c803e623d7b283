"""A look at a company before anything is posted: what is there, what a sync will create, what stands in the way.

It writes nothing, neither in QuickBooks nor in the ledger, until it is told to create what is missing.
"""

from __future__ import annotations

from target_qbo.survey.findings import Finding, Verdict
from target_qbo.survey.names import DISCOUNT_ITEMS
from target_qbo.survey.survey import Survey

__all__ = ["DISCOUNT_ITEMS", "Finding", "Survey", "Verdict"]
