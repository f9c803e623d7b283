"""Addresses in settings: encrypted on the way, except within this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from target_qbo.errors import ConfigurationError


def web_address(setting: str, url: str) -> str:
    """Return a setting's address if it is https, or http to this machine.

    Raises:
        ConfigurationError: It is neither; the text names the setting, not the address, which may be secret.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if host and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        return url
    raise ConfigurationError(f"{setting}: https:// is needed (plain http only to this machine)")


def is_loopback(host: str) -> bool:
    """Tell whether a host's name means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
