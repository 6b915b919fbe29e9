"""Certificates of the same shape: who issued them, whom they name, when they hold, what is sent.

A certificate is told apart by its key, and a key belongs to the first host that presented it: hosts that
share a certificate share it in the lab, so that a TLSA record that fits both goes on fitting both.
"""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.lab.ca import WRONG_NAME
from mailpath.lab.grammar import MAX_ISSUERS, Certificate
from mailpath.match import der as asn1
from mailpath.match import pkix, usage
from mailpath.match.certificate import CertificateFacts, describe, signed_by
from mailpath.match.names import COMMON_NAME, certificate_names
from mailpath.network.capture import Capture
from mailpath.rehearse.notes import Notes, is_plain
from mailpath.wording.times import DAY

#: What the lab's own certificates have, in days from now.
_USUAL = (-30.0, 60.0)
_CLOSE = 0.05  # days: a capture is made some time after its lab began
_KEYS = {"EC secp256r1": "ecdsa-p256", "EC secp384r1": "ecdsa-p384", "EC secp521r1": "ecdsa-p521"}
_RSA = (1024, 2048, 3072, 4096)
_PURPOSES = {"server": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2"}


class Certificates:
    """Reads the chains of one capture.  `paths`: host, what was drawn -> the path (DER) up."""

    def __init__(self, capture: Capture, notes: Notes) -> None:
        self._roots = capture.ground.roots
        self._made = capture.ground.made
        self._notes = notes
        self._keys: dict[str, tuple[str, str]] = {}
        self._labels: dict[str, int] = {}
        self.paths: dict[tuple[str, Certificate], tuple[bytes, ...]] = {}

    def draw(self, chain: tuple[bytes, ...], host: str) -> Certificate:
        """The certificate that `host` presents with `chain` (DER, leaf first; not empty)."""
        leaf, facts = chain[0], describe(chain[0])
        if facts.error:
            self._notes.add(host, "its certificate cannot be read; a self-signed one stands for it")
            return Certificate(preset="self-wrongname")
        path, public = self._path(chain)
        owner, label = self._key_of(facts, host)
        drawn = replace(
            self._shape(facts, chain, path, public, host),
            key=label,
            host="" if owner == host else f"{owner}.",
            **self._named(leaf, owner),
        )
        weak = "SHA1" in facts.signature_algorithm.upper().replace("-", "")
        drawn = replace(
            drawn,
            algorithm=self._algorithm(facts, host),
            sha="sha1" if weak and self._can_sha1(drawn, facts, host) else "sha256",
            eku=self._purposes(leaf, host),
            days=self._days(facts, host),
        )
        self.paths.setdefault((host, drawn), path)
        return drawn

    def _path(self, chain: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], bool]:
        """From leaf to anchor, and whether the anchor is public: trusted at any time that the leaf holds."""
        facts = describe(chain[0])
        if facts.self_signed and chain[0] not in self._roots:
            return chain[:1], False
        moments = [self._made, (facts.not_before or 0) + 1, (facts.not_after or 1) - 1]
        for at in moments:
            found = pkix.verify(chain, self._roots, at, floor=pkix.Floor.NONE, purpose="any")
            if found.trusted:
                return found.path, True
        path = [chain[0]]
        while len(path) <= MAX_ISSUERS:
            above = next((each for each in chain if each not in path and _issued(path[-1], each)), None)
            if above is None:
                break
            path.append(above)
        return tuple(path), False

    def _shape(
        self,
        facts: CertificateFacts,
        chain: tuple[bytes, ...],
        path: tuple[bytes, ...],
        public: bool,
        host: str,
    ) -> Certificate:
        """Preset, number of issuers and what is sent."""
        strangers = [each for each in chain if each not in path]
        if strangers:
            self._notes.add(host, "it sends certificates that are not on the path; they are left out here")
        sent = tuple(path.index(each) for each in chain if each in path)[:16]
        if len(path) == 1 and facts.self_signed:
            return Certificate(preset="self")
        if public:
            if len(path) - 2 > MAX_ISSUERS:
                self._notes.add(host, "its chain is longer than a scenario can say")
                return Certificate(preset="web")
            drawn = Certificate(preset="web", issuers=max(0, len(path) - 2))
        else:
            # An issuer that nobody has shown signed the topmost one, unless that one signed itself.
            shown = describe(path[-1]).self_signed
            drawn = Certificate(preset="ta", issuers=min(MAX_ISSUERS, len(path) - (2 if shown else 1)))
        return _plainest(replace(drawn, sent=tuple(each for each in sent if each <= drawn.top)))

    def _named(self, leaf: bytes, owner: str) -> dict[str, object]:
        """Names of the certificate, where they are not what the lab would put there."""
        found, common = certificate_names(leaf), _common(leaf)
        usable = tuple(name for name in found.dns if is_plain(name.replace("*", "x")) and len(name) <= 253)
        if usable != found.dns or found.refused or found.addresses:
            self._notes.add(owner, "its certificate has names that a scenario cannot say; they match no host")
        if found.has_dns_id and not usable:
            usable = (WRONG_NAME,)
        named: dict[str, object] = {}
        if not found.has_dns_id:
            named["san"] = False
            usable = (common,) if is_plain(common) else ()
        if usable != (owner,):
            named["names"] = tuple(f"{name}." for name in usable)
        if common.lower() != (usable[0] if usable else ""):
            named["cn"] = common
        return named

    def _key_of(self, facts: CertificateFacts, host: str) -> tuple[str, str]:
        """Whose key it is, and its label there."""
        if facts.spki_sha256 not in self._keys:
            number = self._labels[host] = self._labels.get(host, 0) + 1
            self._keys[facts.spki_sha256] = host, "current" if number == 1 else f"key{number}"
        return self._keys[facts.spki_sha256]

    def _algorithm(self, facts: CertificateFacts, host: str) -> str:
        if facts.key_type in _KEYS:
            return _KEYS[facts.key_type]
        nearest = max((bits for bits in _RSA if bits <= facts.key_bits), default=_RSA[0])
        if facts.key_type == "RSA":
            if nearest != facts.key_bits:
                self._notes.add(host, f"its key has {facts.key_bits} bits; in the lab it has {nearest}")
            return f"rsa-{nearest}"
        self._notes.add(host, f"its key is {facts.key_type or 'of an unknown kind'}; in the lab it is P-256")
        return "ecdsa-p256"

    def _can_sha1(self, drawn: Certificate, facts: CertificateFacts, host: str) -> bool:
        possible = (
            facts.key_type == "RSA" if drawn.family == "self" else drawn.issuers != 0 or drawn.family != "web"
        )
        if not possible:
            self._notes.add(
                host, "its certificate is signed with SHA-1, which the lab cannot do with this key"
            )
        return possible

    def _purposes(self, leaf: bytes, host: str) -> tuple[str, ...]:
        parts = asn1.parts(leaf)
        if parts is None:
            return ("server",)
        if not usage.allows_handshake(leaf, "TLSv1.3", ""):
            self._notes.add(host, "its certificate's key usage forbids TLS; in the lab it has none")
        kinds = usage.extended_key_usage(parts)
        return () if kinds is None else tuple(name for name, oid in _PURPOSES.items() if oid in kinds)

    def _days(self, facts: CertificateFacts, host: str) -> tuple[float, float] | None:
        if facts.not_before is None or facts.not_after is None or facts.not_before >= facts.not_after:
            self._notes.add(host, "the dates of its certificate cannot be read")
            return None
        begin, end = ((moment - self._made) / DAY for moment in (facts.not_before, facts.not_after))
        if abs(begin - _USUAL[0]) < _CLOSE and abs(end - _USUAL[1]) < _CLOSE:
            return None
        return _rounded(begin), _rounded(end)


def _rounded(days: float) -> float:
    """To a minute; past stays past."""
    bounded = max(-36500.0, min(36500.0, days))
    return round(bounded, 3) or (0.001 if days > 0 else -0.001)


def _common(leaf: bytes) -> str:
    """The first common name, as it stands; "" without one that can be read."""
    try:
        subject = asn1.take_apart(leaf).subject
        found = (asn1.text(tag, held) for kind, tag, held in asn1.attributes(subject) if kind == COMMON_NAME)
        return next(found, "")
    except asn1.BadDer:
        return ""


def _issued(below: bytes, above: bytes) -> bool:
    """Whether `above` issued `below`."""
    issuer, subject = asn1.parts(below), asn1.parts(above)
    if issuer is None or subject is None or issuer.issuer != subject.subject:
        return False
    return signed_by(below, subject.spki)


def _plainest(drawn: Certificate) -> Certificate:
    """The same with a preset's own name and defaults, where one says it."""
    usual = replace(drawn, issuers=None, sent=None)
    if usual.top != drawn.top:
        return drawn
    for variation in ("", "-noint", "-withroot") if drawn.family == "web" else ("", "-nochain"):
        named = replace(usual, preset=f"{drawn.family}{variation}")
        if named.presented == drawn.presented:
            return named
    return replace(drawn, issuers=None)
