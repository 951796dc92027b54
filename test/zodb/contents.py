"""What the fixture databases contain, and when each revision was stored.

Every revision is a real picture or document out of a package on PyPI (see
test/fixtures/PROVENANCE.md for the authors and licences). Revisions carrying
the same date are stored in one transaction, as a CMS stores a picture and its
scales.
"""

from typing import Any, NamedTuple

SKIMAGE = "skimage/data/"
SKLEARN = "sklearn/datasets/"
DOCUTILS = "docutils-0.23.tar.gz:docutils-0.23/"
DOCUTILS_RST = DOCUTILS + "docs/user/rst/"
RST2PDF = "rst2pdf-0.105.tar.gz:rst2pdf-0.105/tests/reference/"
RELEASE_NOTES = DOCUTILS + "RELEASE-NOTES.rst"


class Revision(NamedTuple):
    """One stored state: when (UTC), from which source, edited in which way."""

    when: str
    source: str
    edit: dict[str, Any]


class Item(NamedTuple):
    """One object with a blob; its revisions from the oldest to the newest."""

    title: str
    filename: str
    content_type: str
    revisions: list[Revision]


def rev(when: str, source: str, **edit: Any) -> Revision:
    """Return a revision; without `edit` the source's bytes go in verbatim.

    Pictures: box (left, top, right, bottom as fractions), turn (degrees),
    width (pixels), quality (JPEG). Texts: since (drop what is before this),
    lines (keep so many).
    """
    return Revision(when, source, edit)


def jpeg(title: str, filename: str, *revisions: Revision) -> Item:
    return Item(title, filename, "image/jpeg", list(revisions))


def png(title: str, filename: str, *revisions: Revision) -> Item:
    return Item(title, filename, "image/png", list(revisions))


def other(
    title: str, filename: str, content_type: str, *revisions: Revision
) -> Item:
    return Item(title, filename, content_type, list(revisions))


ROCKET = SKIMAGE + "rocket.jpg"
ASTRONAUT = SKIMAGE + "astronaut.png"
COFFEE = SKIMAGE + "coffee.png"
CHELSEA = SKIMAGE + "chelsea.png"
HUBBLE = SKIMAGE + "hubble_deep_field.jpg"
RETINA = SKIMAGE + "retina.jpg"
CAMERA = SKIMAGE + "camera.png"
CLOCK = SKIMAGE + "clock_motion.png"
BRICK = SKIMAGE + "brick.png"
CHINA = SKLEARN + "images/china.jpg"
FLOWER = SKLEARN + "images/flower.jpg"

BUSHY = [
    other("Zero-clause BSD licence", "BSD-0-Clause.rst", "text/x-rst",
          rev("2012-01-09T08:02:11.250",
              DOCUTILS + "licenses/BSD-0-Clause.rst")),
    jpeg("Temple in China", "china.jpg",
         rev("2012-02-29T23:59:59.875", CHINA),
         rev("2016-02-29T00:00:00.125", CHINA,
             box=(0.1, 0.0, 0.9, 0.9), width=480)),
    jpeg("Temple in China (preview)", "china-preview.jpg",
         rev("2012-02-29T23:59:59.875", CHINA, width=240)),
    jpeg("Dahlia", "Dahlie im Garten.jpg",
         rev("2012-08-17T14:30:05.500", FLOWER),
         rev("2012-08-17T14:36:41.037", FLOWER, turn=90, width=360)),
    other("Iris measurements", "iris.csv", "text/csv",
          rev("2013-03-31T01:30:00.000", SKLEARN + "data/iris.csv", lines=51),
          rev("2014-10-26T02:15:00.001", SKLEARN + "data/iris.csv")),
    other("Title graphic", "title.svg", "image/svg+xml",
          rev("2013-12-31T23:59:58.750",
              DOCUTILS_RST + "images/title-scaling.svg"),
          rev("2014-01-01T00:00:01.250",
              DOCUTILS_RST + "images/title.svg")),
    png("Chelsea the cat", "chelsea.png",
        rev("2014-06-30T11:47:23.619", CHELSEA)),
    jpeg("Chelsea the cat (portrait)", "chelsea.jpg",
         rev("2014-06-30T11:47:23.619", CHELSEA,
             box=(0.15, 0.05, 0.75, 0.85)),
         rev("2014-07-01T07:05:00.310", CHELSEA,
             box=(0.2, 0.1, 0.7, 0.75)),
         rev("2021-11-05T16:20:33.904", CHELSEA,
             box=(0.2, 0.1, 0.7, 0.75), width=160)),
    jpeg("Launch of DSCOVR", "dscovr-falcon-9.jpg",
         rev("2015-02-12T09:03:44.480", ROCKET),
         rev("2015-02-13T10:21:17.062", ROCKET, box=(0.2, 0.0, 0.8, 1.0))),
    jpeg("Launch of DSCOVR (preview)", "dscovr-falcon-9-preview.jpg",
         rev("2015-02-12T09:03:44.480", ROCKET, width=400)),
    jpeg("Launch of DSCOVR (thumb)", "dscovr-falcon-9-thumb.jpg",
         rev("2015-02-12T09:03:44.480", ROCKET, width=128)),
    other("Docutils release notes", "RELEASE-NOTES.rst", "text/x-rst",
          rev("2016-05-31T12:00:00.000", RELEASE_NOTES,
              since="Release 0.12 (2014-07-06)"),
          rev("2018-10-25T18:41:09.333", RELEASE_NOTES,
              since="Release 0.14 (2017-08-03)"),
          rev("2024-04-20T05:55:05.050", RELEASE_NOTES,
              since="Release 0.21 (2024-04-09)")),
    other("Quick reStructuredText", "quickref.html", "text/html",
          rev("2016-12-31T23:59:59.500", DOCUTILS_RST + "quickref.html")),
    jpeg("Eileen Collins", "eileen-collins.jpg",
         rev("2017-07-04T19:00:27.144", ASTRONAUT, quality=90),
         rev("2017-07-05T08:15:42.007", ASTRONAUT,
             box=(0.25, 0.0, 0.65, 0.45)),
         # Undone by hand: the same bytes as the first revision come back.
         rev("2017-07-05T08:16:10.990", ASTRONAUT, quality=90)),
    jpeg("Eileen Collins (thumb)", "eileen-collins-thumb.jpg",
         rev("2017-07-04T19:00:27.144", ASTRONAUT, width=96)),
    other("Page breaks by level", "page-breaks.pdf", "application/pdf",
          rev("2018-04-29T15:09:26.535",
              RST2PDF + "sphinx-break-level-1.pdf"),
          rev("2018-04-30T15:09:26.535",
              RST2PDF + "sphinx-break-level-2.pdf")),
    other("Depth of a table of contents", "toc-depth.pdf", "application/pdf",
          rev("2019-08-20T10:10:10.101",
              RST2PDF + "sphinx-toc-depth.pdf")),
    png("Cup of coffee", "Tasse Kaffee (Original).png",
        rev("2020-02-29T12:00:00.000", COFFEE)),
    jpeg("Cup of coffee (web)", "tasse-kaffee.jpg",
         rev("2020-02-29T12:00:00.000", COFFEE, turn=180, width=480)),
    jpeg("Hubble eXtreme Deep Field", "hubble-xdf.jpg",
         rev("2021-01-31T21:22:23.242", HUBBLE),
         rev("2021-02-01T00:00:00.000", HUBBLE, width=800)),
    jpeg("Left eye", "Augenhintergrund – Häggström.jpg",
         rev("2022-05-15T13:37:00.420", RETINA, width=700),
         rev("2022-09-30T22:58:14.003", RETINA, width=350)),
    jpeg("Photographer", "camera.jpg",
         rev("2025-01-01T00:00:00.001", CAMERA, turn=270)),
    png("Wall clock in motion", "clock.png",
        rev("2023-11-30T17:45:59.060", CLOCK)),
    other("The S5 files", "s5-files.svg", "image/svg+xml",
          rev("2024-02-29T23:59:59.999",
              DOCUTILS + "docs/user/images/s5-files.svg")),
    other("Header and footer", "Kopf- und Fußzeile.odt",
          "application/vnd.oasis.opendocument.text",
          rev("2025-08-08T08:08:08.080",
              DOCUTILS + "test/functional/expected/odt_header_footer.odt")),
    other("zc.lockfile 4.0", "zc.lockfile-4.0.zip", "application/zip",
          rev("2026-09-14T09:41:00.123", "zc_lockfile-4.0-py3-none-any.whl")),
]

LAWN = [
    png("A cell in saline", "cell.png",
        rev("2012-03-01T00:00:00.000", SKIMAGE + "cell.png")),
    jpeg("Launch banner", "banner.jpg",
         rev("2013-05-07T09:00:12.600", ROCKET,
             box=(0.0, 0.2, 1.0, 0.7)),
         rev("2014-05-07T09:00:12.600", ROCKET,
             box=(0.0, 0.3, 1.0, 0.8), width=480),
         rev("2016-02-29T09:00:12.600", ROCKET,
             box=(0.0, 0.4, 1.0, 0.9), width=320)),
    other("A first look at reStructuredText", "quickstart.rst", "text/x-rst",
          rev("2015-12-31T23:59:59.984", DOCUTILS_RST + "quickstart.rst",
              lines=120),
          rev("2019-07-20T20:17:40.000", DOCUTILS_RST + "quickstart.rst")),
    jpeg("Brick wall", "brick.jpg",
         rev("2020-10-25T01:30:00.500", BRICK, width=300),
         rev("2020-10-25T01:30:00.501", BRICK, width=300, turn=90)),
    other("Wine measurements", "wine.csv", "text/csv",
          rev("2023-01-31T06:07:08.910", SKLEARN + "data/wine_data.csv")),
    jpeg("Gravel", "gravel.jpg",
         rev("2026-08-31T22:22:22.222", SKIMAGE + "gravel.png", quality=70)),
]

# What the ZEO client has opened, as (title, revision), out of the bushy tree.
CACHED = [
    ("Zero-clause BSD licence", 0),
    ("Temple in China", 1),
    ("Iris measurements", 0),
    ("Iris measurements", 1),
    ("Chelsea the cat (portrait)", 0),
    ("Launch of DSCOVR", 0),
    ("Launch of DSCOVR (thumb)", 0),
    ("Docutils release notes", 2),
    ("Quick reStructuredText", 0),
    ("Eileen Collins", 2),
    ("Page breaks by level", 1),
]
