"""The peers that `bench` times: bottlenecks with Pillow and onnxruntime in Python, and inference alone.

    peers.py pipeline BASE IMAGES    decode, resize and run: two threads with a session of one thread each
    peers.py ceiling BASE COUNT      only run, on one random picture, the same two sessions
    peers.py label GRAPH PICTURE     one picture, the whole process

Prints the seconds that the work took, without Python's own start and without making the sessions; `label` is timed
from outside, as a process.
"""

import pathlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy
import onnxruntime
from PIL import Image

THREADS = 2


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options)


def pixels(path):
    with Image.open(path) as picture:
        small = picture.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)
        return numpy.asarray(small)[None]


def timed(base, items, work):
    """Seconds for `work(session, item)` on all items, divided among the threads."""
    sessions = [session(base) for _ in range(THREADS)]
    for each in sessions:
        each.run(["bottleneck"], {"image": numpy.zeros((1, 224, 224, 3), numpy.uint8)})

    def share(number):
        for item in items[number::THREADS]:
            work(sessions[number], item)

    begin = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(share, range(THREADS)))
    return time.perf_counter() - begin


def main():
    what, network, given = sys.argv[1:]
    if what == "pipeline":
        pictures = sorted(path for path in pathlib.Path(given).glob("*/*") if path.suffix != ".json")
        print(timed(network, pictures, lambda s, path: s.run(["bottleneck"], {"image": pixels(path)})))
    elif what == "ceiling":
        picture = numpy.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), numpy.uint8)
        print(timed(network, range(int(given)), lambda s, _: s.run(["bottleneck"], {"image": picture})))
    elif what == "label":
        print(session(network).run(["final_result"], {"image": pixels(given)})[0])
    else:
        sys.exit(__doc__)


main()
