"""The program ``franpos-qbo``: loads it, then runs it."""

from __future__ import annotations

from franpos_qbo.starting import loading


def main() -> None:
    """Run ``franpos-qbo``."""
    with loading():
        from target_qbo.console import main as program  # noqa: PLC0415 (here is where it is to be loaded)
    program.main()


if __name__ == "__main__":
    main()
