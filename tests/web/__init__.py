"""Tests of the page, over real HTTP."""
