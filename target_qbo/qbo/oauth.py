"""OAuth 2.0 tokens: refreshed by one process and thread at a time, the rotated one kept before it is used.

Source: QuickBooks API notes, Sign-in.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

import requests

from target_qbo.errors import ConfigurationError, SignInNeededError, UnreachableError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

logger = logging.getLogger("target-qbo.oauth")

_TIMEOUT_SECONDS = (10, 60)
_TRIES = 4
_MARGIN = dt.timedelta(minutes=2)
_SERVER_ERROR = 500
_THROTTLED = 429


class Tokens(Protocol):
    """Tokens as a store keeps them. ``access_expires_at`` has a time zone."""

    @property
    def refresh_token(self) -> str:
        """The refresh token in force."""

    @property
    def access_token(self) -> str:
        """The access token; empty where there is none."""

    @property
    def access_expires_at(self) -> dt.datetime:
        """When the access token ends."""


class TokenStore(Protocol):
    """Where tokens are kept durably between runs."""

    def load(self) -> Tokens:
        """Return the tokens in force."""

    def store(self, *, refresh_token: str, access_token: str, access_expires_at: dt.datetime, now: dt.datetime) -> None:
        """Keep new tokens durably in the place of the old ones."""

    def lock(self) -> AbstractContextManager[object]:
        """Keep every other process from refreshing."""


class AccessTokens:
    """Gives the access token to send, refreshing it where it has ended.

    Args:
        store: Where the tokens are kept.
        token_url: The token endpoint.
        client_id: The app's id.
        client_secret: The app's secret.
    """

    def __init__(self, store: TokenStore, *, token_url: str, client_id: str, client_secret: str) -> None:
        self._store = store
        self._token_url = token_url
        self._client = (client_id, client_secret)
        self._lock = threading.Lock()
        self._current: Tokens | None = None

    def get(self) -> str:
        """Return an access token that has not ended, as far as is known."""
        with self._lock:
            if self._current is None:
                self._current = self._store.load()
            if not _usable(self._current):
                self._refresh()
            return self._current.access_token

    def renew(self, refused: str) -> None:
        """Make sure that the next token is another one than ``refused``, which QuickBooks answered 401 to."""
        with self._lock:
            if self._current is None or self._current.access_token == refused:
                self._refresh(refused)

    def _refresh(self, refused: str = "") -> None:
        with self._store.lock():
            stored = self._store.load()
            if not _usable(stored) or stored.access_token == refused:
                answer = self._ask(stored.refresh_token)
                now = dt.datetime.now(dt.UTC)
                self._store.store(
                    refresh_token=answer.get("refresh_token") or stored.refresh_token,
                    access_token=answer["access_token"],
                    access_expires_at=now + dt.timedelta(seconds=int(answer.get("expires_in", 3600))),
                    now=now,
                )
                logger.info("QuickBooks access token refreshed")
            self._current = self._store.load()

    def _ask(self, refresh_token: str) -> dict[str, Any]:
        problem = ""
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(2**attempt)
            try:
                response = requests.post(
                    self._token_url,
                    auth=self._client,
                    data={"grant_type": "refresh_token", "refresh_token": refresh_token},
                    headers={"Accept": "application/json"},
                    timeout=_TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                problem = type(error).__name__
                continue
            answer = _json(response)
            if response.ok and answer.get("access_token"):
                return answer
            if response.status_code != _THROTTLED and response.status_code < _SERVER_ERROR:
                raise _refusal(response.status_code, str(answer.get("error", "")))
            problem = f"HTTP {response.status_code}"
        raise UnreachableError(
            f"QuickBooks' sign-in can't be reached ({problem}): what was received waits in the ledger for the next run"
        )


def _usable(tokens: Tokens) -> bool:
    return bool(tokens.access_token) and tokens.access_expires_at - _MARGIN > dt.datetime.now(dt.UTC)


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _refusal(status: int, error: str) -> Exception:
    if error == "invalid_grant":
        return SignInNeededError(
            "QuickBooks no longer accepts the refresh token (invalid_grant): connect the company again and set the new "
            "refresh_token; what was received waits in the ledger"
        )
    if error == "invalid_client" or status in {401, 403}:
        return ConfigurationError("QuickBooks does not know this app: check client_id and client_secret")
    return ConfigurationError(f"QuickBooks' sign-in refused (HTTP {status} {error}): check token_url and client_id")
