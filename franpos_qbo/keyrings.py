"""A passphrase that the OS keyring keeps (extra ``keyring``)."""

from __future__ import annotations

import secrets

IN_KEYRING = "keyring"
"""What a setting says instead of a passphrase."""

_SERVICE = "franpos-qbo"


class KeyringError(Exception):
    """The keyring can't be used; the text says why, and what to do."""


def passphrase(account: str) -> str:
    """Return the passphrase that the keyring keeps under a name, made there on first use.

    Raises:
        KeyringError: The keyring is not there, or locked.
    """
    try:
        import keyring  # noqa: PLC0415 (an extra)
        from keyring import errors  # noqa: PLC0415
    except ImportError:
        raise KeyringError("ledger_key keyring needs the extra: install franpos-qbo[keyring]") from None
    try:
        if keyring.get_password(_SERVICE, account) is None:
            keyring.set_password(_SERVICE, account, secrets.token_urlsafe(32))
        kept = keyring.get_password(_SERVICE, account)
    except errors.KeyringError as error:
        raise KeyringError(
            f"the OS keyring can't be used ({type(error).__name__}): unlock it, or set ledger_key to a passphrase"
        ) from None
    if kept is None:
        raise KeyringError("the OS keyring keeps nothing: set ledger_key to a passphrase")
    return kept
