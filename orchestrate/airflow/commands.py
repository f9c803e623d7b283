"""The commands of ``franpos-qbo`` that Airflow can run for a store, and what their exit codes mean."""

from __future__ import annotations

COMMANDS = ("check", "preview", "rebuild", "reconcile", "remind", "resync", "runs", "sync", "tickets", "undo")
"""All that need no person at a terminal or a browser."""
OF_THE_COMPANY = ("resync", "undo")
"""Those that change what stands for all of a company's locations, where none is named."""
MEANINGS = {
    1: "there are differences or skipped tickets, or the input can't be taken: see the log",
    2: "wrong use, or a wrong setting: see the log",
    3: "QuickBooks, Franpos or the ledger's database can't be reached: try again",
    4: "sign-in needed: connect the company again",
}
"""By exit code (docs/commands.md)."""
