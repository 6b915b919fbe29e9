"""A plan as people read it, a module for each format; JSON is `Plan.to_dict()`."""
