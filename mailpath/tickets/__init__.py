"""What others wrote, read: log lines and codes explained, bounces, TLS reports (RFC 8460)."""
