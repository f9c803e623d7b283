"""What the company calls it: accounts, items, payment methods and the guest customer, found or created by name."""
