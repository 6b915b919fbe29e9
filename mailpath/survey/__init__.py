"""Many domains at once: reads what we write to, walks each, and says what another posture would change."""
