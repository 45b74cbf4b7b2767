"""A small client of WebDriver BiDi, which Firefox speaks by itself: no driver, no patched build, no library.

Playwright's client asks for commands that Firefox's extended support release does not know yet.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LONGEST_S = 120
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class WebSocket:
    """Client side of RFC 6455: text messages, whole or in parts."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=LONGEST_S)
        key = base64.b64encode(os.urandom(16)).decode("ascii")
        head = (
            f"GET {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        self.socket.sendall("\r\n".join([*head, "", ""]).encode("ascii"))
        self.stream = self.socket.makefile("rb")
        assert b" 101 " in self.stream.readline()
        while self.stream.readline() not in (b"\r\n", b""):
            pass

    def send(self, text: str, kind: int = TEXT) -> None:
        """Send one message in one frame, masked as a client must."""
        content, mask = text.encode("utf-8"), os.urandom(4)
        size = len(content)
        short = size if size < 126 else 126 if size < 1 << 16 else 127
        length = b"" if short == size else struct.pack("!H" if short == 126 else "!Q", size)
        masks = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(content) ^ int.from_bytes(masks)).to_bytes(size)
        self.socket.sendall(bytes([0x80 | kind, 0x80 | short]) + length + mask + masked)

    def receive(self) -> str:
        """Return the next text message."""
        content = b""
        while True:
            first, short = self.stream.read(2)
            size = short & 0x7F
            if size >= 126:
                size = int.from_bytes(self.stream.read(2 if size == 126 else 8))
            part = self.stream.read(size)
            if first & 0x0F == PING:
                self.send(part.decode("utf-8"), PONG)
            elif first & 0x0F == CLOSE:
                raise ConnectionError(part)
            else:
                content += part
                if first & 0x80:
                    return content.decode("utf-8")

    def close(self) -> None:
        """Close the connection."""
        self.stream.close()
        self.socket.close()


class Firefox:
    """A headless Firefox with one page, and the errors and warnings that it wrote to its console."""

    def __init__(self, program: str) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.troubles: list[str] = []
        self.count = 0
        self.process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--profile", str(self.folder), "--remote-debugging-port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.connection = WebSocket(f"{self._address()}/session")
            self.command("session.new", capabilities={})
            self.command("session.subscribe", events=["log.entryAdded"])
            self.page = self.command("browsingContext.getTree")["contexts"][0]["context"]
        except BaseException:
            self.close()
            raise

    def _address(self) -> str:
        """Return where Firefox listens, which it writes into its profile."""
        until = time.monotonic() + LONGEST_S
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError, json.JSONDecodeError):
                found = json.loads((self.folder / "WebDriverBiDiServer.json").read_text("utf-8"))
                return f"ws://{found['ws_host']}:{found['ws_port']}"
            time.sleep(0.05)
        message = "Firefox does not listen"
        raise ConnectionError(message)

    def command(self, method: str, **params: object) -> Any:  # noqa: ANN401 - whatever the command returns
        """Carry out a command and return its result."""
        self.count += 1
        self.connection.send(json.dumps({"id": self.count, "method": method, "params": params}))
        while True:
            message = json.loads(self.connection.receive())
            if message.get("method") == "log.entryAdded" and message["params"]["level"] in ("error", "warn"):
                self.troubles.append(message["params"]["text"])
            if message.get("id") == self.count:
                assert message["type"] == "success", message
                return message["result"]

    def open(self, file: Path) -> None:
        """Open a map and wait until it is drawn."""
        self.command("browsingContext.navigate", context=self.page, url=file.resolve().as_uri(), wait="complete")
        self.drawn()

    def reload(self) -> None:
        """Open the page again as its history has it."""
        self.evaluate("window.isLeft = true")
        self.command("browsingContext.reload", context=self.page, wait="complete")
        self.drawn()

    def drawn(self) -> None:
        """Wait until the map is drawn."""
        until = time.monotonic() + LONGEST_S
        while time.monotonic() < until:
            # A page that is being left answers with an error.
            with contextlib.suppress(AssertionError):
                if self.evaluate("!window.isLeft && document.body?.dataset.drawn === 'yes'"):
                    return
            time.sleep(0.05)
        message = "the map is not drawn"
        raise TimeoutError(message)

    def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page returns
        """Return the value of an expression, awaited."""
        result = self.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})) ?? 'null')()",
            target={"context": self.page},
            awaitPromise=True,
        )
        assert result["type"] == "success", result
        return json.loads(result["result"]["value"])

    def resize(self, width: int, height: int) -> None:
        """Give the page another size."""
        size = {"width": width, "height": height}
        self.command("browsingContext.setViewport", context=self.page, viewport=size)

    def close(self) -> None:
        """End the browser and remove its profile."""
        if hasattr(self, "connection"):
            self.connection.close()
        self.process.terminate()
        self.process.wait(LONGEST_S)
        shutil.rmtree(self.folder, ignore_errors=True)
