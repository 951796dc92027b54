"""Adds one picture, the last word of the command line, to the first folder. Answers its path."""

import json
import os
import sys

import transaction
from plone.dexterity.utils import createContentInContainer
from plone.namedfile.file import NamedBlobImage
from zope.component.hooks import setSite

site = app["Plone"]  # noqa: F821, from zconsole
setSite(site)
path = sys.argv[-1]
with open(path, "rb") as file:
    image = NamedBlobImage(file.read(), filename=os.path.basename(path))
content = createContentInContainer(site["pictures-0"], "Image", title=image.filename, image=image)
transaction.commit()
print(json.dumps({"path": content.absolute_url().removeprefix(site.absolute_url()), "name": image.filename}))
