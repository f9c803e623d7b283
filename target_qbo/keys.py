"""The key that encrypts the tokens in the ledger: the setting ``ledger_key``, the OS keyring, or the client secret."""

from __future__ import annotations

import secrets

from target_qbo.errors import ConfigurationError

IN_KEYRING = "keyring"
_SERVICE = "franpos-qbo"


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
    if not setting:
        return client_secret
    if setting != IN_KEYRING:
        return setting
    try:
        import keyring  # noqa: PLC0415 (an extra)
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("ledger_key keyring needs the extra: install franpos-qbo[keyring]") from None
    try:
        if keyring.get_password(_SERVICE, account) is None:
            keyring.set_password(_SERVICE, account, secrets.token_urlsafe(32))
        kept = keyring.get_password(_SERVICE, account)
    except KeyringError as error:
        raise ConfigurationError(
            f"the OS keyring can't be used ({type(error).__name__}): unlock it, or set ledger_key to a passphrase"
        ) from None
    if kept is None:
        raise ConfigurationError("the OS keyring keeps nothing: set ledger_key to a passphrase")
    return kept
