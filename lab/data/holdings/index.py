"""Package indexes as pip is set up for them: which there are, and the file of a given name that one of them offers.

pip itself is only asked how it is set up. To download a source archive it would build the package's metadata, and so
run the set-up script of that package with whatever tools it finds for it; here a file is fetched and nothing else.
"""

from __future__ import annotations

import ast
import base64
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit
from urllib.request import Request, urlopen

DEFAULT_INDEX = "https://pypi.org/simple"
PATIENCE = 60.0  # seconds without an answer
PAGES = "application/vnd.pypi.simple.v1+html, text/html;q=0.9"
_SETTING = re.compile(r"(?P<scope>:env:|global|install|download)\.(?P<name>[a-z-]+)=(?P<value>'.*'|\".*\")")


def fetch_file(project: str, name: str) -> bytes:
    """The file `name` of `project` from the first index that offers it (PEP 503), unopened and unchecked.

    Raises `OSError` where pip is to use no index, where none of them answers and where none has the file.
    """
    settings = read_settings()
    page = re.sub(r"[-_.]+", "-", project).lower()
    troubles = []
    for index in list_indexes(settings):
        try:
            begin = f"{index.rstrip('/')}/{page}/"
            listing, base = _open(begin + ("index.html" if begin.startswith("file:") else ""), settings)
            if link := next(filter(lambda url: _name_file(url) == name, _list_links(listing.decode(), base)), None):
                return _open(link, settings)[0]
            troubles.append(f"{_hide_login(index)} does not offer it")
        except (OSError, ValueError) as error:  # a damaged address is a ValueError
            troubles.append(f"{_hide_login(index)}: {error}")
    raise OSError("; ".join(troubles) or "pip is set up for no index")


def list_indexes(settings: Mapping[str, str]) -> list[str]:
    """The addresses that pip would ask, in its order."""
    if settings.get("no-index", "0").lower() in ("1", "true", "yes", "on"):
        return []
    return [settings.get("index-url", DEFAULT_INDEX), *settings.get("extra-index-url", "").split()]


def read_settings() -> dict[str, str]:
    """What pip's configuration files and variables set, the variables before the files."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    found = [match for line in done.stdout.splitlines() if (match := _SETTING.fullmatch(line.strip()))]
    ranks = ("global", "install", "download", ":env:")
    return {
        match["name"]: ast.literal_eval(match["value"])
        for match in sorted(found, key=lambda match: ranks.index(match["scope"]))
    }


def _open(address: str, settings: Mapping[str, str]) -> tuple[bytes, str]:
    """What stands there, and where it was found in the end; a login in the address goes to its host alone."""
    parts = urlsplit(address)
    login, _, host = parts.netloc.rpartition("@")
    request = Request(urlunsplit(parts._replace(netloc=host)), headers={"Accept": f"{PAGES}, */*;q=0.1"})
    if login:
        token = base64.b64encode(unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    trust = ssl.create_default_context(cafile=settings.get("cert"))
    with urlopen(request, timeout=PATIENCE, context=trust) as answer:
        found = urlsplit(answer.url)
        base = found._replace(netloc=parts.netloc) if found.netloc == host else found
        return answer.read(), urlunsplit(base)


def _list_links(page: str, base: str) -> Iterator[str]:
    links: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "a" and (target := dict(attrs).get("href")):
                links.append(urldefrag(urljoin(base, target)).url)

    Reader().feed(page)
    yield from links


def _name_file(address: str) -> str:
    return unquote(urlsplit(address).path.rpartition("/")[2])


def _hide_login(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
