"""A night of many stores in one process: for each the tap and the target as they are, joined by a queue of messages.

It knows both plugins and how a shop's settings are read; of what it knows nothing knows it, but for its command.
"""
