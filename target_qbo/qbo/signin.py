"""Connecting a company: a person agrees in the browser, and the code that comes back becomes tokens; and ending it.

OAuth 2.0 authorization code (RFC 6749, 4.1; QuickBooks API notes, Sign-in). The browser comes back to a listener on
this machine, or to an address elsewhere, which the person then hands over. Code and state are in that address: nothing
here logs it or shows it.
"""

from __future__ import annotations

import html
import queue
import re
import secrets
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from target_qbo.errors import ConfigurationError, SignInNeededError, TargetError, UnreachableError
from target_qbo.qbo.oauth import (
    TokenRefusedError,
    TokenUnansweredError,
    ask_for_tokens,
    fields_of,
    keep,
    post,
    wrong_app,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_qbo.qbo.oauth import App, TokenStore

SCOPE = "com.intuit.quickbooks.accounting"
CALLBACK = "/callback"
_REALM = re.compile(r"[A-Za-z0-9]{1,40}")
_IDLE_SECONDS = 10
_LONGEST_ERROR = 60
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>franpos-qbo</title></head>
<body><h1>{title}</h1><p>{text}</p></body></html>
"""


class NotOursError(TargetError):
    """An address that is no answer to this sign-in; nothing in it counts."""

    exit_code = SignInNeededError.exit_code


@dataclass(frozen=True, slots=True)
class Agreed:
    """What comes back with the browser once a person has agreed.

    Attributes:
        code: What becomes tokens, once.
        realm_id: The company that the person chose.
    """

    code: str = field(repr=False)
    realm_id: str


@dataclass(frozen=True, slots=True)
class Consent:
    """One attempt to connect a company.

    Args:
        authorize_url: The page on which the person agrees.
        app: The app that asks.
        realm_id: The company that is to be connected; None: the one that the person chooses.
        redirect_uri: Where the browser is sent afterwards; the app must list it.
    """

    authorize_url: str
    app: App
    realm_id: str | None
    redirect_uri: str
    _state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def address(self) -> str:
        """Return the address to open in the browser."""
        query = {
            "client_id": self.app.client_id,
            "response_type": "code",
            "scope": SCOPE,
            "redirect_uri": self.redirect_uri,
            "state": self._state,
        }
        return f"{self.authorize_url}?{urlencode(query)}"

    def is_answered_by(self, address: str) -> bool:
        """Tell whether an address is the answer to this attempt."""
        return self._is_ours(_answer_in(address))

    def agreed_in(self, address: str) -> Agreed:
        """Return what stands in the address to which the browser was sent.

        Raises:
            NotOursError: It is no answer to this attempt.
            SignInNeededError: The person, or QuickBooks, said no.
            ConfigurationError: The person chose another company.
        """
        answer = _answer_in(address)
        if not self._is_ours(answer):
            raise NotOursError(
                "that is not the answer to this sign-in: nothing was stored; run franpos-qbo connect again"
            )
        error = answer.get("error")
        if error == "access_denied":
            raise SignInNeededError("not connected: access was denied in the browser (access_denied)")
        if error or not answer.get("code"):
            raise SignInNeededError(f"not connected: QuickBooks answered {_word(error) or 'without a code'}")
        realm_id = answer.get("realmId", "")
        if not (_REALM.fullmatch(realm_id) if self.realm_id is None else realm_id == self.realm_id):
            raise ConfigurationError(
                f"not connected: company {_word(realm_id) or 'without an id'} was chosen in the browser, but setting "
                f"realm_id is {self.realm_id or 'to be taken from it'}: choose that company, or change the setting"
            )
        return Agreed(answer["code"], realm_id)

    def _is_ours(self, answer: Mapping[str, str]) -> bool:
        return secrets.compare_digest(answer.get("state", "").encode(), self._state.encode())

    def exchange(self, code: str, store: TokenStore, token_url: str) -> None:
        """Make tokens of a code, once, and keep them; the caller holds the store's lock.

        Raises:
            TargetError: As :meth:`tokens`.
        """
        keep(store, self.tokens(code, token_url))

    def tokens(self, code: str, token_url: str) -> dict[str, Any]:
        """Make tokens of a code, once; returns what the sign-in answers.

        Raises:
            SignInNeededError: The code is refused; it lasts some minutes.
            ConfigurationError: QuickBooks does not know the app.
            UnreachableError: No answer.
        """
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        try:
            answer = ask_for_tokens(token_url, self.app, form)
        except TokenUnansweredError as error:
            raise UnreachableError(
                f"QuickBooks' sign-in can't be reached ({error}): run franpos-qbo connect again"
            ) from None
        except TokenRefusedError as error:
            raise wrong_app(error) or SignInNeededError(
                f"QuickBooks did not take the code ({error}): run franpos-qbo connect again"
            ) from None
        if not answer.get("refresh_token"):
            raise SignInNeededError("QuickBooks gave no refresh token: run franpos-qbo connect again")
        return answer


def _answer_in(address: str) -> dict[str, str]:
    """Return what stands in an address; nothing where it is none."""
    try:
        return {name: values[0] for name, values in parse_qs(urlsplit(address.strip()).query).items()}
    except ValueError:
        return {}


class Listener:
    """Waits on this machine for the browser to come back.

    Args:
        port: Where, on 127.0.0.1; 0: any free port.
    """

    def __init__(self, port: int) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError):
            raise ConfigurationError(
                f"port {port} of this machine can't be used: choose another with --port; the Intuit app must list "
                f"http://localhost:PORT{CALLBACK}"
            ) from None
        self.redirect_uri = f"http://localhost:{self._server.server_port}{CALLBACK}"

    def __enter__(self) -> Self:
        """Let callers in from now on; they wait until :meth:`wait`."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the port."""
        self._server.server_close()

    def wait(self, consent: Consent, seconds: float) -> str:
        """Answer callers until one brings the answer to ``consent``; returns its code.

        Raises:
            SignInNeededError: Nobody did in time, or the answer is no.
            ConfigurationError: The person chose another company.
        """
        self._server.consent = consent
        thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            outcome = self._server.outcomes.get(timeout=seconds)
        except queue.Empty:
            raise SignInNeededError(
                f"not connected: nobody agreed in the browser within {seconds:g} seconds; run franpos-qbo connect again"
            ) from None
        finally:
            self._server.shutdown()
            thread.join()
        if isinstance(outcome, TargetError):
            raise outcome
        return outcome


class _Server(ThreadingHTTPServer):
    """One thread for each caller: browsers open connections ahead, on which nothing comes."""

    daemon_threads = True
    allow_reuse_address = False
    consent: Consent

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.outcomes: queue.Queue[str | TargetError] = queue.Queue()

    def handle_error(self, _request: object, _client_address: object) -> None:
        """Leave a caller that broke off alone: its traceback would hold the address."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        """Answer the browser, then tell who waits."""
        if urlsplit(self.path).path != CALLBACK:
            self._page(HTTPStatus.NOT_FOUND, "Nothing here", "")
            return
        try:
            code = self.server.consent.agreed_in(self.path).code
        except NotOursError as error:
            self._page(HTTPStatus.BAD_REQUEST, "Not connected", str(error))
        except TargetError as error:
            self._page(HTTPStatus.OK, "Not connected", str(error))
            self.server.outcomes.put(error)
        else:
            self._page(HTTPStatus.OK, "QuickBooks has agreed", "You can close this page and go back to the terminal.")
            self.server.outcomes.put(code)

    def _page(self, status: HTTPStatus, title: str, text: str) -> None:
        body = _PAGE.format(title=title, text=html.escape(text)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Log nothing: the address holds code and state."""


def revoke(revoke_url: str, app: App, refresh_token: str) -> None:
    """End the connection at QuickBooks; one that has ended before is all right.

    Raises:
        ConfigurationError: QuickBooks does not know the app, or has nothing at that address.
        UnreachableError: No answer.
    """
    try:
        response = post(revoke_url, app, json={"token": refresh_token})
    except TokenUnansweredError as error:
        raise UnreachableError(
            f"QuickBooks' sign-in can't be reached ({error}): the company is still connected; try again later"
        ) from None
    refusal = TokenRefusedError(response.status_code, _word(str(fields_of(response).get("error", ""))))
    if unknown := wrong_app(refusal):
        raise unknown
    # 400: it does not know the token, or no longer; that is, the connection has ended.
    if not response.ok and response.status_code != HTTPStatus.BAD_REQUEST:
        raise ConfigurationError(f"QuickBooks did not end the connection ({refusal}): check revoke_url")


def _word(text: str | None) -> str:
    """Return what a stranger wrote, fit for one line."""
    return "".join(character for character in text or "" if character.isascii() and character.isprintable())[
        :_LONGEST_ERROR
    ]
