"""The posting engine: from the ledger through the accounting rules into QuickBooks, and the answers back."""
