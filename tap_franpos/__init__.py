"""Singer tap for the Franpos point of sale: tickets, payments and discounts."""
