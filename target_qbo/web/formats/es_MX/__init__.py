"""Spanish, as in Mexico."""
