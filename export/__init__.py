"""How a model travels: from trained weights to artefacts that run without torch."""
