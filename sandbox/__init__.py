"""Local stand-ins of the Franpos API and of QuickBooks Online, for the demo and the tests."""
