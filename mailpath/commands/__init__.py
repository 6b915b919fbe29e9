"""What each command does, once its words are parsed; loaded when the command is run, and not before."""
