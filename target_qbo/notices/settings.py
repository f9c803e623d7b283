"""To whom notices go: the settings for them, which can be read where others are wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from target_qbo.addresses import web_address
from target_qbo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server; ``encrypted``: from the first byte on, else where it offers it."""

    host: str
    port: int
    encrypted: bool
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """To whom a company's notices go; nobody by default."""

    realm_id: str
    environment: str
    webhook_url: str | None = field(repr=False)
    email_to: tuple[str, ...]
    email_from: str
    mail_server: MailServer | None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> NoticeSettings:
        """Read them from the target's settings, of which no other needs to be right.

        Raises:
            ConfigurationError: One of them is wrong; the text names it, and shows none that is secret.
        """
        webhook = config.get("notice_webhook_url") or None
        to = _email_addresses("notice_email_to", config.get("notice_email_to") or "")
        sender = _email_addresses("notice_email_from", config.get("notice_email_from") or "") or to[:1]
        server = config.get("smtp_url") or None
        if to and not server:
            raise ConfigurationError("notice_email_to needs a mail server: set smtp_url")
        return cls(
            realm_id=str(config.get("realm_id") or "").strip(),
            environment=str(config.get("environment") or "production"),
            webhook_url=web_address("notice_webhook_url", webhook) if webhook else None,
            email_to=to,
            email_from=sender[0] if sender else "",
            mail_server=_mail_server(server) if server else None,
        )


def _email_addresses(setting: str, text: str) -> tuple[str, ...]:
    if not text.strip():
        return ()
    found = tuple(address for _, address in getaddresses([text]))
    for address in found:
        name, _, host = address.rpartition("@")
        if not (name and host and address.isascii() and address.isprintable()) or " " in address:
            raise ConfigurationError(f"{setting}: e-mail addresses are needed, with commas between")
    return found


def _mail_server(url: str) -> MailServer:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _PORTS or not host:
        raise ConfigurationError("smtp_url: smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465 is needed")
    return MailServer(
        host=host,
        port=port or _PORTS[parts.scheme],
        encrypted=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
