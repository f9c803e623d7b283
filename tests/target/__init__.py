"""Tests of the target, over real processes and real HTTP."""
