"""Makes the story's pictures: python make_pictures.py DIRECTORY COUNT SEED [panorama]. The same seed makes the same pixels."""

import json
import os
import random
import sys

from PIL import Image

# Pixels of the shortest and the longest side. Of each hundred, one is as a camera makes it.
SMALLEST, LARGEST, CAMERA = 120, 1600, (4000, 3000)
CAMERA_EVERY = 100
# Above 64 MiB, from which on archives upload in parts.
HUGE = (4800, 4800)
# Suffix, mode and how it is saved.
KINDS = [
    ("jpg", "RGB", {"format": "JPEG", "quality": 85}),
    ("jpg", "RGB", {"format": "JPEG", "quality": 92, "progressive": True}),
    ("jpg", "L", {"format": "JPEG", "quality": 80}),
    ("png", "RGB", {"format": "PNG", "compress_level": 1}),
    ("png", "RGBA", {"format": "PNG", "compress_level": 1}),
    ("gif", "P", {"format": "GIF"}),
    ("webp", "RGB", {"format": "WEBP", "quality": 80, "method": 0}),
]
NAMES = ["Gipfel", "Zürich im Regen", "Col d’Hérens", "日の出", "sunset & sea", "50% off", "🏔️ ridge", "Hütte „Sonne“"]


def main(directory, count, seed, *more):
    dice = random.Random(seed)
    os.makedirs(directory, exist_ok=True)
    names = [make(dice, directory, number) for number in range(count)]
    if "panorama" in more:
        names.append(save(paint(dice, *HUGE, grain=1), directory, f"{count:04} panorama.png", {"format": "PNG", "compress_level": 0}))
    print(json.dumps(names))


def make(dice, directory, number):
    suffix, mode, options = KINDS[number % len(KINDS)]
    if number % CAMERA_EVERY == 0:
        size = CAMERA
    else:
        size = [round(SMALLEST * (LARGEST / SMALLEST) ** dice.random()) for _ in range(2)]
    picture = paint(dice, *size, grain=dice.choice([0, 0.05, 0.2])).convert(mode)
    return save(picture, directory, f"{number:04} {dice.choice(NAMES)}.{suffix}", options)


def paint(dice, width, height, grain):
    """Soft colours, and as much noise as a sensor makes in so much light."""
    colours = Image.frombytes("RGB", (6, 5), dice.randbytes(90)).resize((width, height), Image.Resampling.BICUBIC)
    if not grain:
        return colours
    return Image.blend(colours, Image.frombytes("RGB", (width, height), dice.randbytes(width * height * 3)), grain)


def save(picture, directory, name, options):
    picture.save(os.path.join(directory, name), **options)
    return name


main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
