"""The peers that `bench` times, and the images that it times them on.

    peers.py pipeline BASE IMAGES        decode, resize and run: two threads with a session of one thread each
    peers.py ceiling BASE COUNT          only run, on one random image, the same two sessions
    peers.py label GRAPH IMAGE         one image, the whole process
    peers.py enlarge IMAGES FOLDER N     make N photos of twelve megapixels, unless they are there
    peers.py link IMAGES FOLDER N        make N links to the images
    peers.py copy IMAGES FOLDER N        make N copies of them, no two of one content
    peers.py peak COMMAND...             the most memory that a command takes, in MB

pipeline and ceiling print the seconds that the work took, without Python's own start and without making the sessions;
bench also times pipeline from outside, as a process.
"""

import itertools
import pathlib
import resource
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy
import onnxruntime
from PIL import Image

THREADS = 2


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options)


def kind(session):
    """The data type of a base's pixels."""
    return numpy.uint8 if session.get_inputs()[0].type == "tensor(uint8)" else numpy.float32


def pixels(path):
    with Image.open(path) as image:
        small = image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)
        return numpy.asarray(small)[None]


def timed(base, items, work):
    """Seconds for `work(session, item)` on all items, divided among the threads."""
    sessions = [session(base) for _ in range(THREADS)]
    for each in sessions:
        each.run(["bottleneck"], {"image": numpy.zeros((1, 224, 224, 3), kind(each))})

    def share(number):
        for item in items[number::THREADS]:
            work(sessions[number], item)

    begin = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(share, range(THREADS)))
    return time.perf_counter() - begin


def listed(folder):
    return sorted(path for path in pathlib.Path(folder).glob("*/*") if path.suffix != ".json")


def enlarge(job):
    """An image as a camera of twelve megapixels might have taken it: enlarged, with the grain of a sensor."""
    source, target, seed = job
    with Image.open(source) as image:
        large = image.convert("RGB").resize((4032, 3024), Image.Resampling.BICUBIC)
    grain = numpy.random.default_rng(seed).normal(0, 4, (3024, 4032, 1)).astype(numpy.float32)
    pixels = numpy.asarray(large, dtype=numpy.float32) + grain
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(numpy.uint8)).save(target, quality=88)


def enlarge_all(images, folder, count):
    there = listed(folder)
    for extra in there[count:]:
        extra.unlink()
    sources = listed(images)
    step = max(1, len(sources) // count)
    chosen = itertools.islice(itertools.cycle(sources[::step]), count)
    targets = [(source, pathlib.Path(folder) / "ab"[seed % 2] / f"{seed:04}.jpg", seed) for seed, source in enumerate(chosen)]
    with ProcessPoolExecutor(THREADS) as pool:
        list(pool.map(enlarge, [job for job in targets if not job[1].exists()]))


def spread(images, folder, count, place):
    """Gives `place` a source and a target for each of `count` images under two labels, long settled."""
    for label in "ab":
        (pathlib.Path(folder) / label).mkdir(parents=True)
    for number, source in zip(range(count), itertools.cycle(listed(images))):
        place(source, pathlib.Path(folder) / "ab"[number % 2] / f"{number:06}{source.suffix}", number)


def link(source, target, number):
    target.symlink_to(source.resolve())


def copy(source, target, number):
    # Bytes behind the end of an image change its content, and nothing that is seen.
    target.write_bytes(source.read_bytes() + number.to_bytes(4, "little"))


def main():
    what, given = sys.argv[1], sys.argv[2:]
    if what == "pipeline":
        paths = listed(given[1])
        print(timed(given[0], paths, lambda s, path: s.run(["bottleneck"], {"image": pixels(path)})))
    elif what == "ceiling":
        image = numpy.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), numpy.uint8)
        run = lambda s, _: s.run(["bottleneck"], {"image": image.astype(kind(s), copy=False)})
        print(timed(given[0], range(int(given[1])), run))
    elif what == "label":
        print(session(given[0]).run(["final_result"], {"image": pixels(given[1])})[0])
    elif what == "enlarge":
        enlarge_all(given[0], given[1], int(given[2]))
    elif what in ("link", "copy"):
        spread(given[0], given[1], int(given[2]), link if what == "link" else copy)
    elif what == "peak":
        subprocess.run(given, check=True)
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
