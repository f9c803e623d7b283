"""``franpos-qbo``: the command line for the people who answer for the books."""
