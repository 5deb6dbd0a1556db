"""Times an exported page in Chromium: seconds from opening it to the first answer, and for each next answer.

Usage: page.py HD_APP GRAPH FLAGS IMAGE..., where FLAGS are more for --export, or nothing. Wants Chromium with ChromeDriver.
"""

import functools
import http.server
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from screenshots import Browser, begun

# Both times are the page's own: since it was opened, and since it was asked.
LABEL = """
const [name, done] = arguments;
(async () => {
  const { engine } = await import(new URL("engine.js", document.baseURI));
  const file = new File([await (await fetch(name)).blob()], name);
  const begin = performance.now();
  await engine.label(file);
  const end = performance.now();
  return [end, end - begin];
})().then(done, (error) => done(String(error)));
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def main(hd_app, graph, flags, *images):
    with tempfile.TemporaryDirectory() as folder:
        command = [hd_app, "--graph", graph, "--export", folder, *flags.split()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for number, image in enumerate(images):
            Path(folder, f"image-{number}").write_bytes(Path(image).read_bytes())
        handler = functools.partial(Quiet, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        driver, line = begun(["chromedriver", "--port=0"], "successfully on port")
        try:
            browser = Browser(f"http://127.0.0.1:{line.rsplit(' ', 1)[1].rstrip('.')}")
            browser.ask("/url", {"url": f"http://127.0.0.1:{server.server_address[1]}/"})
            ask = lambda number: browser.ask("/execute/async", {"script": LABEL, "args": [f"image-{number}"]})
            first, *rest = [ask(number) for number in range(len(images))]
            print(first[0] / 1000, statistics.median(time for _, time in rest) / 1000)
            browser.ask("", method="DELETE")
        finally:
            driver.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
