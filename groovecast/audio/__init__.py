"""The ears: from samples to features, beats and energy, hop by hop."""
