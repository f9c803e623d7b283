"""The general ledger behind the API: what each document books, and balances that must always agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal("0.00")
Key = tuple[str, str]
"""A document: its entity and its id."""


class OutOfBalanceError(AssertionError):
    """The stand-in itself has booked something that doesn't balance."""


@dataclass(slots=True)
class Posting:
    """What a document does to the books.

    Attributes:
        amounts: By account id, debits positive, credits negative; they add up to zero.
        quantities: By item id, what leaves (negative) or enters the stock.
    """

    amounts: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    quantities: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def debit(self, account: str, amount: Decimal) -> None:
        """Book an amount on the debit side of an account."""
        self.amounts[account] += amount

    def credit(self, account: str, amount: Decimal) -> None:
        """Book an amount on the credit side of an account."""
        self.amounts[account] -= amount


class Ledger:
    """The postings of all documents, and the balances they come to.

    Attributes:
        postings: What each document books; changed by `post` and `remove` only.
    """

    def __init__(self) -> None:
        self.postings: dict[Key, Posting] = {}
        self._balances: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
        self._stock: defaultdict[str, Decimal] = defaultdict(Decimal)

    def post(self, key: Key, posting: Posting) -> None:
        """Book a document, in place of what it booked before.

        Args:
            key: The document.
            posting: What it books now.

        Raises:
            OutOfBalanceError: Debits and credits differ.
        """
        if total := sum(posting.amounts.values(), ZERO):
            raise OutOfBalanceError(f"{key} is out of balance by {total}")
        self.remove(key)
        self.postings[key] = posting
        self._move(posting, 1)

    def remove(self, key: Key) -> None:
        """Take a document out of the books, if it is there."""
        posting = self.postings.pop(key, None)
        if posting is not None:
            self._move(posting, -1)

    def balance(self, account: str) -> Decimal:
        """Return an account's balance, debits positive."""
        return self._balances[account]

    def stock(self, item: str) -> Decimal:
        """Return how far an item's quantity has moved."""
        return self._stock[item]

    def trial_balance(self) -> dict[str, Decimal]:
        """Return the balance of every account that has one, debits positive.

        Raises:
            OutOfBalanceError: They don't add up to zero.
        """
        balances = {account: balance for account, balance in self._balances.items() if balance}
        if total := sum(balances.values(), ZERO):
            raise OutOfBalanceError(f"The trial balance is off by {total}")
        return balances

    def _move(self, posting: Posting, sign: int) -> None:
        for account, amount in posting.amounts.items():
            self._balances[account] += sign * amount
        for item, quantity in posting.quantities.items():
            self._stock[item] += sign * quantity
