"""Training a head: the peers that `bench` times, and the bottlenecks that it times them on.

    heads.py make LIKE FILE ROWS LABELS   a file of bottlenecks like LIKE: ROWS random ones of LABELS labels
    heads.py search FILE                  scikit-learn's LogisticRegressionCV, ten strengths in five folds
    heads.py fit FILE L2                  scikit-learn's LogisticRegression with one strength
    heads.py near FILE PARTS              faiss's exact index: the nearest of each image, of one in so many of them
    heads.py run COMMAND...               what a command takes

search and fit print the seconds of fitting alone, on what was read and standardised before. search learns from the images
for training and validation that hd-train divides by default, and prints the cross-entropy on those for testing; fit learns
from all, and prints the loss that hd-train minimises and the megabytes that it had at most, its data among them. near prints the seconds that all images
would take. run prints the seconds and the megabytes of memory beyond mapped files.
"""

import os
import struct
import subprocess
import sys
import threading
import time

import numpy

FRAME = 56
BLOCK = 65536


class Reader:
    """The header of a file of bottlenecks; see shared/hd/src/bottleneck/layout.rs and shared/hd/src/frame.rs."""

    def __init__(self, path):
        with open(path, "rb") as file:
            frame = file.read(FRAME)
            (length,) = struct.unpack("<Q", frame[16:24])
            self.header = file.read(length)
        self.path, self.payload = path, (FRAME + length + 63) // 64 * 64
        self.at = 0
        self.architecture, self.base = self.text(), self.take(32)
        self.preprocess, self.fingerprint = self.text(), self.take(32)
        self.size = self.number("<I")
        assert self.number("<I") == 0, "float16 is not for this script"
        self.labels = [self.text() for _ in range(self.number("<Q"))]

    def take(self, count):
        self.at += count
        return self.header[self.at - count : self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self):
        return self.take(self.number("<Q"))

    def rows(self):
        """The label and the digest of each row; the file must be of plain images."""
        if self.number("<B"):
            self.text(), self.text(), self.take(1)
        assert not self.number("<B"), "distorted views are not for this script"
        labels, digests = [], []
        self.count = self.number("<Q")
        for _ in range(self.count):
            self.text()
            labels.append(self.number("<I"))
            digests.append(self.take(32))
            if self.number("<B"):
                self.take(48)
            self.take(28)
            if self.number("<B"):
                self.take(4)
            self.take(4)
        return numpy.array(labels), digests

    def floats(self):
        """The matrix, once the rows were read."""
        return numpy.memmap(self.path, "<f4", "r", self.payload, (self.count, self.size))


def make(like, path, count, labels):
    import blake3

    like = Reader(like)
    chance = numpy.random.default_rng(0)
    text = lambda value: struct.pack("<Q", len(value)) + value
    names = [f"{label:04}" for label in range(labels)]
    facts = [("size", "<u4", 2), ("format", "<u4"), ("look", "u1", 3), ("sharpness", "<u4"), ("hash", "<u8"), ("notes", "u1")]
    row = numpy.dtype([("length", "<u8"), ("path", "S13"), ("label", "<u4"), ("digest", "V32"), ("stamp", "u1"), *facts, ("split", "u1"), ("view", "<u4")])
    rows = numpy.zeros(count, row)
    rows["length"], rows["size"], rows["look"] = 13, 1, 128
    rows["hash"] = chance.integers(0, 2**64, count, "u8") & ~numpy.uint64(1)
    rows["label"] = numpy.arange(count) * labels // count
    rows["path"] = [f"{label:04}/{number:08}" for number, label in enumerate(rows["label"])]
    rows["digest"] = numpy.frombuffer(chance.bytes(32 * count), "V32")
    header = b"".join(
        [text(like.architecture), like.base, text(like.preprocess), like.fingerprint, struct.pack("<IIQ", like.size, 0, labels)]
        + [text(name.encode()) for name in names]
        + [b"\0\0", struct.pack("<Q", count), rows.tobytes(), struct.pack("<Q", 0)]
    )
    frame = b"HDBOTTLE" + struct.pack("<IIQ", 8, 0, len(header)) + blake3.blake3(header).digest()
    # As pooled activations are: not negative, and each label with some features of its own.
    means = chance.normal(0, 0.12, (labels, like.size)).astype("f4")
    with open(path, "wb") as file:
        file.write(frame + header + bytes(-(FRAME + len(header)) % 64))
        for part in numpy.array_split(rows["label"], count // 10000 + 1):
            noise = chance.standard_normal((len(part), like.size), "f4")
            numpy.maximum(noise + means[part] + 0.3, 0).tofile(file)
        payload = FRAME + len(header) + -(FRAME + len(header)) % 64
        file.flush()
        floats = numpy.memmap(path, "u1", "r", payload, count * like.size * 4)
        block = max(1, BLOCK // (like.size * 4)) * like.size * 4
        for begin in range(0, len(floats), block):
            file.write(blake3.blake3(floats[begin : begin + block].tobytes()).digest()[:8])


def standardised(x):
    x = numpy.array(x)
    x -= x.mean(0, dtype="f8").astype("f4")
    deviation = x.std(0, dtype="f8")
    x *= numpy.where(deviation > 0, 1 / numpy.maximum(deviation, 1e-30), 0).astype("f4")
    return x


def cross_entropy(model, x, y):
    logits = model.decision_function(x).astype("f8")
    if logits.ndim == 1:
        logits = numpy.stack([-logits / 2, logits / 2], 1)
    return (numpy.logaddexp.reduce(logits, 1) - logits[numpy.arange(len(y)), y]).mean()


def search(path):
    from sklearn.linear_model import LogisticRegressionCV

    reader = Reader(path)
    y, digests = reader.rows()
    places = numpy.array([int.from_bytes(digest[:8], "little") / 2**64 * 100 for digest in digests])
    testing = (15 <= places) & (places < 30)
    x = reader.floats()
    mean, deviation = x[~testing].mean(0), x[~testing].std(0)
    deviation[deviation == 0] = 1
    x = (x - mean) / deviation
    model = LogisticRegressionCV(Cs=10, cv=5, scoring="neg_log_loss", max_iter=1000)
    begin = time.perf_counter()
    model.fit(x[~testing], y[~testing])
    print(time.perf_counter() - begin, cross_entropy(model, x[testing], y[testing]))


def fit(path, l2):
    from sklearn.linear_model import LogisticRegression

    reader = Reader(path)
    y, _ = reader.rows()
    x = standardised(reader.floats())
    # With the tolerance that it has of itself it stops at a loss that is higher by half a percent.
    model = LogisticRegression(C=1 / (l2 * len(y)), tol=1e-5, max_iter=1000)
    with Peak(os.getpid()) as peak:
        begin = time.perf_counter()
        model.fit(x, y)
        seconds = time.perf_counter() - begin
    loss = cross_entropy(model, x, y) + l2 / 2 * (model.coef_.astype("f8") ** 2).sum()
    print(seconds, loss, peak.most)


def near(path, parts):
    import faiss

    reader = Reader(path)
    reader.rows()
    x = numpy.array(reader.floats())
    faiss.normalize_L2(x)
    index = faiss.IndexFlatIP(reader.size)
    index.add(x)
    begin = time.perf_counter()
    index.search(x[::parts], 2)
    print((time.perf_counter() - begin) * parts)


class Peak:
    """The most megabytes of a process that are no file's, looked at a hundred times a second."""

    def __init__(self, process):
        self.process, self.most, self.over = process, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def look(self):
        try:
            with open(f"/proc/{self.process}/status") as status:
                now = sum(int(line.split()[1]) for line in status if line.startswith("RssAnon")) // 1024
        except OSError:
            return
        self.most = max(self.most, now)

    def watch(self):
        while not self.over.wait(0.01):
            self.look()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def run(command):
    begin = time.perf_counter()
    process = subprocess.Popen(command)
    with Peak(process.pid) as peak:
        status = process.wait()
    print(time.perf_counter() - begin, peak.most)
    sys.exit(status)


def main():
    what, given = sys.argv[1], sys.argv[2:]
    if what == "make":
        make(given[0], given[1], int(given[2]), int(given[3]))
    elif what == "search":
        search(given[0])
    elif what == "fit":
        fit(given[0], float(given[1]))
    elif what == "near":
        near(given[0], int(given[1]))
    elif what == "run":
        run(given)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
