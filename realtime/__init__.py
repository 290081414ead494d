"""How it lives: clock, sound sources, the dance loop, outputs and the command line."""
