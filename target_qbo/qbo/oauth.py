"""OAuth 2.0 tokens: refreshed by one process and thread at a time, the rotated one kept before it is used.

Source: QuickBooks API notes, Sign-in. How a person connects a company: :mod:`target_qbo.qbo.signin`.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import requests
from requests.auth import HTTPBasicAuth

from target_qbo.errors import ConfigurationError, SignInNeededError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

logger = logging.getLogger("target-qbo.oauth")

_TIMEOUT_SECONDS = (10, 60)
_TRIES = 4
_MARGIN = dt.timedelta(minutes=2)
_SERVER_ERROR = 500
_THROTTLED = 429


NOT_CONNECTED = (
    "QuickBooks is not connected: connect the company with franpos-qbo connect; what was received waits in the ledger"
)


@dataclass(frozen=True, slots=True)
class App:
    """The Intuit app that signs in."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)


class TokenRefusedError(Exception):
    """The sign-in's answer is a refusal: its HTTP status and what OAuth calls it."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(f"HTTP {status} {error}".strip())
        self.status = status
        self.error = error


class TokenUnansweredError(Exception):
    """The sign-in did not answer, or not with sense: nobody knows what it did."""


class Tokens(Protocol):
    """Tokens as a store keeps them. ``access_expires_at`` has a time zone."""

    @property
    def refresh_token(self) -> str:
        """The refresh token in force; empty where the company is not connected."""

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
        app: The app.
    """

    def __init__(self, store: TokenStore, *, token_url: str, app: App) -> None:
        self._store = store
        self._token_url = token_url
        self._app = app
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
                if not stored.refresh_token:
                    raise SignInNeededError(NOT_CONNECTED)
                keep(self._store, self._ask(stored.refresh_token), stored.refresh_token)
                logger.info("QuickBooks access token refreshed")
            self._current = self._store.load()

    def _ask(self, refresh_token: str) -> dict[str, Any]:
        problem = ""
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(2**attempt)
            try:
                form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
                return ask_for_tokens(self._token_url, self._app, form)
            except TokenUnansweredError as error:
                problem = str(error)
            except TokenRefusedError as error:
                raise _refusal(error) from None
        raise UnreachableError(
            f"QuickBooks' sign-in can't be reached ({problem}): what was received waits in the ledger for the next run"
        )


def ask_for_tokens(token_url: str, app: App, form: Mapping[str, str]) -> dict[str, Any]:
    """Ask the token endpoint, once.

    Returns:
        Its answer; it has an ``access_token``.

    Raises:
        TokenRefusedError: It refuses.
        TokenUnansweredError: Nobody knows what it did.
    """
    response = post(token_url, app, data=form)
    answer = fields_of(response)
    if not response.ok:
        raise TokenRefusedError(response.status_code, str(answer.get("error", "")))
    if not answer.get("access_token"):
        raise TokenUnansweredError(f"HTTP {response.status_code} without tokens")
    return answer


def post(url: str, app: App, **body: Any) -> requests.Response:  # noqa: ANN401 (data or json of requests)
    """Send something to an address of the sign-in, once, as the app.

    Raises:
        TokenUnansweredError: No answer, or one that says nothing of what was done.
    """
    try:
        response = requests.post(
            url,
            auth=HTTPBasicAuth(app.client_id.encode(), app.client_secret.encode()),  # texts would have to be Latin-1
            headers={"Accept": "application/json"},
            timeout=_TIMEOUT_SECONDS,
            allow_redirects=False,
            **body,
        )
    except requests.RequestException as error:
        raise TokenUnansweredError(type(error).__name__) from None  # its text may hold what was sent
    if response.status_code == _THROTTLED or response.status_code >= _SERVER_ERROR:
        raise TokenUnansweredError(f"HTTP {response.status_code}")
    return response


def keep(store: TokenStore, answer: Mapping[str, Any], refresh_token: str = "") -> None:
    """Keep the tokens of an answer; ``refresh_token`` where it has no new one. The caller holds the store's lock."""
    now = dt.datetime.now(dt.UTC)
    store.store(
        refresh_token=answer.get("refresh_token") or refresh_token,
        access_token=answer["access_token"],
        access_expires_at=now + dt.timedelta(seconds=int(answer.get("expires_in", 3600))),
        now=now,
    )


def fields_of(response: requests.Response) -> dict[str, Any]:
    """Return an answer's fields; none where it is no JSON object."""
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def wrong_app(refusal: TokenRefusedError) -> ConfigurationError | None:
    """Return what to say where the sign-in does not know the app, else None."""
    if refusal.error == "invalid_client" or refusal.status in {401, 403}:
        return ConfigurationError("QuickBooks does not know this app: check client_id and client_secret")
    return None


def _usable(tokens: Tokens) -> bool:
    return bool(tokens.access_token) and tokens.access_expires_at - _MARGIN > dt.datetime.now(dt.UTC)


def _refusal(refusal: TokenRefusedError) -> Exception:
    if refusal.error == "invalid_grant":
        return SignInNeededError(
            "QuickBooks no longer accepts the refresh token (invalid_grant): connect the company again with "
            "franpos-qbo connect; what was received waits in the ledger"
        )
    return wrong_app(refusal) or ConfigurationError(
        f"QuickBooks' sign-in refused ({refusal}): check token_url and client_id"
    )
