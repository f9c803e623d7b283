"""How secrets are sealed that the back-office page keeps in the ledger's database."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from franpos_qbo.kept import KeptError


class Seal:
    """Encrypts and decrypts texts.

    Args:
        secret: What the key is derived from.
    """

    def __init__(self, secret: str) -> None:
        key = HKDF(SHA256(), length=32, salt=None, info=b"franpos-qbo settings").derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def closed(self, text: str) -> str:
        """Return a text sealed."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def opened(self, name: str, text: str) -> str:
        """Return a text unsealed; ``name`` says in an error what it is.

        Raises:
            KeptError: It was sealed with another key.
        """
        try:
            return self._fernet.decrypt(text.encode()).decode()
        except InvalidToken:
            raise KeptError(
                f"setting {name} was sealed with another key: put the old one back, or type it anew on the set-up page"
            ) from None
