"""Makes the Plone site, and its administrator: zconsole run etc/zope.conf create_site.py USER PASSWORD"""

import sys

import transaction
from Products.CMFPlone.factory import addPloneSite

PROFILES = "plone.app.contenttypes:default", "plonetheme.barceloneta:default", "plone.app.caching:default"

user, password = sys.argv[-2:]
app.acl_users.userFolderAddUser(user, password, ["Manager"], [])  # noqa: F821, `app` is zconsole's
addPloneSite(app, "Plone", title="Every picture is there", extension_ids=PROFILES)  # noqa: F821
transaction.commit()
