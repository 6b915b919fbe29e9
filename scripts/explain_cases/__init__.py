"""What can be at the root of a failure: small walks, of which scripts/reaches.py asks who fails how."""
