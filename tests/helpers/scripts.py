"""What runs a page's scripts in tests: node, for functions; a headless Chromium, for whole pages."""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

NODE, CHROMIUM = shutil.which("node"), shutil.which("chromium") or shutil.which("google-chrome")


def run_node(script, value):
    """What the function `main` (value -> result, perhaps by a promise) of a script returns."""
    ending = "\nmain(JSON.parse(require('fs').readFileSync(0))).then((made) => console.log(JSON.stringify(made)));"
    done = subprocess.run([NODE, "-e", script + ending], input=json.dumps(value), capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


class Browser:
    """A headless Chromium with one page, driven by the DevTools protocol over pipes."""

    def __init__(self, profile: Path):
        (inside, self._out), (self._in, outside) = os.pipe(), os.pipe()
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync",
                   f"--user-data-dir={profile}", "--remote-debugging-pipe"]  # fmt: skip
        shell = ["bash", "-c", f'exec "$0" "$@" 3<&{inside} 4>&{outside}', CHROMIUM, *options]
        self._process = subprocess.Popen(shell, pass_fds=(inside, outside), stderr=subprocess.DEVNULL)
        os.close(inside)
        os.close(outside)
        self._replies, self._session, self._count, self.events = open(self._in, "rb"), None, 0, []  # noqa: SIM115
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """Ask, and wait for the answer; what happens meanwhile is kept in `events`."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        self._write(json.dumps(message).encode() + b"\0")
        while True:
            reply = json.loads(self._read())
            if reply.get("id") == self._count:
                assert "error" not in reply, reply
                return reply["result"]
            self.events.append(reply)

    def _write(self, data):
        while data:
            data = data[os.write(self._out, data) :]

    def _read(self):
        read = bytearray()
        while (byte := self._replies.read(1)) != b"\0":
            assert byte, "Chromium has ended"
            read += byte
        return read

    def open(self, address):
        """Go there; scripts have run when this returns."""
        self.call("Page.navigate", url=address)
        self.evaluate(
            "new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))"
        )

    def view(self, width, height=900, scheme="light"):
        """Show pages in a window of that size, light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, key, code, times=1):
        """Press a key; `code` is its virtual key code."""
        for _ in range(times):
            for kind in ("rawKeyDown", "keyUp"):
                self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def point(self, x, y):
        """Move the pointer to a place of the window."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def evaluate(self, expression):
        """The value of an expression in the page, or of its promise."""
        made = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in made, made
        return made["result"].get("value")

    def complaints(self):
        """What went to the console or was logged, and every address beyond the page itself and its blobs."""
        kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        asked = (event["params"]["request"]["url"] for event in self.events
                 if event["method"] == "Network.requestWillBeSent")  # fmt: skip
        return [event for event in self.events if event["method"] in kinds] + [
            url for url in asked if not url.startswith(("file:", "blob:", "data:"))
        ]

    def close(self):
        """End it."""
        with contextlib.suppress(OSError):
            os.close(self._out)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        self._process.kill()
        self._process.wait()
        self._replies.close()
