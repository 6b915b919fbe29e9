"""Traceroute for mail security."""

__version__ = "0.2.0"
