"""Tests of posting without processes: the plan, the machine, the tables of states."""
