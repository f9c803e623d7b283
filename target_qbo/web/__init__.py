"""The back-office page: what the desk answers, shown in a browser on one's own machine."""
