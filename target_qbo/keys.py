"""The key that encrypts the tokens in the ledger: the setting ``ledger_key``, the OS keyring, or the client secret."""

from __future__ import annotations

from franpos_qbo.keyrings import IN_KEYRING, KeyringError, passphrase
from target_qbo.errors import ConfigurationError


def ledger_key(setting: str | None, *, client_secret: str, account: str) -> str:
    """Return the passphrase from which the key is derived.

    Args:
        setting: A passphrase; ``keyring``: the one that the OS keyring keeps, made there on first use; None: the client
            secret, so that one machine needs no further secret.
        client_secret: The app's secret.
        account: Under which name the keyring keeps it: one for each company.

    Raises:
        ConfigurationError: The keyring is not there, or locked.
    """
    if setting != IN_KEYRING:
        return setting or client_secret
    try:
        return passphrase(account)
    except KeyringError as error:
        raise ConfigurationError(str(error)) from None
