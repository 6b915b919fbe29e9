"""What the path screen is made of beside its widgets: walking, looking, reading, keeping."""
