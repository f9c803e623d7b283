"""Tests of the accounting rules as pure code."""
