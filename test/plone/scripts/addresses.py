"""
Answers the addresses of all pictures and of their scales, as Plone's own pages have them: asking for a tag registers a scale, which is
made when somebody comes for it.
"""

import json

import transaction
from zope.component import getMultiAdapter
from zope.component.hooks import setSite

SCALES = ["large", "preview", "mini", "thumb"]

site = app["Plone"]  # noqa: F821, from zconsole
setSite(site)
base = site.absolute_url()


def addresses_of(content):
    images = getMultiAdapter((content, app.REQUEST), name="images")  # noqa: F821
    scales = [images.scale("image", scale=name, pre=True).url for name in SCALES]
    return [url.removeprefix(base) for url in scales]


pictures = []
for brain in site.portal_catalog.unrestrictedSearchResults(portal_type=["Image", "News Item"], sort_on="path"):
    content = brain._unrestrictedGetObject()
    if content.image:
        path = content.absolute_url().removeprefix(base)
        pictures.append({"path": path, "name": content.image.filename, "scales": addresses_of(content)})
transaction.commit()
print(json.dumps(pictures))
