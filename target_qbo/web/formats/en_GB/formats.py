"""English, as in Britain: 4 Mar 2026, 14:05:06."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i:s"
