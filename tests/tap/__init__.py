"""Tests of tap-franpos."""
