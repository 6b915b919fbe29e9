"""Does this certificate, this host match?  Names, certification paths, DANE, MTA-STS: pure functions."""
