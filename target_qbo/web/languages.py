"""The languages of the page, and whose way of writing numbers and dates each region's readers are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf.locale import LANG_INFO

_FORMS = "target_qbo.web.formats"
# Where Spanish is written with 1,234.56, as in Mexico, and English with the day before the month, as in Britain.
_LIKE = {
    "es-mx": ("es-419", "es-cu", "es-do", "es-gt", "es-hn", "es-ni", "es-pa", "es-pe", "es-pr", "es-sv", "es-us"),
    "en-gb": ("en-au", "en-ie", "en-nz", "en-za"),
}


def settings() -> dict[str, Any]:
    """Return Django's settings of languages: English unless the browser asks for Spanish first, whoever asks."""
    for known, regions in _LIKE.items():
        LANG_INFO.update({region: LANG_INFO.get(region, {}) | {"fallback": [known]} for region in regions})
    return {
        "USE_I18N": True,
        "LANGUAGE_CODE": "en",
        "LANGUAGES": [("en", "English"), ("en-gb", "English"), ("es", "Español"), ("es-mx", "Español")],
        "LOCALE_PATHS": [Path(__file__).with_name("locale")],
        "FORMAT_MODULE_PATH": [_FORMS],
        "USE_THOUSAND_SEPARATOR": True,
    }
