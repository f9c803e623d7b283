"""The ledger: what was received, what stands in QuickBooks, what was skipped and why; ids, runs and tokens.

SQLite by default, PostgreSQL by another URL. Everything in it belongs to one company (environment and realm).
"""

from target_qbo.ledger.database import CompanyLedger, open_ledger

__all__ = ["CompanyLedger", "open_ledger"]
