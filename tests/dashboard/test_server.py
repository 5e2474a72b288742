"""The network posture holds from whatever folder the dashboard is started in."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.dashboard.serving import serve_dashboard


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("elsewhere")
    with serve_dashboard(folder, {"LAB_STORE": str(folder / "lab.db"), "LAB_ARCHIVES": str(folder)}) as port:
        yield port


def shake_hands(port: int, host: str, origin: str) -> int:
    """The status a WebSocket handshake is answered with."""
    fields = {
        "Host": host,
        "Origin": origin,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    request = "GET /_stcore/stream HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request.encode())
        return int(connection.recv(64).split()[1])


def test_the_own_page_may_connect(port: int) -> None:
    assert shake_hands(port, f"localhost:{port}", f"http://localhost:{port}") == 101


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("evil.example", "http://evil.example"),
        ("localhost", "http://evil.example"),
        ("evil.example:80", "http://localhost"),
    ],
)
def test_a_foreign_page_may_not(port: int, host: str, origin: str) -> None:
    assert shake_hands(port, host, origin) == 403


def test_nothing_listens_beyond_this_address(port: int) -> None:
    # A server on all interfaces would answer on every loopback address as well.
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=2):
        pass
