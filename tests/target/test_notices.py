"""Notices: one message after a run that skipped tickets or was stopped, none after a clean one; failing is harmless."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest

from target_qbo import notices
from target_qbo.errors import ConfigurationError
from target_qbo.notices import delivery
from target_qbo.notices.delivery import NotDeliveredError, by_email
from target_qbo.notices.settings import NoticeSettings
from target_qbo.posting.summary import RunSummary
from tests.shop import Shop, problem_lines
from tests.target.failures import EIGHT_TICKETS, ring_up
from tests.target.inboxes import PASSWORD, USER, MailBox, Webhook, certificate_of_localhost, mail_server, webhook

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

TO = "owner@example.com, books@example.com"
LOGIN = "shop%40example.com:a%3Apass%2Fword"


class Told:
    """A shop whose notices go to a web server and to a mail server, which are looked into."""

    def __init__(self, shop: Shop, hook: Webhook, box: MailBox, certificate: Path) -> None:
        self.shop, self.hook, self.box = shop, hook, box
        self.certificate = str(certificate)
        self._trust = {"SSL_CERT_FILE": self.certificate}
        self.settings = {
            "notice_webhook_url": hook.url,
            "notice_email_to": TO,
            "notice_email_from": "till@example.com",
            "smtp_url": f"smtp://{LOGIN}@localhost:{box.port}",
        }
        shop.configure_target(**self.settings)

    def sync(self) -> subprocess.CompletedProcess[str]:
        """Sync, with the mail server trusted."""
        return self.shop.sync(env=self._trust)

    def texts(self) -> list[str]:
        """Return what has arrived since, the same by both ways."""
        posted = [message["text"] for message in self.hook.messages]
        mailed = [mail.get_content() for mail in self.box.mails]
        assert [text.splitlines() for text in posted] == [text.splitlines() for text in mailed]
        self.hook.messages.clear()
        self.box.mails.clear()
        return posted


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    certificate = certificate_of_localhost(tmp_path_factory.mktemp("certificate"))
    with (
        Shop(tmp_path_factory.mktemp("notices"), *EIGHT_TICKETS) as shop,
        webhook() as hook,
        mail_server(certificate) as box,
    ):
        yield Told(shop, hook, box, certificate)


def test_one_message_for_a_run_that_skips_and_none_for_one_that_does_not(told: Told) -> None:
    shop = told.shop
    assert told.sync().returncode == 0
    assert told.texts() == [], "a clean run is nothing to tell"

    ticket = ring_up(shop, lines=[{"price": "10.00"}], payments=[{"amount": "12.00", "method": "Cash"}])
    skipping = told.sync()
    assert skipping.returncode == 0, skipping.stderr
    (message,) = told.hook.messages
    kinds = [block["type"] for block in message["blocks"]]
    assert (kinds[0], set(kinds[1:])) == ("header", {"section"})
    assert {block["text"]["type"] for block in message["blocks"]} == {"plain_text"}
    assert any(f"ticket {ticket['ticket_id']} " in block["text"]["text"] for block in message["blocks"])
    (mail,) = told.box.mails
    assert mail["To"] == TO
    assert mail["From"] == "till@example.com"
    assert told.box.recipients == [["owner@example.com", "books@example.com"]]
    assert told.box.signed_in == [USER]
    realm_id = shop.ready["qbo"]["realm_id"]
    assert f"tickets of company {realm_id} (sandbox) need a hand: 1" in mail["Subject"]
    (text,) = told.texts()
    for part in (realm_id, "posted in this run: 0 tickets", "12.00", "franpos-qbo resync --skipped"):
        assert part in text

    assert told.sync().returncode == 0
    assert told.texts() == [], "it has been told"

    # What a person does by hand is told to whom the settings say, too, and once.
    again = shop.console("resync", "--skipped")
    assert again.returncode == 1, again.stderr
    assert [ticket["ticket_id"] in message["text"] for message in told.hook.messages] == [True]
    told.hook.messages.clear()
    told.box.mails.clear()


def test_a_tender_that_no_rule_knows_is_news_once_and_stands_in_later_messages(told: Told) -> None:
    shop = told.shop

    def sold(method: str, amount: str = "10.00") -> None:
        ring_up(shop, lines=[{"price": "10.00"}], payments=[{"amount": amount, "method": method}])
        assert told.sync().returncode == 0

    sold("House Account")
    (text,) = told.texts()
    assert "takes tenders that no rule knows" in text.splitlines()[0]
    assert "House Account 10.00; they were posted as Other" in text
    sold("HOUSE account")
    assert told.texts() == [], "it has been told"
    ring_up(shop, lines=[{"price": "10.00"}], payments=[{"amount": "11.00", "method": "Cash"}])
    sold("House Account")
    (text,) = told.texts()
    assert "need a hand: 1" in text.splitlines()[0]
    assert "House Account 10.00; " in text
    shop.configure_target(tender_map={"House Account": "Other"})
    sold("House Account")
    assert told.texts() == []
    shop.configure_target(tender_map=None)


def test_what_stops_a_run_is_told_even_before_the_ledger_opens(told: Told) -> None:
    shop = told.shop
    for change, back, code in (
        ({"batch_size": 99}, {"batch_size": None}, 2),
        ({"doc_number_prefix": "much too long"}, {"doc_number_prefix": None}, 2),
        ({"ledger_url": "sqlite:////no/such/folder/ledger.db"}, {"ledger_url": shop.target_settings["ledger_url"]}, 3),
    ):
        shop.configure_target(**change)
        stopped = told.sync()
        assert stopped.returncode == code
        (line,) = problem_lines(stopped)
        (text,) = told.texts()
        assert line.split(" | ")[-1].strip()[-60:] in text
        shop.configure_target(**back)
    ring_up(shop, lines=[{"price": "10.00"}])
    shop.post("qbo", {"revoke": True})
    stopped = told.sync()
    assert stopped.returncode == 4
    (text,) = told.texts()
    assert "was stopped" in text
    assert "franpos-qbo connect" in text
    for secret in [*shop.get("tokens"), shop.ready["qbo"]["client_secret"], PASSWORD, "the-secret-part"]:
        assert secret not in text
    shop.configure_target(refresh_token=shop.post("qbo", {"reconnect": True})["refresh_token"])


def test_a_till_that_can_not_be_asked_is_told(told: Told) -> None:
    told.shop.post("faults", [{"where": "franpos", "do": "503", "match": {"every": 1}}])
    stopped = told.shop.console("sync", env={"SSL_CERT_FILE": told.certificate})
    told.shop.forget_faults()
    assert stopped.returncode == 3, stopped.stderr
    (text,) = told.texts()
    assert "GET " in text


def test_a_notice_that_fails_is_one_warning_and_changes_nothing(told: Told) -> None:
    shop = told.shop
    told.hook.status = 500
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        shop.configure_target(smtp_url=f"smtp://{LOGIN}@localhost:{closed.getsockname()[1]}")
        ring_up(shop, lines=[{"price": "5.00"}], payments=[{"amount": "6.00", "method": "Cash"}])
        result = told.sync()
    assert result.returncode == 0, result.stderr
    assert len(told.hook.messages) == 1
    warnings = [line for line in result.stderr.splitlines() if "could not be sent" in line]
    assert [any(why in line for line in warnings) for why in ("HTTP 500", "ConnectionRefusedError")] == [True, True]
    assert len(warnings) == 2
    for secret in ("the-secret-part", PASSWORD, LOGIN):
        assert secret not in result.stderr
    told.hook.status = 200
    told.hook.messages.clear()
    shop.configure_target(**told.settings)


def test_nobody_waits_longer_than_the_limit(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(notices, "LIMIT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, caplog.at_level(logging.WARNING):
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/the-secret-part"
        notices.tell(NoticeSettings.from_config({"notice_webhook_url": url}), None, RunSummary(), "it broke")
    (record,) = caplog.records
    assert "could not be sent" in record.getMessage()
    assert "secret" not in caplog.text


def test_the_password_goes_over_encrypted_connections_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = certificate_of_localhost(tmp_path)

    def send(scheme: str, box: MailBox) -> None:
        config = {"notice_email_to": "owner@example.com", "smtp_url": f"{scheme}://{LOGIN}@localhost:{box.port}"}
        settings = NoticeSettings.from_config(config)
        assert settings.mail_server is not None
        by_email(
            settings.mail_server, sender=settings.email_from, to=settings.email_to, subject="s", text="t", seconds=5
        )

    with mail_server(certificate, encrypted=True) as box:
        with pytest.raises(NotDeliveredError, match="SSLCertVerificationError"):
            send("smtps", box)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        send("smtps", box)
        assert (box.signed_in, box.mails[0]["From"]) == ([USER], "owner@example.com")
    monkeypatch.setattr(delivery, "is_loopback", lambda _host: False)
    with mail_server() as box:
        with pytest.raises(NotDeliveredError, match="no encryption"):
            send("smtp", box)
        assert (box.signed_in, box.mails) == ([], [])


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"notice_webhook_url": "http://hooks.example/secret"}, "notice_webhook_url: https"),
        ({"notice_webhook_url": "https://[secret"}, "notice_webhook_url: https"),
        ({"notice_email_to": "owner@example.com"}, "set smtp_url"),
        ({"notice_email_to": "nobody", "smtp_url": "smtp://localhost"}, "notice_email_to: e-mail"),
        ({"smtp_url": "http://user:secret@host"}, "smtp_url: smtp://"),
        ({"smtp_url": "smtp://user:secret@host:port"}, "smtp_url: smtp://"),
    ],
)
def test_settings_that_are_wrong_say_which_and_show_no_secret(config: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        NoticeSettings.from_config(config)
    assert "secret" not in str(caught.value)
