"""A certificate for mx.b.example and b.example, and the authority that vouches for it: both made once, valid
from 2020 to 2049, their keys thrown away.
"""

from __future__ import annotations

from base64 import b64decode

#: A moment at which they hold: 2026-06-01.
AT = 1780272000

ROOT = b64decode(
    "MIIBLjCB1qADAgECAgEBMAoGCCqGSM49BAMCMBcxFTATBgNVBAMMDEV4YW1wbGUgUm9vdDAeFw0yMDAxMDEwMDAwMDBaFw00OTEy"
    "MzEwMDAwMDBaMBcxFTATBgNVBAMMDEV4YW1wbGUgUm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAFF+wgZqzdpPurFA5QB"
    "q8B84mDdPuk73b4k6kYvG57XblT/oR7YuqT6rJQqs8aPZIbN94vDDfMbgp77wmuWRNujEzARMA8GA1UdEwEB/wQFMAMBAf8wCgYI"
    "KoZIzj0EAwIDRwAwRAIgYiIY6+5jJrX/dyy7V38vrwBKa+siMq1vu7S4X1+uC7QCIBpgmLYzCGLpTWGBkjf7qk4A7Io8aKoFsz3B"
    "lls+xIY/"
)

LEAF = b64decode(
    "MIIBTzCB96ADAgECAgECMAoGCCqGSM49BAMCMBcxFTATBgNVBAMMDEV4YW1wbGUgUm9vdDAeFw0yMDAxMDEwMDAwMDBaFw00OTEy"
    "MzEwMDAwMDBaMBcxFTATBgNVBAMMDG14LmIuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBCHuDoCGlYShfIvWxlY"
    "mla3HvOvXVik4QBadlbBoaaUYvoHIOPFAX2kddQCkTYjOe8PsK63Xy9VxI4a48PGpnOjNDAyMAwGA1UdEwEB/wQCMAAwIgYDVR0R"
    "BBswGYIMbXguYi5leGFtcGxlggliLmV4YW1wbGUwCgYIKoZIzj0EAwIDRwAwRAIgBdJGQFHk5yotbFPhtoFhjEx7DM8Vsg3IIjLK"
    "SqsybUoCIBYY5U9L2Y4e6QjQe3Kj5EApD8Y0wB3FFiO3xom3OFyG"
)
