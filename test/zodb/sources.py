"""Get a revision's bytes out of the package they come from.

The pictures are edited here and not kept as files: what is done to them is
then on record in contents.py, as the licences that ask for attribution want.
"""

import io
import tarfile
from importlib.metadata import distribution
from pathlib import Path

from PIL import Image


def raw(source, downloads):
    """Return the bytes of a source as contents.py names it."""
    if ":" in source:
        archive, member = source.split(":")
        with tarfile.open(downloads / archive) as tar:
            return tar.extractfile(member).read()
    if source.endswith(".whl"):
        return (downloads / source).read_bytes()
    package = {"skimage": "scikit-image", "sklearn": "scikit-learn"}
    name = package[source.split("/")[0]]
    return Path(distribution(name).locate_file(source)).read_bytes()


def edited_picture(data, box=None, turn=0, width=None, quality=85):
    """Return the picture as a JPEG, edited as an editor of a site would."""
    picture = Image.open(io.BytesIO(data))
    picture = picture.convert("L" if picture.mode == "L" else "RGB")
    if box:
        size = picture.size * 2
        picture = picture.crop([round(b * s) for b, s in zip(box, size)])
    if turn:
        picture = picture.rotate(turn, expand=True)
    if width:
        height = round(picture.height * width / picture.width)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def edited_text(data, since=None, lines=None):
    """Return the text from one heading on, or its first lines only."""
    if since:
        data = data[data.index(since.encode()):]
    return b"".join(data.splitlines(keepends=True)[:lines])


def content(item, revision, downloads):
    """Return the bytes of one revision."""
    data = raw(revision.source, downloads)
    if item.content_type.startswith("text/"):
        return edited_text(data, **revision.edit)
    verbatim = not revision.edit and (
        item.content_type != "image/jpeg" or data.startswith(b"\xff\xd8"))
    return data if verbatim else edited_picture(data, **revision.edit)
