"""The performer's desk: every control, what it stands at, and who turned it."""
