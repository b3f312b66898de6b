"""Downloads fail at once, and say what they wanted: a case runs without a network."""

import socket
import urllib.request
from typing import Any, NoReturn
from urllib.error import URLError

import torch.hub


class NeedsDownload(URLError):
    """Something was to be fetched from the network. Code that looks elsewhere when it is offline
    goes on as it would there."""

    def __init__(self, what: object) -> None:
        super().__init__(f"needs a download of {what}, and cases run without a network")

    def __str__(self) -> str:
        return str(self.reason)


def refuse_downloads() -> None:
    """Let whatever fetches from the network in this process raise NeedsDownload, files that are
    there already aside."""
    for holder, name in (
        (torch.hub, "download_url_to_file"),
        (urllib.request, "urlopen"),
        (urllib.request, "urlretrieve"),
    ):
        setattr(holder, name, refuse_url)
    setattr(torch.hub, "load", _load_from_hub)  # noqa: B010  # its type has more parameters
    setattr(socket, "getaddrinfo", _address)  # noqa: B010  # the same


def refuse_url(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises NeedsDownload, for the URL among the arguments."""
    url = args[0] if args else kwargs.get("url", "something")
    raise NeedsDownload(getattr(url, "full_url", url))


_hub_load: Any = torch.hub.load


def _load_from_hub(repo_or_dir: Any, *args: Any, **kwargs: Any) -> Any:
    if kwargs.get("source", "github") == "local":
        return _hub_load(repo_or_dir, *args, **kwargs)
    raise NeedsDownload(f"https://github.com/{repo_or_dir}")


_getaddrinfo = socket.getaddrinfo
_HERE = ("localhost", "127.0.0.1", "::1", "", None)


def _address(host: Any, *args: Any, **kwargs: Any) -> Any:
    if host in _HERE:
        return _getaddrinfo(host, *args, **kwargs)
    raise NeedsDownload(f"something from {host}")
