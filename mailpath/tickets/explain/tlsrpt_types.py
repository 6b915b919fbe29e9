"""The result types of TLS reports in plain words (RFC 8460 section 4.3)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class ResultType(msgspec.Struct, frozen=True, kw_only=True):
    """`means`: one sentence; `findings`: codes under which a walk shows it; `cases`: ids of the cases
    (`reach.py`) that lead to it, from which the postures follow; `policy`: "sts", "tlsa" or "".
    """

    means: str
    findings: tuple[str, ...]
    cases: tuple[str, ...] = ()
    policy: str = ""


RESULT_TYPES: Mapping[str, ResultType] = {
    "starttls-not-supported": ResultType(
        means="The mail host did not offer STARTTLS, or refused it.",
        findings=("TLS002", "TLS003", "TLS021", "TLSA012", "STS017"),
        cases=("no-starttls", "no-starttls-tlsa", "no-starttls-sts", "starttls-refused-tlsa"),
    ),
    "certificate-host-mismatch": ResultType(
        means="The certificate does not name the host that the policy requires.",
        findings=("TLS010", "STS014", "TLSA009"),
        cases=("certificate", "certificate-sts"),
    ),
    "certificate-expired": ResultType(
        means="The certificate is expired or not yet valid.",
        findings=("TLS009", "STS014", "TLSA009"),
        cases=("certificate", "certificate-sts"),
    ),
    "certificate-not-trusted": ResultType(
        means="The sender does not trust the CA of the certificate.",
        findings=("TLS008", "TLS011", "TLS012", "STS014"),
        cases=("certificate", "certificate-sts"),
    ),
    "validation-failure": ResultType(
        means="The session could not be secured for another reason.",
        findings=("TLS004", "TLS006", "STS013"),
        cases=("handshake", "handshake-tlsa", "handshake-sts", "sts-unlisted"),
    ),
    "tlsa-invalid": ResultType(
        means="The mail host's certificate matches no TLSA record.",
        findings=("TLSA002", "TLSA003", "TLSA008", "TLS025"),
        cases=("certificate-tlsa", "tlsa-unusable"),
        policy="tlsa",
    ),
    "dnssec-invalid": ResultType(
        means="The DNS answers that DANE needs are not validly signed, or could not be looked up.",
        findings=("SEC002", "SEC012", "TLSA005"),
        cases=("tlsa-failed", "mx-bogus"),
        policy="tlsa",
    ),
    "dane-required": ResultType(
        means="The sender insists on DANE, but the mail host has no signed TLSA record.",
        findings=("TLSA001", "SEC001", "SEC004", "TLSA007"),
        cases=("tlsa-missing", "mx-unsigned", "host-unsigned"),
        policy="tlsa",
    ),
    "sts-policy-fetch-error": ResultType(
        means="The MTA-STS policy could not be fetched.",
        findings=("STS005", "STS007", "STS008"),
        policy="sts",
    ),
    "sts-policy-invalid": ResultType(
        means="The MTA-STS policy was fetched but is not valid.",
        findings=("STS009", "STS010"),
        policy="sts",
    ),
    "sts-webpki-invalid": ResultType(
        means="The certificate of the MTA-STS policy host is refused.",
        findings=("STS006",),
        policy="sts",
    ),
}
