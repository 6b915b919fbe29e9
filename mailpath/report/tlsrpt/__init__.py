"""TLS reports (RFC 8460): the one a sender would have filed for a walk, and those that were received."""

from mailpath.report.tlsrpt.build import build, empty, encode
from mailpath.report.tlsrpt.carried import ReportError
from mailpath.report.tlsrpt.check import POLICY_TYPES, check
from mailpath.report.tlsrpt.read import (
    ReceivedReport,
    ReportedFailure,
    ReportedPolicy,
    read,
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
    "render_text",
    "to_dict",
]
