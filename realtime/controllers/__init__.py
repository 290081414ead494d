"""Hardware and programs that turn the desk's controls from outside: OSC, OSCQuery, VMC and MIDI."""
