"""The program ``target-qbo``: loads it, then runs it."""

from __future__ import annotations

from franpos_qbo.starting import loading


def main() -> None:
    """Run ``target-qbo``."""
    with loading():
        from target_qbo import target  # noqa: PLC0415 (here is where it is to be loaded)
    target.main()


if __name__ == "__main__":
    main()
