"""Sign-in: access tokens that run out, and a refresh token that changes with every use."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.qbo.clock import Clock

SCOPE = "com.intuit.quickbooks.accounting"
REFRESH_TOKEN_SECONDS = 8_640_000
"""A refresh token's life: 100 days, counted anew with each use."""
CODE_SECONDS = 300
"""How long a person's consent can be exchanged for tokens."""


class OAuthError(Exception):
    """A refusal by the token endpoint.

    Args:
        status: The HTTP status.
        error: The error's name, such as `invalid_grant`.
    """

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


@dataclass(slots=True)
class SignInOptions:
    """How the token endpoint behaves.

    Attributes:
        rotate: Whether each refresh gives a new refresh token.
        grace: Whether the last refresh token still works: until the one after it is used once, or not at all.
        access_token_seconds: How long an access token lives, in seconds.
        consent: What the person does on the page: agrees for the company, for another one, or denies.
    """

    rotate: Literal["always", "never"] = "always"
    grace: Literal["until_next_use", "none"] = "until_next_use"
    access_token_seconds: float = 3600
    consent: Literal["agree", "other_company", "deny"] = "agree"


class SignIn:
    """The token endpoint of one app and one company.

    Args:
        clock: Where its time comes from.
        client_id: The app's id.
        client_secret: The app's secret; made up if left out.
        refresh_token: The refresh token the connection starts with; made up if left out.
        options: How it behaves.
    """

    def __init__(
        self,
        clock: Clock,
        client_id: str = "sandbox-client",
        client_secret: str | None = None,
        refresh_token: str | None = None,
        options: SignInOptions | None = None,
    ) -> None:
        self._clock = clock
        self.client_id = client_id
        self.client_secret = client_secret or _new_token("secret")
        self.options = options or SignInOptions()
        self.refresh_token = refresh_token or _new_token("RT1")
        self._previous: str | None = None
        self._access: dict[str, float] = {}
        self._codes: dict[str, tuple[str, float]] = {}
        self._used_at = clock.monotonic()
        self.refreshes = 0
        self.exchanges = 0
        self.revoked = False
        self.given_out: list[str] = []

    def check_client(self, authorization: str) -> None:
        """Check a Basic `Authorization` header.

        Raises:
            OAuthError: It isn't the app's id and secret (401).
        """
        scheme, _, given = authorization.partition(" ")
        try:
            text = base64.b64decode(given, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            text = ""
        expected = f"{self.client_id}:{self.client_secret}"
        if scheme.lower() != "basic" or not secrets.compare_digest(text.encode(), expected.encode()):
            raise OAuthError(401, "invalid_client")

    def consent(self, query: Mapping[str, str], realm_id: str) -> dict[str, str]:
        """Let a person agree in the browser, or not.

        Args:
            query: What the app's link says: `client_id`, `response_type`, `scope`, `redirect_uri`, `state`.
            realm_id: The company.

        Returns:
            What the browser brings back: a code that can be exchanged for tokens once, or an error.

        Raises:
            OAuthError: The link isn't one the real page would show.
        """
        if query.get("client_id") != self.client_id:
            raise OAuthError(400, "invalid_client")
        if query.get("response_type") != "code" or not query.get("redirect_uri") or not query.get("state"):
            raise OAuthError(400, "invalid_request")
        if not _may_be_listed(query["redirect_uri"]):
            raise OAuthError(400, "invalid_redirect_uri")
        if SCOPE not in query.get("scope", "").split():
            raise OAuthError(400, "invalid_scope")
        back = {"state": query["state"]}
        if self.options.consent == "deny":
            return back | {"error": "access_denied"}
        code = _new_token("AB1")
        self._codes[code] = (query["redirect_uri"], self._clock.monotonic() + CODE_SECONDS)
        self.given_out.append(code)
        return back | {"code": code, "realmId": realm_id if self.options.consent == "agree" else f"{realm_id}0"}

    def grant(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a token request.

        Args:
            form: Its fields.

        Returns:
            The answer, with the tokens.

        Raises:
            OAuthError: The grant is unknown, or the refresh token doesn't hold.
        """
        match form.get("grant_type"):
            case "refresh_token":
                self._refresh(form.get("refresh_token"))
            case "authorization_code":
                self._exchange(form.get("code"), form.get("redirect_uri"))
            case _:
                raise OAuthError(400, "unsupported_grant_type")
        now = self._clock.monotonic()
        self._used_at = now
        access = _new_token("AT0")
        self._access = {token: end for token, end in self._access.items() if end > now}
        self._access[access] = now + self.options.access_token_seconds
        self.given_out += [access, self.refresh_token]
        return {
            "token_type": "bearer",
            "expires_in": int(self.options.access_token_seconds),
            "refresh_token": self.refresh_token,
            "x_refresh_token_expires_in": REFRESH_TOKEN_SECONDS,
            "access_token": access,
        }

    def _refresh(self, given: object) -> None:
        if not given:
            raise OAuthError(400, "invalid_request")
        if self.revoked or self._clock.monotonic() > self._used_at + REFRESH_TOKEN_SECONDS:
            raise OAuthError(400, "invalid_grant")
        if given == self.refresh_token:
            self._previous = self.refresh_token if self.options.grace == "until_next_use" else None
        elif given != self._previous:
            raise OAuthError(400, "invalid_grant")
        if self.options.rotate == "always":
            self.refresh_token = _new_token("RT1")
        self.refreshes += 1

    def _exchange(self, code: object, redirect_uri: object) -> None:
        address, end = self._codes.pop(str(code), ("", 0.0))
        if not address or address != redirect_uri or end < self._clock.monotonic():
            raise OAuthError(400, "invalid_grant")
        self.exchanges += 1
        self.reconnect()

    def revoke(self, token: str) -> None:
        """End the connection if the token belongs to it, with all its tokens.

        Raises:
            OAuthError: The token isn't one of its own, or is dead.
        """
        if self.revoked or token not in {self.refresh_token, self._previous, *self._access}:
            raise OAuthError(400, "invalid_request")
        self.disconnect()

    def disconnect(self) -> None:
        """End the connection: nothing works any more until a person connects again."""
        self.revoked = True
        self._access.clear()

    def reconnect(self) -> str:
        """Connect again, as a person does in the browser.

        Returns:
            A new refresh token; the ones before don't work any more.
        """
        self.revoked = False
        self._previous = None
        self._access.clear()
        self._used_at = self._clock.monotonic()
        self.refresh_token = _new_token("RT1")
        return self.refresh_token

    def expire_access_tokens(self) -> None:
        """Let all access tokens run out now."""
        self._access.clear()

    def is_valid(self, authorization: str) -> bool:
        """Say whether a Bearer `Authorization` header holds a living access token."""
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and self._access.get(token, 0) > self._clock.monotonic()


def _may_be_listed(redirect_uri: str) -> bool:
    """Say whether an app may list an address: https, or this machine by name (for development)."""
    parts = urlsplit(redirect_uri)
    return not parts.fragment and (
        (parts.scheme == "https" and bool(parts.hostname)) or (parts.scheme == "http" and parts.hostname == "localhost")
    )


def _new_token(prefix: str) -> str:
    return f"{prefix}-{secrets.token_urlsafe(30)}"
