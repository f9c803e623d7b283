"""YAML that says what it means: a key that stands twice in a map is an error, not the loss of the first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path


class StoresError(ValueError):
    """``stores.yml``, or a store's secrets, can't be used; the text says what to change."""


class StoresAwayError(StoresError):
    """``stores.yml`` can't be read now: its file system does not answer, say. Later it may be."""


_LASTING = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
"""What says that a path is wrong, or not ours to read."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, the fast one where it is there, without repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """Return a map.

        Raises:
            yaml.constructor.ConstructorError: A key stands in it twice.
        """
        keys = Counter(
            key.value
            for key, _ in node.value
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge"
        )
        if twice := [key for key, number in keys.items() if number > 1]:
            raise yaml.constructor.ConstructorError(
                None, None, f"{', '.join(twice)} stands twice in a map that begins here", node.start_mark
            )
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


def read_yaml(path: Path) -> Any:  # noqa: ANN401 (any YAML)
    """Read a YAML file.

    Raises:
        StoresError: It can't be read, or a key stands twice in a map.
        StoresAwayError: It can't be read now.
    """
    try:
        return yaml.load(read_bytes(path).decode("utf-8"), Loader=_Loader)  # noqa: S506 (a safe one)
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise StoresError(f"{path} can't be read: {' '.join(str(error).split())}") from None


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        StoresError: It can't be read.
        StoresAwayError: It can't be read now.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> StoresError:
    """Return why a file can't be read: a mistake, or something that may pass."""
    kind = StoresError if isinstance(error, _LASTING) else StoresAwayError
    return kind(f"{path} can't be read: {error.strerror}")
