"""The entry point, the stores, and what fires them."""
