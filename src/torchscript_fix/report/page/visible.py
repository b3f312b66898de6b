"""Text of others made safe to look at: what cannot be seen, or turns the line around, is named; and
names of repositories become fragments and links that say nothing but what they are.
"""

import re
from urllib.parse import quote, urlsplit

MOST_GROUPS = 20
MOST_PLACES = 40
MOST_LINES = 16
"""Lines of a message."""
LONGEST_LINE = 500
LONGEST_TEXT = 600

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f]"
)
"""Unicode's categories Cc (but for tab and newline), Cf, Cs, Zl, Zp: among them what makes code
read otherwise than it runs (trojansource.codes)."""


def visible(text: str) -> str:
    """The text with `⟨U+202E⟩` where such a character stands."""
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def cut(text: str, longest: int) -> str:
    """The text, or its beginning and how much is missing."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]} … {len(text) - longest:,} more characters"


def short_line(text: str) -> str:
    """A name, a place or another line."""
    return cut(text, LONGEST_LINE)


def short_text(text: str) -> str:
    """A sentence or a few."""
    return cut(text, LONGEST_TEXT)


def short_message(text: str) -> str:
    """What the compiler or Python said, without empty lines around it."""
    lines = [short_line(line.rstrip()) for line in text.strip("\n").splitlines()]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"… {len(lines) - MOST_LINES:,} more lines"]
    return "\n".join(lines)


def fragment(name: str) -> str:
    """What stands after `#` to reach a repository: unreserved characters, `/`, and %XX."""
    return quote(name, safe="/", errors="backslashreplace")


_PLAIN_URL = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?/[A-Za-z0-9._~/+@%-]*")


def link(source: str) -> str | None:
    """The address to link to, where a source is one of the web: https and nothing unusual."""
    return source if _PLAIN_URL.fullmatch(source) else None


def without_password(source: str) -> str:
    """A URL without the user name and password that may stand in it."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return source
    if not parts.scheme or "@" not in parts.netloc or parts.scheme == "ssh":
        return source
    return source.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)


def link_to_patch(patch: str | None) -> str | None:
    """The relative address of a patch that lies beside the page, or below."""
    if patch is None or patch.startswith(("/", "\\")) or ".." in patch.split("/"):
        return None
    return "./" + quote(patch, safe="/", errors="backslashreplace")
