"""The measuring set of the ears: music with known beats, trackers that are tried on it, and the referee."""
