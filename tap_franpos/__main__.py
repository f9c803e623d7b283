"""The program ``tap-franpos``: loads it, then runs it."""

from __future__ import annotations

from franpos_qbo.starting import loading


def main() -> None:
    """Run ``tap-franpos``."""
    with loading():
        from tap_franpos import tap  # noqa: PLC0415 (here is where it is to be loaded)
    tap.main()


if __name__ == "__main__":
    main()
