"""Adds pictures as an editor would who uploads a directory: the last word of the command line. Answers how many."""

import json
import os
import sys

import transaction
from plone.dexterity.utils import createContentInContainer
from plone.namedfile.file import NamedBlobImage
from zope.component.hooks import setSite

# Of pictures in a folder and in a transaction, and how many news have one of them too.
FOLDER, BATCH, NEWS = 50, 10, 4

site = app["Plone"]  # noqa: F821, from zconsole
setSite(site)
directory = sys.argv[-1]


def publish(content):
    site.portal_workflow.doActionFor(content, "publish")
    return content


def add_folder(number):
    return publish(createContentInContainer(site, "Folder", id=f"pictures-{number}", title=f"Pictures {number}"))


def add_news(name):
    return publish(createContentInContainer(site, "News Item", title=f"News: {name}", image=image_of(name)))


def image_of(name):
    with open(os.path.join(directory, name), "rb") as file:
        return NamedBlobImage(file.read(), filename=name)


names = sorted(os.listdir(directory))
for number, name in enumerate(names):
    if number % FOLDER == 0:
        folder = add_folder(number // FOLDER)
    createContentInContainer(folder, "Image", title=name, image=image_of(name))
    if number % BATCH == BATCH - 1:
        transaction.commit()
for name in names[1 : NEWS + 1]:
    add_news(name)
    transaction.commit()
print(json.dumps(len(names)))
