"""How a field of a document is described, for the schema."""

import msgspec


def described(text: str) -> msgspec.Meta:
    """What a field is."""
    return msgspec.Meta(description=text)
