"""A strict stand-in of the QuickBooks Online Accounting API: one company, in memory, with books that must balance."""
