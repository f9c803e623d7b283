"""The night of many stores in one process."""
