"""
Edits as editors do, each in a transaction of its own whose description tells what it does. The last word of the command line is a
directory with new pictures. Answers what has become of the paths.
"""

import json
import os
import sys

import transaction
from plone.namedfile.file import NamedBlobImage
from zope.component.hooks import setSite
from zope.event import notify
from zope.lifecycleevent import ObjectModifiedEvent

# How many pictures.
REPLACED, WRITTEN, DELETED = 14, 4, 30
# How many of each kind besides, which are to be undone.
UNDONE = 2

site = app["Plone"]  # noqa: F821, from zconsole
setSite(site)
directory = sys.argv[-1]
new_files = iter(sorted(os.listdir(directory)))


def find(portal_type):
    found = site.portal_catalog.unrestrictedSearchResults(portal_type=portal_type, sort_on="path")
    return [brain._unrestrictedGetObject() for brain in found]


pictures, news = iter(find("Image")), find("News Item")


def read_new():
    name = next(new_files)
    with open(os.path.join(directory, name), "rb") as file:
        return name, file.read()


def replace(content):
    name, data = read_new()
    content.image = NamedBlobImage(data, filename=name)
    notify(ObjectModifiedEvent(content))
    return name


def write(content):
    """Into the blob that is there, of which that makes another revision."""
    name, data = read_new()
    content.image.data = data
    return name


def delete(content):
    content.aq_parent.manage_delObjects([content.getId()])


def commit(work, content):
    path = content.absolute_url().removeprefix(site.absolute_url())
    name = work(content)
    transaction.get().note(f"{work.__name__} {path}")
    transaction.commit()
    return {"path": path, "name": name}


done = {
    "replaced": [commit(replace, content) for content in [*(next(pictures) for _ in range(REPLACED)), *news]],
    "written": [commit(write, next(pictures)) for _ in range(WRITTEN)],
    "deleted": [commit(delete, next(pictures)) for _ in range(DELETED)],
    "undone": [commit(work, next(pictures)) for work in (delete, write, replace) for _ in range(UNDONE)],
    "news": [content.absolute_url().removeprefix(site.absolute_url()) for content in news],
}
print(json.dumps(done))
