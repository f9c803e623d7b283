"""What is run by hand or by make: texts derived from the code."""
