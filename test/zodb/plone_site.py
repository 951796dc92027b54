"""A Zope with plone.namedfile and the example's views over a wrapped storage, as its configuration files make it."""

import os

import transaction
from AccessControl import ClassSecurityInfo
from AccessControl.class_init import InitializeClass
from OFS.SimpleItem import SimpleItem
from plone.namedfile.interfaces import IImageScaleTraversable
from webtest import TestApp
from zope.annotation.interfaces import IAttributeAnnotatable
from zope.interface import implementer

ZOPE = """
%import nice_blobs
instancehome {directory}
<zodb_db main>
  mount-point /
  <niceblobs>
    config {config}
    wait-for-agent 1s
    <filestorage>
      path {directory}/Data.fs
      blob-dir {blobs}
    </filestorage>
  </niceblobs>
</zodb_db>
"""
SITE = """
<configure xmlns="http://namespaces.zope.org/zope">
  <include package="Zope2.App" />
  <include package="plone.namedfile" />
  <include package="plone.transformchain" />
  <includeOverrides package="nice_blobs_view" file="overrides.zcml" />
</configure>
"""


@implementer(IImageScaleTraversable, IAttributeAnnotatable)
class Item(SimpleItem):
    """Content with files, which whoever has the permission View may read."""

    meta_type = "Item"
    security = ClassSecurityInfo()
    security.declareObjectProtected("View")
    security.setDefaultAccess("allow")

    def __init__(self, id, **files):
        self.id = id
        for name, file in files.items():
            setattr(self, name, file)

    def modified(self):
        from DateTime import DateTime

        return DateTime(self._p_mtime or 0)


InitializeClass(Item)


def start(directory, config, blobs):
    """Once in a process. Answers the application, of WSGI."""
    from Zope2.Startup.run import make_wsgi_app

    os.makedirs(os.path.join(directory, "etc"))
    write(os.path.join(directory, "etc", "site.zcml"), SITE)
    conf = os.path.join(directory, "etc", "zope.conf")
    write(conf, ZOPE.format(directory=directory, config=config, blobs=blobs))
    return TestApp(make_wsgi_app({}, conf))


def root():
    import Zope2

    return Zope2.app()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
