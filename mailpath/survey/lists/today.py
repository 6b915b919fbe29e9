"""What the sender does today, as its log tells: the posture against which others are held.

A log names what happened, not what was set: the proposal is the weakest posture that explains it, and its
sentence says by what.  Where nothing tells there is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

#: smtp_tls_security_level as 3.11 logs it -> the preset.
_LEVELS = {
    "none": "postfix-none",
    "may": "postfix-may",
    "encrypt": "postfix-encrypt",
    "verify": "postfix-verify",
    "secure": "postfix-secure",
    "dane": "postfix-dane",
    "dane-only": "postfix-dane-only",
}
_WORDS = ("Anonymous", "Untrusted", "Trusted", "Verified")
#: Of what a level demands.
_REFUSED = ("required", "dane-only", "not-verified")


def proposed(kind: str, said: Counter[str]) -> tuple[str | None, str]:
    """(the posture, why); `said`: what a log of `kind` says of TLS, and how often."""
    if kind == "exchange":
        return "exchange-online", "Exchange Online writes such a trace."
    if kind == "exim":
        return _exim(said)
    if kind in ("postfix", "system"):
        return (
            _postfix(said) if not said.keys() & {"plaintext", "CV=no", "CV=yes", "CV=dane"} else _exim(said)
        )
    return None, "Such a list does not say what its sender does."


def _postfix(said: Counter[str]) -> tuple[str | None, str]:
    levels = Counter({word[4:]: number for word, number in said.items() if word.startswith("tls=")})
    level = next((level for level, _ in levels.most_common() if level in _LEVELS), None)
    if level is not None:
        return _LEVELS[level], f"{levels[level]:,} of {levels.total():,} deliveries have tls={level}."
    words = {word: said[word] for word in _WORDS if said[word]}
    if not words and not any(said[word] for word in _REFUSED):
        return None, "The log does not say how mail was sent: smtp_tls_loglevel = 1 has Postfix tell."
    told = _told(words)
    if said["dane-only"] and set(words) <= {"Verified"}:
        return "postfix-dane-only", f"{told}, and mail to domains without DNSSEC was deferred."
    if "Verified" in words and len(words) > 1:
        return "postfix-dane", f"{told}: some hosts are verified, the others need not be."
    if "Verified" in words:
        return "postfix-verify", f"{told}: every host is verified."
    if said["required"]:
        return "postfix-encrypt", f"{told}, and mail was deferred where TLS was not offered."
    return "postfix-may", f"{told}: no host is verified."


def _told(words: Mapping[str, int]) -> str:
    parts = ", ".join(f"{number:,} {word}" for word, number in words.items())
    return f"TLS connections: {parts}" if parts else "No TLS connection was told of"


def _exim(said: Counter[str]) -> tuple[str | None, str]:
    total = sum(said[word] for word in ("plaintext", "CV=no", "CV=yes", "CV=dane"))
    if not total and not said["required"]:
        return None, "No delivery in the log says how mail was sent."
    if said["CV=dane"]:
        return "exim", f"{said['CV=dane']:,} of {total:,} deliveries have CV=dane."
    if said["required"] and not said["plaintext"]:
        return "exim-require-tls", "Mail was deferred where TLS was not offered, and none went without."
    if said["plaintext"] == total:
        return "exim-none", f"None of {total:,} deliveries has X=, the field of a TLS session."
    return (
        "exim-opportunistic",
        f"{total - said['plaintext']:,} of {total:,} deliveries used TLS, none by DANE.",
    )
