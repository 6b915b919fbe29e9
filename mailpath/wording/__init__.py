"""How things are worded and laid out, whatever shows them: times, phrases, columns."""
