"""Spanish, as in Mexico and the United States: 1,234.56."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
