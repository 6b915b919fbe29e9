"""What people type, and what they are told where it is no domain."""

from __future__ import annotations

import pytest

from mailpath.names import BadName, is_mailbox, to_domain


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Nothing was typed"),
        ("<>", "Nothing stands between < and >"),
        ("Mail System <>", "Nothing stands between < and >"),
        ("user@", "Nothing stands behind the @."),
        ("User <user@>", "Nothing stands behind the @."),
        (".", "The root takes no mail"),
        ("user@.", "The root takes no mail"),
        ("a..example", "two dots in a row"),
        ("..", "two dots in a row"),
        (".example", "two dots in a row"),
    ],
)
def test_what_is_no_domain(typed: str, sentence: str) -> None:
    with pytest.raises(BadName, match=sentence):
        to_domain(typed)


@pytest.mark.parametrize(
    ("typed", "holds"),
    [
        ("a@b.example", True),
        ('"a b"@b.example', True),
        ('"a@b"@b.example', True),
        ("jürgen@b.example", True),
        ("a b@b.example", False),
        ('"a"b"@b.example', False),
        ('"a\x85b"@b.example', False),
        ("a@b.example\n", False),
        ("a\n@b.example", False),
        ("@b.example", False),
        ("a@", False),
        ("b.example", False),
        ("a" * 64 + "@b.example", True),
        ("a" * 65 + "@b.example", False),
        ("ü" * 33 + "@b.example", False),
    ],
)
def test_what_is_a_mailbox(typed: str, holds: bool) -> None:
    assert is_mailbox(typed) is holds
