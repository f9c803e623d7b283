"""Carrying a notice: to a web address, and by e-mail. What fails says why without any address."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Any

import requests

from target_qbo.addresses import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_qbo.notices.settings import MailServer


class NotDeliveredError(Exception):
    """A notice that did not arrive; its text says why, without secrets."""


def by_webhook(url: str, message: Mapping[str, Any], seconds: float) -> None:
    """Post a message as JSON.

    Args:
        url: Where to; a secret.
        message: What.
        seconds: How long a connection or an answer may take.

    Raises:
        NotDeliveredError: It was not taken.
    """
    try:
        response = requests.post(url, json=message, timeout=seconds, allow_redirects=False)
    except requests.RequestException as error:
        raise NotDeliveredError(type(error).__name__) from None
    if not response.ok or response.is_redirect:
        raise NotDeliveredError(f"HTTP {response.status_code}")


def by_email(server: MailServer, *, sender: str, to: Sequence[str], subject: str, text: str, seconds: float) -> None:
    """Send an e-mail; a password only over an encrypted connection, or within this machine.

    Args:
        server: The mail server.
        sender: Whose address it carries.
        to: Whom it goes to.
        subject: One line.
        text: Its body.
        seconds: How long each step of the conversation may take.

    Raises:
        NotDeliveredError: It was not taken, by one of ``to`` at least.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ", ".join(to), subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2])
    message.set_content(text)
    try:
        with _connected(server, seconds) as connection:
            if server.user is not None:
                connection.login(server.user, server.password or "")
            refused = connection.send_message(message)
    except smtplib.SMTPResponseException as error:
        raise NotDeliveredError(f"{type(error).__name__} {error.smtp_code}") from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotDeliveredError(type(error).__name__) from None
    if refused:
        raise NotDeliveredError(f"{len(refused)} of {len(to)} addresses were refused")


def _connected(server: MailServer, seconds: float) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if server.encrypted:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=trusted)
    connection = smtplib.SMTP(server.host, server.port, timeout=seconds)
    connection.ehlo()
    if connection.has_extn("starttls"):
        connection.starttls(context=trusted)
    elif server.user is not None and not is_loopback(server.host):
        connection.close()
        raise NotDeliveredError("the mail server offers no encryption, so the password was not sent")
    return connection
