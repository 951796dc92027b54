"""Makes the Plone site, and its administrator: zconsole run etc/zope.conf create_site.py USER PASSWORD"""

import sys

import transaction
from Products.CMFPlone.factory import addPloneSite
from Testing.makerequest import makerequest
from zope.component.hooks import setSite
from zope.globalrequest import setRequest

user, password = sys.argv[-2:]
app.acl_users.userFolderAddUser(user, password, ["Manager"], [])  # noqa: F821, `app` is zconsole's
site = addPloneSite(
    app,  # noqa: F821
    "Plone",
    title="Every picture is there",
    extension_ids=("plonetheme.barceloneta:default", "plone.app.caching:default"),
    setup_content=False,
)
transaction.commit()
