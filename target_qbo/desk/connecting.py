"""Connecting a company by way of a page: begun by a person, ended when the browser comes back, once.

The attempt under way is known to this process alone.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from target_qbo.desk.config import TARGET
from target_qbo.desk.connection import NOT_ANY_MORE, connection
from target_qbo.desk.keeping import keep_realm
from target_qbo.errors import ConfigurationError, SignInNeededError
from target_qbo.ledger import tickets
from target_qbo.ledger.references import write_company_facts
from target_qbo.ledger.status import TicketStatus
from target_qbo.qbo import App
from target_qbo.qbo.oauth import keep as keep_tokens
from target_qbo.qbo.signin import Consent, revoke
from target_qbo.settings import SETTINGS, Settings
from target_qbo.settings_schema import defaults

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.connection import Connection

_LASTS_SECONDS = 15 * 60.0


class Connecting:
    """Connects the company of the settings, or the first one.

    Args:
        config: Where the settings are.
        clock: Gives the monotonic time.

    Attributes:
        begun_by: Who began the latest attempt.
    """

    def __init__(self, config: DeskConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        self._attempt: Consent | None = None
        self._until = 0.0
        self.begun_by = ""

    def begin(self, redirect_uri: str, who: str) -> str:
        """Begin an attempt, in the place of one that was under way; returns the address where the person agrees.

        Args:
            redirect_uri: Where the browser comes back to; the app must list it.
            who: Begins it.

        Raises:
            ConfigurationError: The app is not set.
        """
        known = self._known()
        app = App(known.client_id, known.client_secret)
        consent = Consent(known.authorize_url, app, self._expected(), redirect_uri)
        with self._lock:
            self._attempt, self._until = consent, self._clock() + _LASTS_SECONDS
            self.begun_by = who
        return consent.address()

    def awaits(self, address: str) -> bool:
        """Tell whether an address answers the attempt that is under way."""
        with self._lock:
            return self._attempt is not None and self._attempt.is_answered_by(address)

    def finish(self, address: str) -> Connection:
        """End the attempt that an address answers, and keep the tokens.

        Args:
            address: To which the browser was sent, whole.

        Returns:
            How the company is connected now; its name was read from QuickBooks.

        Raises:
            SignInNeededError: It answers no attempt that is under way, or is a no.
            ConfigurationError: Another company was chosen, or QuickBooks does not know the app.
            UnreachableError: QuickBooks' sign-in does not answer.
        """
        with self._lock:
            attempt = self._attempt
            if attempt is None or self._clock() > self._until:
                raise SignInNeededError("nobody is connecting a company now, or took too long: begin again")
            agreed = attempt.agreed_in(address)  # what is no answer to it leaves it open
            self._attempt = None
        tokens = attempt.tokens(agreed.code, self._known().token_url)
        keep_realm(self._config, agreed.realm_id)
        company = self._config.company()
        try:
            with company.vault.lock():
                # First, so that a crash in between only makes the next run look twice.
                write_company_facts(company.ledger, verified_from=None)
                keep_tokens(company.vault, tokens)
            return connection(company)
        finally:
            company.ledger.engine.dispose()

    def _known(self) -> Settings:
        """Return the settings, whichever company they are of."""
        given = self._config.in_force(TARGET, SETTINGS)
        if not given.get("client_id") or not given.get("client_secret"):
            raise ConfigurationError("the Intuit app is not set yet: its client id and its client secret")
        return Settings.from_config({"realm_id": "-"} | defaults(SETTINGS) | given)

    def _expected(self) -> str | None:
        """Return the company that is to be connected: any one, as long as nothing was received for another."""
        named = self._config.named_realm()
        if named is not None or "realm_id" not in self._config.in_force(TARGET, SETTINGS):
            return named
        company = self._config.company()
        try:
            is_used = any(number for number, _ in tickets.counts(company.ledger, list(TicketStatus)).values())
            return company.settings.realm_id if is_used or company.vault.load().refresh_token else None
        finally:
            company.ledger.engine.dispose()


def disconnect(company: Company, now: dt.datetime) -> Connection:
    """End the connection: the tokens are revoked at QuickBooks, then forgotten.

    Raises:
        TargetError: QuickBooks can't be reached; the company is still connected.
    """
    settings = company.settings
    with company.vault.lock():
        refresh_token = company.vault.load().refresh_token
        if refresh_token:
            revoke(settings.revoke_url, App(settings.client_id, settings.client_secret), refresh_token)
        company.vault.forget(now)
    return NOT_ANY_MORE
