"""Measurements of the whole path; each prints what it measured. Figures in the docs come from here."""
