"""YAML that says what it means: a key that stands twice in a map is an error, not the loss of the first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path


class StoresError(ValueError):
    """``stores.yml``, or a store's secrets, can't be used; the text says what to change."""


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
    """
    try:
        return yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 (a safe one)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StoresError(f"{path} can't be read: {' '.join(str(error).split())}") from None
