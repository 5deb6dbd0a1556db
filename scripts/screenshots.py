"""Takes the screenshots of the README: the app with an answer, and the report.

Usage: screenshots.py HD_APP OUT IMAGE, where OUT was made from the images that hd-fetch draws, and IMAGE is one of
them. Wants Chromium with ChromeDriver, and Pillow. Writes shared/screenshots/app.webp and report.webp.
"""

import base64
import io
import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

from PIL import Image

WIDTH = 1000
PLACE = Path(__file__).parent.parent / "shared/screenshots"


def begun(command, line):
    """A process that has printed a line with `line` in it, and that line."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, next(said for said in process.stdout if line in said).strip()


class Browser:
    """Chromium by WebDriver, which is JSON over HTTP."""

    def __init__(self, driver):
        self.driver = driver
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={WIDTH},900", "--hide-scrollbars"]
        wanted = {"alwaysMatch": {"goog:chromeOptions": {"args": flags}}}
        self.driver += "/session/" + self.ask("/session", {"capabilities": wanted})["sessionId"]

    def ask(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.driver + path, data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request) as answer:
            return json.load(answer)["value"]

    def find(self, css):
        return "/element/" + next(iter(self.ask("/element", {"using": "css selector", "value": css}).values()))

    def run(self, script):
        return self.ask("/execute/sync", {"script": script, "args": []})

    def wait(self, script):
        while not self.run(script):
            time.sleep(0.1)

    def take(self, name, height):
        """The upper part of the page."""
        image = Image.open(io.BytesIO(base64.b64decode(self.ask("/screenshot")))).convert("RGB")
        image.crop((0, 0, image.width, min(height, image.height))).save(PLACE / name, quality=80, method=6)
        print(PLACE / name, (PLACE / name).stat().st_size, "bytes")


def main(hd_app, out, image):
    PLACE.mkdir(exist_ok=True)
    graph = f"{out}/retrained_graph.onnx"
    app, url = begun([hd_app, "--graph", graph, "--no-open", "--listen", "127.0.0.1:0"], "http://")
    driver, line = begun(["chromedriver", "--port=0"], "successfully on port")
    try:
        browser = Browser(f"http://127.0.0.1:{line.rsplit(' ', 1)[1].rstrip('.')}")
        browser.ask("/url", {"url": url})
        browser.ask(browser.find("#file") + "/value", {"text": str(Path(image).resolve())})
        browser.wait("return document.querySelector('#scores li') !== null")
        # The bars grow for a moment.
        time.sleep(1)
        browser.take("app.webp", 600)
        browser.ask("/url", {"url": Path(out, "report.html").resolve().as_uri()})
        browser.take("report.webp", 760)
        browser.ask("", method="DELETE")
    finally:
        driver.terminate()
        app.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
