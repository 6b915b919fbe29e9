"""What an attacker on the path can do: one record per attack, its tampering with the exchanges, its cause."""
