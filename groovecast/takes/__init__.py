"""Takes on disk: motion files in, motion files out."""
