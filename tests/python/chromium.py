"""Drives Chromium through its remote debugging pipe, without other packages."""

import json
import os
import shutil
import subprocess


def find():
    return next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)


class Page:
    """A page in a browser of its own. `errors` holds what its console and its scripts complained of."""

    def __init__(self, url, width=1280, height=900, dark=False):
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()

        def as_3_and_4():
            os.dup2(to_browser, 3), os.dup2(from_browser, 4)

        # Descriptors 3 and 4 may be among the pipe's own ends: move these out of the way first.
        to_browser, from_browser = (os.dup2(fd, fd + 50, inheritable=True) for fd in (to_browser, from_browser))
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
                 "--disable-dev-shm-usage", f"--window-size={width},{height}"]
        self.process = subprocess.Popen([find(), *flags, "about:blank"], preexec_fn=as_3_and_4, close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser), os.close(from_browser)
        self.id, self.rest, self.errors, self.session, self.loaded = 0, b"", [], None, False
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=url)
        while not self.loaded:
            self.next()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()

    def next(self):
        """Reads a message, keeps complaints, and returns it."""
        while b"\0" not in self.rest:
            got = os.read(self.read, 1 << 20)
            if not got:
                raise RuntimeError("the browser is gone")
            self.rest += got
        text, _, self.rest = self.rest.partition(b"\0")
        message = json.loads(text)
        method, told = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(told["exceptionDetails"]))
        if method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.errors.append(json.dumps(told["args"]))
        if method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.errors.append(told["entry"]["text"])
        self.loaded |= method == "Page.loadEventFired"
        return message

    def call(self, method, **parameters):
        self.id += 1
        message = {"id": self.id, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next()
            if answer.get("id") == self.id:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]

    def ask(self, script):
        """The value of a JavaScript expression; waits for a promise."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"]))
        return result["result"].get("value")

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1, **more)

    def drag(self, selector, start, end):
        """With the mouse, between two fractions of an element's width."""
        self.ask(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        box = self.ask(f"(r => [r.left, r.top, r.width, r.height])(document.querySelector({json.dumps(selector)})"
                       ".getBoundingClientRect())")
        x = [box[0] + part * box[2] for part in (start, end)]
        y = box[1] + box[3] / 2
        self.mouse("mouseMoved", x[0], y)
        self.mouse("mousePressed", x[0], y)
        self.mouse("mouseMoved", x[1], y, buttons=1)
        self.mouse("mouseReleased", x[1], y)

    def screenshot(self, path, whole=True):
        import base64

        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole, format="png")
        open(path, "wb").write(base64.b64decode(shot["data"]))
