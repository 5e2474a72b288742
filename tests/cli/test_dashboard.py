"""`lab dashboard` serves on this machine alone, says where, and leaves nothing behind."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection

import pytest

from tests.cli.driving import Terminal


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_ended(terminal: Terminal, ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "lab.cli", "dashboard", "--no-open"]
    with subprocess.Popen(
        command, cwd=terminal.folder, env=terminal.environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:(\d+)", server.stdout.readline())
            assert found
            port = int(found[1])
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
            connection.close()
            server.send_signal(ending)
            assert server.wait(timeout=60) == 0
        finally:
            server.terminate()  # leaving the block waits for it, whatever failed in between
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)), "the server outlived its command"


def test_a_taken_port_is_named(terminal: Terminal) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        assert "is taken" in terminal.refuse("dashboard", "--port", str(holder.getsockname()[1]))
