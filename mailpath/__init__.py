"""Traceroute for mail security."""

__version__ = "0.1.0"
