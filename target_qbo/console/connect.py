"""``franpos-qbo connect`` and ``disconnect``: a person lets this program into the company, or out of it."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click

from target_qbo.addresses import web_address
from target_qbo.console.output import format_option, show
from target_qbo.desk.connecting import disconnect as end_connection
from target_qbo.desk.connection import connection
from target_qbo.ledger.references import write_company_facts
from target_qbo.qbo import App
from target_qbo.qbo.signin import Consent, Listener

if TYPE_CHECKING:
    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.connection import Connection

_PORT = 8765
_COLUMNS = ("company", "name", "environment", "connected", "refreshed_at", "lasts_until", "detail")


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    help="Port of this machine to which the browser comes back; the Intuit app must list "
    "http://localhost:PORT/callback. 0: any free one.",
)
@click.option("--no-browser", is_flag=True, help="Only print the address to open; don't open a browser.")
@click.option(
    "--redirect-uri",
    metavar="URL",
    help="The redirect address that the Intuit app lists, where that is not this machine (production apps can't list "
    "localhost). You then paste the address at which the browser ended.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300,
    show_default=True,
    help="Seconds to wait for the browser to come back.",
)
@click.option("--status", is_flag=True, help="Change nothing: tell whether the company is connected, and until when.")
@format_option
@click.pass_obj
def connect(
    config: DeskConfig,
    port: int,
    redirect_uri: str | None,
    timeout: float,
    form: str,
    *,
    no_browser: bool,
    status: bool,
) -> None:
    """Connect the company of the settings: agree in the browser, as somebody who may manage it in QuickBooks.

    The tokens are kept in the ledger, encrypted; the settings need no refresh_token then. Connect again whenever a
    sync says that sign-in is needed, or where another person is to stand behind the connection.

    Ends with 0 where the company is connected and QuickBooks takes the tokens, with 4 where it is not.
    """
    source = click.get_current_context().get_parameter_source("port")
    if redirect_uri and (source is click.core.ParameterSource.COMMANDLINE or no_browser):
        raise click.UsageError("--redirect-uri goes without --port and --no-browser: you paste the answer.")
    company = config.company()
    if not status:
        consent, code = (
            _pasted(company, web_address("--redirect-uri", redirect_uri))
            if redirect_uri
            else _heard(company, port, timeout, browser=not no_browser)
        )
        with company.vault.lock():
            # First, so that a crash in between only makes the next run look twice: what was posted since the ledger was
            # last connected, which may be a backup's, is found before anything is posted again.
            write_company_facts(company.ledger, verified_from=None)
            consent.exchange(code, company.vault, company.settings.token_url)
        click.echo("connected", err=True)
    _show_status(company, form)


@click.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
@format_option
@click.pass_obj
def disconnect(config: DeskConfig, form: str, *, yes: bool) -> None:
    """End the connection to the company: the tokens are revoked at QuickBooks, then forgotten.

    What stands in QuickBooks and in the ledger stays. A sync after that only receives, and ends with 4, until the
    company is connected again.
    """
    company = config.company()
    settings = company.settings
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("Nobody is there to ask: say --yes to end the connection.")
        click.confirm(
            f"End the connection to company {settings.realm_id} ({settings.environment})?", abort=True, err=True
        )
    was_connected = bool(company.vault.load().refresh_token)
    ended = end_connection(company, dt.datetime.now(dt.UTC))
    click.echo(
        f"company {settings.realm_id} is no longer connected"
        if was_connected
        else f"company {settings.realm_id} was not connected",
        err=True,
    )
    show([_row(company, ended)], _COLUMNS, form)


def _heard(company: Company, port: int, seconds: float, *, browser: bool) -> tuple[Consent, str]:
    """Let the person agree and the browser come back to this machine; returns the code."""
    with Listener(port) as listener:
        consent = _consent(company, listener.redirect_uri)
        click.echo(f"Open in a browser on this machine, and agree for company {company.settings.realm_id}:", err=True)
        click.echo(consent.address(), err=True)
        if browser:
            # A process of its own: one in the terminal would hold this up until it is closed, and print among our rows.
            command = [sys.executable, "-m", "webbrowser", consent.address()]
            subprocess.Popen(command, stdout=sys.stderr)  # noqa: S603 (the address is ours)
        return consent, listener.wait(consent, seconds)


def _pasted(company: Company, redirect_uri: str) -> tuple[Consent, str]:
    """Let the person agree and hand over the address at which the browser ended; returns the code."""
    consent = _consent(company, redirect_uri)
    click.echo(f"Open in a browser, and agree for company {company.settings.realm_id}:", err=True)
    click.echo(consent.address(), err=True)
    click.echo("Then paste the whole address at which the browser ended:", err=True)
    return consent, consent.agreed_in(sys.stdin.readline()).code


def _consent(company: Company, redirect_uri: str) -> Consent:
    settings = company.settings
    app = App(settings.client_id, settings.client_secret)
    return Consent(settings.authorize_url, app, settings.realm_id, redirect_uri)


def _show_status(company: Company, form: str) -> None:
    """Print how the company is connected; its name is read from QuickBooks, which proves it.

    Raises:
        TargetError: It is not connected, or QuickBooks can't be asked; printed all the same.
    """
    found = connection(company)
    show([_row(company, found)], _COLUMNS, form)
    if found.problem is not None:
        raise found.problem


def _row(company: Company, found: Connection) -> dict[str, Any]:
    return {
        "company": company.settings.realm_id,
        "name": found.name,
        "environment": company.settings.environment,
        "connected": found.connected,
        "refreshed_at": found.refreshed_at.isoformat(timespec="seconds") if found.refreshed_at else None,
        "lasts_until": found.lasts_until.isoformat() if found.lasts_until else None,
        "detail": None if found.problem is None else str(found.problem),
    }
