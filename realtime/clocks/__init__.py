"""Clocks from outside: who else may say where the beat is, and how each is heard."""
