"""What the two scripts of numbers share: the list of images, and where numbers go."""

import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent
# In the order of the rows.
IMAGES = sorted((FOLDER / "images").glob("*/*"))
SIZE = 224
# Of an input every 15th column and row is kept, for the sake of its size.
STRIDE = 15


def keep(name, rows):
    """Writes an array of one row an image; the rows of inputs are height, width, channel, from 0 to 255."""
    np.save(FOLDER / f"{name}.npy", np.stack(rows).astype("<f4"))
    print(f"{name}: {len(rows)} rows")


def sample(pixels):
    return pixels[::STRIDE, ::STRIDE].reshape(-1)
