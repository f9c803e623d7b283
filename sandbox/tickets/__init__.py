"""Tickets for the sandbox: the model, where tickets come from, and what the books should say of them."""
