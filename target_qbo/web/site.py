"""The page as a WSGI application: Django, configured here for one company and nothing else.

Forms, escaping, sessions and the checks of hosts and of forms' origins are Django's: it is kept by many, and its
releases with long support are mended for three years.
"""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from target_qbo.desk.connecting import Connecting
from target_qbo.desk.rehearsing import Rehearsals
from target_qbo.web import languages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.handlers.wsgi import WSGIHandler

    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.nights import Nights
    from target_qbo.desk.works import Works
    from target_qbo.web.access import Door

_SESSION_SECONDS = 12 * 60 * 60


def application(
    desk: DeskConfig, door: Door, works: Works, nights: Nights, hosts: Sequence[str], port: int
) -> WSGIHandler:
    """Return the page of a company; once in a process.

    Args:
        desk: Where its settings are.
        door: Who is let in.
        works: Has done what is asked for.
        nights: Begins the nights, where it is to.
        hosts: The names under which it is asked for; a request for another one is refused.
        port: Where it listens: browsers keep cookies of all ports of a host together.
    """
    for name, level in (("django.request", logging.ERROR), ("django.security", logging.CRITICAL)):
        logging.getLogger(name).setLevel(level)  # what anybody asks for is nothing to be told
    settings.configure(
        DESK=desk,
        DOOR=door,
        WORKS=works,
        NIGHTS=nights,
        REHEARSALS=Rehearsals(desk),
        CONNECTING=Connecting(desk),
        ALLOWED_HOSTS=list(hosts),
        # Known to this process alone, as the sessions are: whoever was signed in before it started signs in again.
        SECRET_KEY=secrets.token_urlsafe(50),
        ROOT_URLCONF="target_qbo.web.addresses",
        INSTALLED_APPS=["django.contrib.staticfiles", "target_qbo.web"],
        MIDDLEWARE=[
            "django.middleware.locale.LocaleMiddleware",
            "target_qbo.web.guards.headers",
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "target_qbo.web.guards.signed_in",
            "target_qbo.web.opened.Opened",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request", "target_qbo.web.opened.books"]
                },
            }
        ],
        SESSION_ENGINE="django.contrib.sessions.backends.cache",  # in memory: who signs out is out everywhere
        SESSION_COOKIE_NAME=f"franpos_qbo_{port}",
        SESSION_COOKIE_AGE=_SESSION_SECONDS,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        CSRF_COOKIE_NAME=f"franpos_qbo_form_{port}",
        CSRF_COOKIE_SAMESITE="Strict",
        CSRF_COOKIE_HTTPONLY=True,
        CSRF_FAILURE_VIEW="target_qbo.web.pages.forbidden",
        SECURE_REFERRER_POLICY="same-origin",
        STATIC_URL="/static/",
        WHITENOISE_USE_FINDERS=True,
        WHITENOISE_AUTOREFRESH=False,
        WHITENOISE_ALLOW_ALL_ORIGINS=False,
        USE_TZ=True,
        TIME_ZONE="UTC",
        **languages.settings(),
        LOGGING_CONFIG=None,
    )
    django.setup()
    return get_wsgi_application()
