"""How a model is made: takes converted, beats found, a network trained. Needs the train extra."""
