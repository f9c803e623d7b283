"""Opening a company: its ledger, its tokens and its API, from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from target_qbo.errors import SignInNeededError
from target_qbo.keys import ledger_key
from target_qbo.ledger import open_ledger
from target_qbo.ledger.references import write_company_facts
from target_qbo.ledger.tokens import TokenVault
from target_qbo.posting.engine import post_pending
from target_qbo.qbo import AccessTokens, App, QboClient, RateLimits
from target_qbo.qbo.oauth import NOT_CONNECTED

if TYPE_CHECKING:
    from target_qbo.ledger import CompanyLedger
    from target_qbo.posting.summary import RunSummary
    from target_qbo.settings import Settings


@dataclass(frozen=True, slots=True)
class Company:
    """A company with all that a command needs of it."""

    settings: Settings
    ledger: CompanyLedger
    client: QboClient
    limits: RateLimits
    vault: TokenVault

    @classmethod
    def open(cls, settings: Settings, limits: RateLimits | None = None) -> Company:
        """Open the ledger; QuickBooks is not asked anything yet.

        Args:
            settings: The target's.
            limits: The company's, where others share them; None: by the settings.

        Raises:
            TargetError: The ledger can't be opened.
        """
        ledger = open_ledger(settings.ledger_url, environment=settings.environment, realm_id=settings.realm_id)
        key = ledger_key(
            settings.ledger_key,
            client_secret=settings.client_secret,
            account=f"{settings.environment}/{settings.realm_id}",
        )
        vault = TokenVault(ledger, secret=key, configured=settings.refresh_token)
        if vault.connected_anew():
            # After a restore from a backup, for one: what was posted since is found before anything is posted again.
            write_company_facts(ledger, verified_from=None)
        tokens = AccessTokens(vault, token_url=settings.token_url, app=App(settings.client_id, settings.client_secret))
        limits = limits or RateLimits(
            requests=settings.requests_per_minute,
            batches=settings.batches_per_minute,
            minute=settings.minute_seconds,
        )
        client = QboClient(
            api_url=settings.api_url,
            realm_id=settings.realm_id,
            tokens=tokens,
            limits=limits,
            user_agent=f"franpos-qbo/{metadata.version('franpos-qbo')}",
        )
        return cls(settings, ledger, client, limits, vault)

    def post_pending(self, summary: RunSummary) -> None:
        """Post everything that is pending; see :func:`target_qbo.posting.engine.post_pending`.

        Raises:
            SignInNeededError: The company is not connected; said also where there is nothing to post yet.
        """
        if not self.vault.load().refresh_token:
            raise SignInNeededError(NOT_CONNECTED)
        post_pending(self, summary)
