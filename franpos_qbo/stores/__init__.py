"""The shops of ``stores.yml``: read, checked, and each as the environment in which its night and its commands run.

What Airflow needs of it, in an environment of its own without the plugins, needs PyYAML and jsonschema alone.
"""

from franpos_qbo.stores.files import StoresAwayError, StoresError, read_bytes, unreadable
from franpos_qbo.stores.reading import Store, by_realm, load_stores

__all__ = ["Store", "StoresAwayError", "StoresError", "by_realm", "load_stores", "read_bytes", "unreadable"]
