"""How numbers, days and times are written, by language and region; what is not said here is as Django has it."""
