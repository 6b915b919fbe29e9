"""TLS reports (RFC 8460): the one a sender would have filed for a walk, and those that were received."""

from mailpath.tickets.tlsrpt.build import build, empty, encode
from mailpath.tickets.tlsrpt.carried import ReportError
from mailpath.tickets.tlsrpt.check import POLICY_TYPES, check
from mailpath.tickets.tlsrpt.read import (
    ReceivedReport,
    ReportedFailure,
    ReportedPolicy,
    read,
    read_all,
    render_text,
    to_dict,
)

__all__ = [
    "POLICY_TYPES",
    "ReceivedReport",
    "ReportError",
    "ReportedFailure",
    "ReportedPolicy",
    "build",
    "check",
    "empty",
    "encode",
    "read",
    "read_all",
    "render_text",
    "to_dict",
]
