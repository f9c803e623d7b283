"""Where the page is: on this machine alone, or behind a proxy that others reach and that ends TLS."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_qbo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOPBACK = "127.0.0.1"
_NAMES = ("localhost", LOOPBACK)
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_FORWARDED = frozenset({"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page listens, and what it is called.

    Attributes:
        address: Of this machine, at which it listens.
        names: The host names under which it is asked for; a request for another one is refused.
        proxy: The one address whose word is taken for who asks and how; None: browsers come by themselves.
    """

    address: str = LOOPBACK
    names: Sequence[str] = _NAMES
    proxy: str | None = None

    @property
    def called(self) -> str:
        """How a browser names it: what comes back from QuickBooks comes to it, and a browser's cookies are a name's."""
        return self.names[0]

    @property
    def serving(self) -> dict[str, Any]:
        """What waitress is to know of the proxy."""
        if self.proxy is None:
            return {}
        return {"trusted_proxy": self.proxy, "trusted_proxy_headers": set(_FORWARDED)}


def place(address: str, proxy: str | None, names: Sequence[str]) -> Place:
    """Return a place.

    Args:
        address: Of this machine.
        proxy: The trusted proxy's address; None: there is none.
        names: The host names by which browsers ask the proxy.

    Raises:
        ConfigurationError: The page would be open to others without encryption, or under any name.
    """
    own = _address("--host", address)
    if proxy is None:
        if not ipaddress.ip_address(own).is_loopback:
            raise ConfigurationError(
                f"--host {address} would show the books to others without encryption: have a proxy end TLS in front of "
                "it, and name its address with --behind-proxy"
            )
        if names:
            raise ConfigurationError("--name goes with --behind-proxy: on this machine it is localhost")
        return Place() if own == LOOPBACK else Place(own, [f"[{own}]" if ":" in own else own])
    wrong = next((name for name in names if not _NAME.fullmatch(name.lower())), None)
    if not names or wrong is not None:
        raise ConfigurationError("--behind-proxy needs --name HOST: the host name that browsers ask for, as it is")
    return Place(own, [name.lower() for name in names], _address("--behind-proxy", proxy))


def _address(option: str, text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ConfigurationError(f"{option} {text} is no IP address: give one such as 10.0.0.5") from None
