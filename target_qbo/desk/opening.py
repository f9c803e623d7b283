"""A company kept from one question to the next: opening it, and compiling what is asked, took most of an answer's time.

Its connections are not kept: whoever puts a backup in the place of an SQLite ledger finds nobody holding on to it, and
a page of a thousand shops does not hold a thousand of PostgreSQL's.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from target_qbo.company import Company
from target_qbo.ledger.database import is_still

if TYPE_CHECKING:
    from target_qbo.desk.config import DeskConfig


class KeptOpen:
    """Keeps the company of the settings; thread-safe.

    Args:
        config: Where the settings are: read anew for each question.
    """

    def __init__(self, config: DeskConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._company: Company | None = None
        self._users: Counter[int] = Counter()

    def company(self) -> Company | None:
        """Return the company of the settings as they are now; opened anew where they or the ledger have changed.

        Returns:
            The company, which is to be let go of; None: none is set up yet.

        Raises:
            TargetError: The settings are wrong, or the ledger can't be opened.
        """
        settings = self._config.target_once_set_up()
        if settings is None:
            return None
        known = {"environment": settings.environment, "realm_id": settings.realm_id}
        with self._lock:
            company = self._company
            if company is None or company.settings != settings or not is_still(company.ledger, **known):
                if company is not None and not self._users[id(company)]:
                    company.ledger.engine.dispose()
                company = self._company = Company.open(settings)
            self._users[id(company)] += 1
        return company

    def let_go(self, company: Company) -> None:
        """Close what was opened of a ledger, once nobody asks.

        While somebody does, its connections serve the next one: closed beside each other they would lie about.
        """
        with self._lock:
            self._users[id(company)] -= 1
            if not self._users[id(company)]:
                del self._users[id(company)]
                company.ledger.engine.dispose()
