"""What Groovecast is: sound features, motion, the wire's bytes, takes and the model; no thread, socket or device."""
