"""An agent: the habits of one server program, as data.

The judge has one mechanism.  Where two programs differ, the difference has a name and is a field here.
Each field says what it means and where that is written: in Postfix's documentation and source (postconf(5),
src/smtp, src/tls), in Exim's specification and source, in the RFCs.  "Observed" means what a server was seen
to do: Postfix 3.7.11 and Exim 4.96 (GnuTLS), or the version that its presets name.
"""

from __future__ import annotations

from typing import Annotated

from mailpath.judge.agent_hosts import HostHabits
from mailpath.judge.habits import (
    Family,
    LostInTls,
    Reference,
    Refusal,
    Sni,
    Suites,
    TlsFieldWords,
    TlsLogWords,
    means,
    source,
)
from mailpath.judge.reply_parsing import ReplyParsing
from mailpath.match.dane import DaneRules
from mailpath.match.names import POSTFIX, RFC_8461, NameRules
from mailpath.match.pkix import Floor
from mailpath.match.sts_dialects import StsParsing


class Agent(HostHabits, frozen=True, kw_only=True):
    """What operators of a server program do not change, or hardly ever.

    `name`: the program with its version.  `source`: where its habits are written, or that they were seen.
    The defaults are those of the standards.
    """

    name: str
    source: str = ""
    family: Family = Family.RFC

    # --- the SMTP dialogue ---------------------------------------------------------------------------
    greeting_4xx: Annotated[
        Refusal,
        means("What a temporary refusal of the session does: at the greeting, EHLO or HELO."),
        source("RFC 5321 section 3.1; Haraka, ZoneMTA and Courier end the attempt, observed"),
    ] = Refusal.NEXT
    greeting_5xx: Annotated[
        Refusal,
        means("What a permanent refusal instead of a greeting does."),
        source("Postfix smtp_skip_5xx_greeting = yes: as 4xx; Exim smtp.c: permanent only at the last host"),
    ] = Refusal.NEXT
    helo_5xx: Annotated[Refusal, means("What a permanent reply to HELO does after EHLO was refused.")] = (
        Refusal.NEXT
    )
    ehlo_421_ends: Annotated[
        bool, means("421 to EHLO ends the session; no HELO follows."), source("Postfix smtp_proto.c")
    ] = True
    invalid_reply_is: Annotated[
        Refusal,
        means("What a reply other than 2yz, 4yz and 5yz does."),
        source("Postfix: permanent; Exim: temporary; observed"),
    ] = Refusal.NEXT
    reply_parsing: Annotated[
        ReplyParsing,
        means("How a reply with broken syntax is read, and how STARTTLS is found."),
        source("RFC 5321 section 4.2; Postfix smtp_chat.c, smtp_proto.c; Exim smtp_out.c, smtp.c; observed"),
    ] = ReplyParsing.STRICT
    pix_workaround: Annotated[
        bool,
        means(
            "A greeting of only `2`, `0`, blanks and asterisks is answered with HELO, so STARTTLS goes"
            " unseen."
        ),
        source("Postfix smtp_pix_workarounds = disable_esmtp, observed"),
    ] = False
    lost_before_tls: Annotated[
        Refusal,
        means("What happens if a session ends, or falls silent, at the greeting or at EHLO."),
        source("ZoneMTA mx-connect: a host that accepts the connection is the only one, observed"),
    ] = Refusal.NEXT
    lost_at_starttls: Annotated[
        Refusal,
        means("What happens if a session ends at STARTTLS; plaintext only if TLS is optional."),
        source("chasquid: at once without TLS; Courier: the next time; ZoneMTA: waits; observed"),
    ] = Refusal.NEXT
    starttls_missing: Annotated[
        Refusal,
        means("What happens if a host does not offer STARTTLS and TLS is required."),
        source("Postfix 4.7.4; mox sends STARTTLS anyway, and the 502 bounces the mail; observed"),
    ] = Refusal.NEXT
    starttls_4xx_required: Annotated[
        Refusal,
        means("What a 4xx reply to STARTTLS does if TLS is required."),
        source("Haraka and ZoneMTA end the attempt, observed"),
    ] = Refusal.NEXT
    starttls_5xx_required: Annotated[
        Refusal,
        means("What a 5xx reply to STARTTLS does if TLS is required."),
        source("Postfix smtp_trouble.c: bounced at once, observed"),
    ] = Refusal.NEXT
    tls_ehlo_ignored: Annotated[
        bool,
        means("A refusal of EHLO inside TLS changes nothing; otherwise it is an SMTP error."),
        source("EX, observed; PF, observed, for the other way"),
    ] = False

    ehlo_in_tls: Annotated[
        Refusal,
        means("What a refusal of EHLO inside TLS does, if it is not ignored; bounce: only a permanent one."),
        source("chasquid: at once without TLS; OpenSMTPD and ZoneMTA: waits; observed"),
    ] = Refusal.BOUNCE

    # --- TLS -----------------------------------------------------------------------------------------
    handshake_required: Annotated[
        Refusal,
        means("What a failed handshake does if TLS is required."),
        source("ZoneMTA: a failed policy is permanent, observed"),
    ] = Refusal.NEXT
    lost_in_tls: Annotated[
        LostInTls,
        means("What happens if a session ends right after the handshake."),
        source("OpenSMTPD, mox, Sendmail: no fallback to plaintext there; dma bounces; observed"),
    ] = LostInTls.AS_HANDSHAKE
    certificate_refused: Annotated[
        Refusal,
        means("What happens if a certificate must be good, and is not."),
        source("ZoneMTA: the attempt ends, observed"),
    ] = Refusal.NEXT
    name_refused: Annotated[
        Refusal,
        means("The same if only its name is wrong."),
        source("ZoneMTA: the mail bounces, observed"),
    ] = Refusal.NEXT
    certificate_falls_back: Annotated[
        bool,
        means(
            "If TLS is optional, a refused certificate counts as a failed handshake, which plaintext may"
            " follow."
        ),
        source("Courier esmtpclient.c with TLS_VERIFYPEER=PEER: at the next attempt, observed"),
    ] = False
    sni_dane: Annotated[Sni, means("The SNI with usable TLSA records."), source("RFC 7672 section 8.1")] = (
        Sni.BASE
    )
    sni_unusable: Annotated[
        Sni,
        means("The SNI with TLSA records that are plainly unusable (usage 0 and 1)."),
        source("Postfix: none, as the level is `encrypt`, observed"),
    ] = Sni.BASE
    sni_sts: Annotated[
        Sni,
        means("The SNI with an enforced MTA-STS policy."),
        source("RFC 8461 section 7.1; servername=hostname"),
    ] = Sni.MX
    sha1_handshake: Annotated[
        bool,
        means(
            "If a certificate is checked, a key exchange signed with SHA-1 (TLS 1.1 and older) is accepted."
        ),
        source("Postfix with OpenSSL 3: no, so that RSA key transport alone is left; observed"),
    ] = True
    suites: Annotated[Suites, means("The cipher suites that are offered in addition to the common ones.")] = (
        Suites.OPENSSL
    )
    floor: Annotated[
        Floor, means("Digests and keys that a chain may have if it is checked only for the log word.")
    ] = Floor.NONE
    floor_authenticated: Annotated[
        Floor,
        means("Digests and keys that a chain may have if it must verify."),
        source("Postfix with OpenSSL 3: no SHA-1, but RSA of 1024 bits, observed"),
    ] = Floor.OPENSSL_1
    name_rules: Annotated[
        NameRules, means("How names in certificates are compared."), source("RFC 6125, RFC 9525")
    ] = POSTFIX
    key_usage_fails: Annotated[
        bool,
        means("A leaf whose keyUsage does not allow the key exchange fails the handshake."),
        source("GnuTLS, observed"),
    ] = False
    injection_fails: Annotated[
        bool,
        means("Bytes after the 220 to STARTTLS fail the handshake; otherwise they are discarded."),
        source(
            'Exim smtp.c "synch error before connect", observed; Postfix vstream_fpurge, RFC 3207 section 4.2'
        ),
    ] = False
    trusted_requires_name: Annotated[
        bool,
        means("The log word for a trusted chain also requires the MX host name to match."),
        source("Exim CV=yes"),
    ] = False
    tls_log_words: Annotated[TlsLogWords, means("The words for the TLS session in the log.")] = TlsLogWords()
    tls_field_words: Annotated[
        TlsFieldWords, means("The words for DANE and for a policy in the field `tls=` of the delivery log.")
    ] = TlsFieldWords()

    # --- REQUIRETLS ----------------------------------------------------------------------------------
    requiretls_any_host: Annotated[
        bool,
        means("A host that is authenticated will do, even if nothing vouches for its name."),
        source(
            "RFC 8689 section 4.2.1 wants a signed MX or a policy that lists it; Postfix 3.11.7, observed"
        ),
    ] = False
    requiretls_last_decides: Annotated[
        bool,
        means(
            "A host that will not do is a failure like any other: the last host decides, and the mail waits"
            " after a handshake that broke off; otherwise the best host decides."
        ),
        source(
            "Postfix 3.11 smtp_misc_fail, SMTP_MISC_FAIL_SOFT_NON_FINAL, observed; RFC 8689 leaves it open"
        ),
    ] = False

    # --- DANE ----------------------------------------------------------------------------------------
    dane_with_insecure_mx_and_sts: Annotated[
        bool,
        means(
            "DANE first: behind an unsigned MX RRset, TLSA records must match in addition to an enforced"
            " policy."
        ),
        source("RFC 8461 section 2: a policy never overrides a failing DANE validation"),
    ] = True
    tlsa_at_alias: Annotated[
        bool,
        means("The MX host name is a second TLSA base domain in addition to its CNAME target."),
        source("RFC 7672 section 2.2.2"),
    ] = True
    tlsa_at_target: Annotated[
        bool,
        means("The MX host's CNAME target is the first TLSA base domain; otherwise only the alias is one."),
        source("RFC 7672 section 2.2.2; Sendmail 8.18: the MX name alone, observed"),
    ] = True
    tlsa_of_insecure_target: Annotated[
        bool,
        means("A signed alias has TLSA records of its own even if its target is unsigned."),
        source("RFC 7672 section 2.2.2; mox and Sendmail: no, observed"),
    ] = True
    tlsa_of_insecure_host: Annotated[
        bool,
        means("TLSA records are looked up even if the address is insecure."),
        source("Postfix smtp_tls_force_insecure_host_tlsa_lookup"),
    ] = False
    dane_rules: Annotated[
        DaneRules,
        means("How TLSA records are matched against a chain."),
        source("RFC 7671, RFC 7672 section 3"),
    ] = DaneRules()
    dane_references: Annotated[
        tuple[Reference, ...], means("Names that satisfy DANE-TA."), source("RFC 7672 section 3.2.2")
    ] = (
        Reference.BASE,
        Reference.NEXTHOP_EXPANDED,
        Reference.NEXTHOP,
    )
    dane_ta_name_mismatch_accepts_pkix: Annotated[
        bool,
        means("DANE-TA with a wrong name is enough if a trusted CA issued the chain."),
        source("Exim tls-gnu.c, observed"),
    ] = False
    no_plaintext_after_tlsa: Annotated[
        bool,
        means(
            "After a host with TLSA records, failed TLS never leads to plaintext, and that host's name"
            " stays the SNI."
        ),
        source("Exim smtp.c sets both for the rest of the delivery, observed"),
    ] = False
    dane_missing: Annotated[
        Refusal,
        means("What mandatory DANE does without secure TLSA records."),
        source("Postfix: deferred 4.7.5; Exim: bounced at once"),
    ] = Refusal.NEXT
    tries_next_mx_without_tlsa: Annotated[
        bool,
        means(
            "If `dane_missing` makes mail bounce, the next hosts are tried in vain: one that accepts mail"
            " gets none, and at one that fails the process crashes, so the mail waits."
        ),
        source("Exim 4.96, observed"),
    ] = False
    dane_unusable_delivers: Annotated[
        bool,
        means("Mandatory DANE with only unusable TLSA records still delivers, encrypted."),
        source("EX, observed"),
    ] = False

    # --- MTA-STS -------------------------------------------------------------------------------------
    sts_parsing: Annotated[
        StsParsing,
        means("How the TXT record, the policy and the policy host's certificate are read."),
        source("RFC 8461 section 3"),
    ] = StsParsing()
    sts_references: Annotated[
        tuple[Reference, ...],
        means("Names that the MX host's certificate may have under a policy."),
        source("RFC 8461 section 4.2"),
    ] = (Reference.MX,)
    sts_name_rules: Annotated[
        NameRules,
        means("How names are compared under a policy."),
        source("RFC 8461 section 4.2: a DNS-ID is a MUST"),
    ] = RFC_8461
    unlisted_mx: Annotated[
        Refusal,
        means("What happens at an MX host that the policy does not list."),
        source(
            "RFC 8461 section 5: the next host; ZoneMTA and Courier bounce if no other was tried, observed"
        ),
    ] = Refusal.NEXT
    defer_on_slow_policy: Annotated[
        bool,
        means(
            "A policy host that does not answer in time makes the mail wait; otherwise there is no policy."
        ),
        source("Sendmail 8.18 FEATURE(sts): the socket map times out before its resolver does, observed"),
    ] = False
    sts_with_unusable_tlsa: Annotated[
        bool,
        means("A policy holds for a host whose TLSA records are all unusable."),
        source("RFC 8461 section 2; Sendmail 8.18 and postfix-tlspol: DANE decides, observed"),
    ] = True
    defer_on_sts_lookup_error: Annotated[
        bool,
        means(
            "A failed lookup of the TXT record defers the mail if no policy is cached; otherwise it counts"
            " as no policy."
        ),
        source("mox mtastsdb.Get; RFC 8461 section 5.1"),
    ] = False
    sts_on_first_contact: Annotated[
        bool,
        means(
            "A policy fetched for the first time already applies to this message, not only to the next one."
        ),
    ] = True
