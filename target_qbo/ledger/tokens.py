"""QuickBooks' tokens, encrypted at rest.

The key is derived from a secret that is not in the ledger: whoever reads the ledger alone learns no token, and a fresh
machine with the same secret can go on with the same ledger.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from target_qbo.ledger.tables import tokens

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from target_qbo.ledger.database import CompanyLedger


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The tokens in force, empty where there are none. Times are UTC; ``refreshed_at`` is None before the first use."""

    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    access_expires_at: dt.datetime
    refreshed_at: dt.datetime | None = None


class TokenVault:
    """The place of one company's tokens.

    Args:
        ledger: The company's ledger.
        secret: What the encryption key is derived from.
        configured: The refresh token of the settings; None where they have none. Where it is another one than the
            settings had when tokens were stored, a person has connected the company again, and it counts.
    """

    def __init__(self, ledger: CompanyLedger, *, secret: str, configured: str | None) -> None:
        self._ledger = ledger
        key = HKDF(SHA256(), length=32, salt=None, info=b"franpos-qbo tokens").derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._configured = configured or ""

    def load(self) -> StoredTokens:
        """Return the tokens to go on with; those of the settings where the ledger has none that are of use."""
        with self._ledger.read() as connection:
            row = connection.execute(
                sa.select(tokens).where(tokens.c.company_id == self._ledger.company_id)
            ).one_or_none()
        if row is not None and not self._set_since(row.configured_hash):
            try:
                return StoredTokens(
                    self._decrypt(row.refresh_token),
                    self._decrypt(row.access_token),
                    row.access_expires_at,
                    row.refreshed_at,
                )
            except InvalidToken:
                pass  # the key was changed: the settings' token is what is left
        return StoredTokens(self._configured, "", dt.datetime.min.replace(tzinfo=dt.UTC))

    def store(self, *, refresh_token: str, access_token: str, access_expires_at: dt.datetime, now: dt.datetime) -> None:
        """Keep new tokens, durably, in the place of the old ones."""
        with self._ledger.write() as connection:
            mine = tokens.c.company_id == self._ledger.company_id
            before: str | None = connection.execute(sa.select(tokens.c.configured_hash).where(mine)).scalar()
            connection.execute(sa.delete(tokens).where(mine))
            connection.execute(
                sa.insert(tokens).values(
                    company_id=self._ledger.company_id,
                    refresh_token=self._encrypt(refresh_token),
                    access_token=self._encrypt(access_token),
                    access_expires_at=access_expires_at,
                    # A token taken out of the settings is remembered: put back, it is still the old one.
                    configured_hash=_hash(self._configured) if self._configured or before is None else before,
                    refreshed_at=now,
                )
            )

    def forget(self, now: dt.datetime) -> None:
        """Forget the tokens; the one that the settings still have counts no more, until it is another one."""
        self.store(refresh_token="", access_token="", access_expires_at=now, now=now)

    def connected_anew(self) -> bool:
        """Tell whether the settings have got another refresh token since tokens were last stored."""
        with self._ledger.read() as connection:
            stored: str | None = connection.execute(
                sa.select(tokens.c.configured_hash).where(tokens.c.company_id == self._ledger.company_id)
            ).scalar()
        return stored is not None and self._set_since(stored)

    def lock(self) -> AbstractContextManager[object]:
        """Keep every other process from refreshing."""
        return self._ledger.lock("tokens")

    def _encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def _decrypt(self, text: str) -> str:
        return self._fernet.decrypt(text.encode()).decode()

    def _set_since(self, stored_hash: str) -> bool:
        return bool(self._configured) and _hash(self._configured) != stored_hash


def _hash(configured: str) -> str:
    return hashlib.sha256(configured.encode()).hexdigest()
