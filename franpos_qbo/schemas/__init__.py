"""The record contract: one JSON Schema for each stream (tickets, payments, discounts).

The tap declares its streams with these files and the target validates records with them. Any other tap can feed the
target by producing them. Every field is described in its file, with its unit and its time zone.
"""
