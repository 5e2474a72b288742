"""`lab dashboard`: the browser face."""

import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from typing import Annotated

import typer

from lab.cli.console.output import print_text
from lab.core.errors import InputError, LabError
from lab.core.registry import ROOT

ADDRESS = "127.0.0.1"
FIRST_PORT = 8501
START_SECONDS = 60.0


def command(
    port: Annotated[int, typer.Option("--port", help=f"Port; default: the first free one from {FIRST_PORT}.")] = 0,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
) -> None:
    """Serve the dashboard on this machine only, until Ctrl-C."""
    port = _claim_port(port)
    address = f"http://{ADDRESS}:{port}"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # however we are ended, the server ends with us
    streamlit = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard/site/app.py")]
    server = subprocess.Popen(
        [*streamlit, f"--server.address={ADDRESS}", f"--server.port={port}"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.DEVNULL,
    )
    try:
        _await_health(server, port)
        print_text(f"Dashboard: {address}  (Ctrl-C ends it)")
        if open_browser:
            webbrowser.open(address)
        server.wait()
    except KeyboardInterrupt:
        print_text("Dashboard ended.")
    finally:
        server.terminate()
        server.wait()


def _claim_port(wanted: int) -> int:
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + 100):
        with socket.socket() as probe:
            if probe.connect_ex((ADDRESS, port)):
                return port
    raise InputError("--port", wanted or FIRST_PORT, "is taken by another program", "name a free one or none")


def _await_health(server: subprocess.Popen[bytes], port: int) -> None:
    from http import HTTPStatus
    from http.client import HTTPConnection

    connection = HTTPConnection(ADDRESS, port, timeout=5)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise LabError("dashboard", rule="its server did not start", next_step="`lab doctor` names what is missing")
