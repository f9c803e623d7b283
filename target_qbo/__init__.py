"""Singer target for QuickBooks Online: posts a shop's tickets into its books, to the cent, once each."""
