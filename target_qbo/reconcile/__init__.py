"""Proving the books: what the till says, what the ledger wrote down and what QuickBooks holds, side by side.

Pure but for :mod:`.books`, which reads QuickBooks, and :mod:`.till`, which reads the ledger. Nothing here writes.
Source of what must hold: accounting rules, Identities.
"""
