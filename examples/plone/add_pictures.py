"""Something to look at: zconsole run etc/zope.conf add_pictures.py COUNT"""

import io
import random
import sys

import transaction
from PIL import Image
from plone.dexterity.utils import createContentInContainer
from plone.namedfile.file import NamedBlobImage
from zope.component.hooks import setSite

SIZE = 1600, 1200


def paint(dice):
    colours = Image.frombytes("RGB", (6, 5), dice.randbytes(90)).resize(SIZE, Image.Resampling.BICUBIC)
    grain = Image.frombytes("RGB", SIZE, dice.randbytes(SIZE[0] * SIZE[1] * 3))
    file = io.BytesIO()
    Image.blend(colours, grain, 0.1).save(file, "JPEG", quality=90)
    return file.getvalue()


site = app["Plone"]  # noqa: F821, `app` is zconsole's
setSite(site)
folder = createContentInContainer(site, "Folder", id="pictures", title="Pictures")
site.portal_workflow.doActionFor(folder, "publish")
folder.setLayout("album_view")
dice = random.Random(1)
for number in range(1, int(sys.argv[-1]) + 1):
    image = NamedBlobImage(paint(dice), filename=f"picture-{number}.jpg")
    createContentInContainer(folder, "Image", id=f"picture-{number}", title=f"Picture {number}", image=image)
transaction.commit()
