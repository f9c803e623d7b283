"""The page as a WSGI application: Django, configured here for a shop, or several, and nothing else.

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

from target_qbo.web import languages
from target_qbo.web.access import Porter, Seldom
from target_qbo.web.persons import IDLE_SECONDS

if TYPE_CHECKING:
    from django.core.handlers.wsgi import WSGIHandler
    from sqlalchemy.engine import Engine

    from target_qbo.desk.shops import Shop, Shops
    from target_qbo.web.access import Door
    from target_qbo.web.place import Place

_YEAR_SECONDS = 365 * 24 * 60 * 60


def application(shops: Shop | Shops, kept: Engine, door: Door, place: Place, port: int) -> WSGIHandler:
    """Return the page of a shop, or of several; once in a process.

    Args:
        shops: The only shop, or those of a file.
        kept: The ledger that has the page's users and its audit trail.
        door: Lets in whoever knows its code; where the page is behind a proxy, nobody.
        place: Where it is.
        port: Where it listens: browsers keep cookies of all ports of a host together.
    """
    for name, level in (("django.request", logging.ERROR), ("django.security", logging.CRITICAL)):
        logging.getLogger(name).setLevel(level)  # what anybody asks for is nothing to be told
    settings.configure(
        SHOPS=shops,
        KEPT=kept,
        DOOR=None if place.proxy else door,
        PORTER=Porter(),
        SELDOM=Seldom(),
        ALLOWED_HOSTS=list(place.names),
        # Known to this process alone, as the sessions are: whoever was signed in before it started signs in again.
        SECRET_KEY=secrets.token_urlsafe(50),
        ROOT_URLCONF="target_qbo.web.addresses",
        INSTALLED_APPS=["django.contrib.staticfiles", "target_qbo.web"],
        MIDDLEWARE=[
            "django.middleware.locale.LocaleMiddleware",
            "target_qbo.web.guards.headers",
            *(["target_qbo.web.guards.over_tls"] if place.proxy else []),
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "target_qbo.web.guards.signed_in",
            "target_qbo.web.places.Places",
            "target_qbo.web.opened.Opened",
            "target_qbo.web.rights.Rights",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "target_qbo.web.opened.books",
                        "target_qbo.web.persons.shown",
                        "target_qbo.web.places.shown",
                    ]
                },
            }
        ],
        SESSION_ENGINE="django.contrib.sessions.backends.cache",  # in memory: who signs out is out everywhere
        SESSION_COOKIE_NAME=_cookie("franpos_qbo", place, port),
        SESSION_COOKIE_AGE=IDLE_SECONDS,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=place.proxy is not None,
        SESSION_COOKIE_SAMESITE="Strict",
        CSRF_COOKIE_NAME=_cookie("franpos_qbo_form", place, port),
        CSRF_COOKIE_SAMESITE="Strict",
        CSRF_COOKIE_HTTPONLY=True,
        CSRF_COOKIE_SECURE=place.proxy is not None,
        CSRF_FAILURE_VIEW="target_qbo.web.pages.forbidden",
        SECURE_HSTS_SECONDS=_YEAR_SECONDS if place.proxy else 0,
        SECURE_HSTS_INCLUDE_SUBDOMAINS=True,
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


def _cookie(name: str, place: Place, port: int) -> str:
    """Return a cookie's name: a browser takes none that begins so but over TLS, and from this very host."""
    return f"__Host-{name}" if place.proxy else f"{name}_{port}"
