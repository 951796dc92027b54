import atexit
import logging
import os
import shutil
import tempfile
import time
import unittest
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import transaction
from nice_blobs_view import views
from plone.namedfile.file import NamedBlobFile, NamedBlobImage, NamedFile
from plone.transformchain.interfaces import ITransform
from Testing.makerequest import makerequest
from webtest.app import AppError
from zExceptions import NotFound, Unauthorized
from zope.component import getMultiAdapter, getSiteManager
from zope.interface import Interface, implementer
import plone.namedfile.tests

import plone_site
from fake_agent import FakeAgent
from stage import Host

PICTURES = os.path.dirname(plone.namedfile.tests.__file__)
# As the edge's are: what is quoted in it has to stay as it is.
SIGNED = "https://edge.example/blobs/db/1/2?response-content-disposition=inline%3B%20filename%3D%22a.png%22&Signature=a~b-c_&Key-Pair-Id=K"
FROM_NGINX = {"X-Nice-Blobs-Nginx": "yes"}

_site = None


class Site:
    """Zope can be started once in a process."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="nice-blobs-plone-")
        atexit.register(shutil.rmtree, self.directory, ignore_errors=True)
        self.blobs = os.path.join(self.directory, "blobs")
        self.host = Host(os.path.join(self.directory, "host"), {"blobs": self.blobs}, database="plone")
        self.socket = os.path.join(self.host.directory, "run", "agent.sock")
        self.agent = FakeAgent(self.socket)
        atexit.register(self.agent.close)
        self.app = plone_site.start(os.path.join(self.directory, "zope"), self.host.config, self.blobs)


def site():
    global _site
    _site = _site or Site()
    return _site


def picture(name):
    with open(os.path.join(PICTURES, name), "rb") as file:
        return file.read()


class PloneViewTest(unittest.TestCase):
    def setUp(self):
        self.app, self.agent = site().app, site().agent
        self.agent.forget()
        self.root = makerequest(plone_site.root())
        self.addCleanup(self.root._p_jar.close)
        self.addCleanup(transaction.abort)

    def add(self, **files):
        """Content at /doc with these files."""
        if "doc" in self.root.objectIds():
            self.root._delObject("doc")
        self.root._setObject("doc", plone_site.Item("doc", **files))
        transaction.commit()
        return self.root["doc"]

    def archive(self, file, url=SIGNED, lives=3600, release=True):
        """Says so of a file's blob, and takes its file out of the volume."""
        file._blob._p_activate()
        ref = file._blob._p_oid, file._blob._p_serial
        self.agent.urls[ref] = {"url": url, "expires": int((time.time() + lives) * 1000)}
        if release:
            os.remove(os.path.realpath(file._blob.committed()))
        transaction.commit()
        return ref

    def archived_image(self, **options):
        doc = self.add(image=NamedBlobImage(picture("image.png"), filename="Größe „1“.png"))
        return self.archive(doc.image, **options)

    def last_wishes(self):
        wishes = dict(self.agent.asked[-1][1])
        wishes.pop("database")
        return wishes

    def test_what_is_archived_is_redirected_to_without_being_fetched(self):
        ref = self.archived_image()
        for view in "@@download/image", "@@display-file/image", "@@images/image":
            for ask in self.app.get, self.app.head:
                with self.subTest(view, ask=ask.__name__):
                    answer = ask(f"/doc/{view}")
                    self.assertEqual((answer.status_int, answer.headers["Location"]), (302, SIGNED))
                    self.assertEqual(answer.body, b"")
                    for name in "Content-Disposition", "Accept-Ranges", "Link":
                        self.assertNotIn(name, answer.headers)
        self.assertEqual({asked for asked, _ in self.agent.asked}, {ref})

    def test_name_disposition_and_type_are_those_of_plone_namedfile(self):
        shown = {"disposition": "inline", "type": "image/png"}
        saved = {"disposition": "attachment", "type": "image/png"}
        self.archived_image()
        wishes = {
            "@@download/image": {"filename": "Größe „1“.png", **saved},
            "@@download/image/other+name%20%26.png": {"filename": "other+name &.png", **saved},
            "@@display-file/image": {"filename": "Größe „1“.png", **shown},
            "@@images/image": {"filename": "image.png", **shown},
        }
        for view, expected in wishes.items():
            with self.subTest(view):
                self.app.get(f"/doc/{view}")
                self.assertEqual(self.last_wishes(), expected)

    def test_nothing_is_shown_that_plone_namedfile_would_not_show(self):
        for content_type in "text/html", "application/xhtml+xml", "video/mp4", "text/html; charset=utf-8", "TEXT/HTML", "":
            with self.subTest(content_type):
                doc = self.add(file=NamedBlobFile(b"<script>", contentType=content_type))
                self.archive(doc.file)
                self.app.get("/doc/@@display-file/file")
                self.assertEqual(self.last_wishes()["disposition"], "attachment")
                self.assertEqual(self.last_wishes()["filename"], "file")

    def test_a_scale_is_redirected_to_by_its_own_blob(self):
        doc = self.add(image=NamedBlobImage(picture("image.png"), filename="a.png"))
        scale = getMultiAdapter((doc, self.root.REQUEST), name="images").scale("image", width=8, height=8)
        transaction.commit()
        ref = self.archive(scale.data)
        answer = self.app.get(f"/doc/@@images/{scale.__name__}")
        self.assertEqual((answer.status_int, answer.headers["Location"]), (302, SIGNED))
        self.assertEqual((self.agent.asked[-1][0], self.last_wishes()["filename"]), (ref, scale.__name__))
        # What is changed gets another address, so browsers may keep this one.
        self.assertGreater(_max_age(answer), 3000)
        with mock.patch.object(views, "LOCATION", "/_nice-blobs-agent/"):
            for address, fixed in {f"@@images/{scale.__name__}": ["fixed"], "@@images/image": None, "@@download/image": None}.items():
                with self.subTest(address):
                    path = self.app.get(f"/doc/{address}", headers=FROM_NGINX).headers["X-Accel-Redirect"]
                    self.assertEqual(parse_qs(urlsplit(path).query).get("address"), fixed)

    def test_a_redirect_is_private_and_forgotten_before_its_url_expires(self):
        for lives, longest in (7200, 60), (3600, 60), (100, 40), (65, 5):
            with self.subTest(lives):
                self.archived_image(lives=lives)
                answer = self.app.get("/doc/@@download/image")
                self.assertIn("private", answer.headers["Cache-Control"])
                self.assertLessEqual(_max_age(answer), longest)
        for lives in 60, 30, 0, -5:
            with self.subTest(lives):
                self.archived_image(lives=lives)
                self.assertEqual(self.app.get("/doc/@@download/image").headers["Cache-Control"], "private, no-store")

    def test_young_blobs_outages_and_dead_agents_leave_it_to_plone(self):
        doc = self.add(image=NamedBlobImage(picture("image.png"), filename="a.png"), file=NamedBlobFile(b"0123456789", "text/plain", "a.txt"))

        def assert_plone_sends():
            answer = self.app.get("/doc/@@download/file", headers={"Range": "bytes=2-4", **FROM_NGINX})
            self.assertEqual((answer.status_int, answer.body, answer.headers["Content-Length"]), (206, b"234", "3"))
            self.assertEqual(answer.headers["Content-Disposition"], "attachment; filename*=UTF-8''a.txt")
            for view in "@@display-file/image", "@@images/image":
                answer = self.app.get(f"/doc/{view}", headers=FROM_NGINX)
                self.assertEqual((answer.status_int, answer.body), (200, picture("image.png")))
                self.assertEqual(answer.headers["Content-Type"], "image/png")
                self.assertNotIn("Location", answer.headers)
                self.assertNotIn("X-Accel-Redirect", answer.headers)

        with self.subTest("young"):
            assert_plone_sends()
        for file in doc.file, doc.image:
            self.archive(file, url=None, release=False)
        with self.subTest("not archived yet"):
            assert_plone_sends()
        with self.subTest("outage"), self.assertLogs("nice_blobs_view", logging.WARNING) as told:
            self.agent.refusal = "S3_UNAVAILABLE"
            assert_plone_sends()
        self.assertIn("S3_UNAVAILABLE", told.output[0])
        os.rename(site().socket, f"{site().socket}.away")
        self.addCleanup(os.rename, f"{site().socket}.away", site().socket)
        for location in None, "/_nice-blobs-agent/":
            with self.subTest("dead", location=location), mock.patch.object(views, "LOCATION", location):
                with self.assertLogs("nice_blobs_view", logging.WARNING) as told:
                    assert_plone_sends()
                self.assertIn("AGENT_UNREACHABLE", told.output[0])

    def test_who_may_not_see_it_gets_no_url(self):
        self.archived_image()
        doc = self.root["doc"]
        doc.manage_permission("View", ["Manager"])
        transaction.commit()
        for headers in {}, FROM_NGINX:
            for view in "@@download/image", "@@display-file/image", "@@images/image":
                with self.subTest(view), mock.patch.object(views, "LOCATION", "/_nice-blobs-agent/"):
                    answer = self.ask_in_vain(f"/doc/{view}", headers)
                    self.assertNotIn("edge.example", str(answer))
        self.assertEqual(self.agent.asked, [])

    def ask_in_vain(self, path, headers):
        with self.assertRaises((Unauthorized, NotFound, AppError)) as raised:
            self.app.get(path, headers=headers)
        return raised.exception

    def test_behind_nginx_it_leads_nginx_to_the_agent(self):
        doc = self.add(image=NamedBlobImage(picture("image.png"), filename="Größe.png"))
        image = doc.image
        image._blob._p_activate()
        begins = f"/_nice-blobs-agent/v1/blobs/{image._blob._p_oid.hex()}/{image._blob._p_serial.hex()}/deliver?"
        with mock.patch.object(views, "LOCATION", "/_nice-blobs-agent/"):
            answer = self.app.get("/doc/@@display-file/image", headers=FROM_NGINX)
            path = answer.headers["X-Accel-Redirect"]
            self.assertTrue(path.startswith(begins))
            wishes = {name: value for name, (value,) in parse_qs(urlsplit(path).query).items()}
            self.assertEqual(wishes, {"database": "plone", "filename": "Größe.png", "disposition": "inline", "type": "image/png"})
            self.assertEqual((answer.status_int, answer.body), (200, b""))
            for name in "Content-Disposition", "Accept-Ranges", "Link", "Cache-Control":
                self.assertNotIn(name, answer.headers)
            self.assertEqual(self.agent.asked, [])
            # Whoever asks Zope without nginx could do nothing with it.
            self.assertEqual(self.app.get("/doc/@@display-file/image").body, picture("image.png"))
        self.assertEqual(self.app.get("/doc/@@display-file/image", headers=FROM_NGINX).body, picture("image.png"))

    def test_what_edge_and_agent_cannot_send_is_sent_by_plone(self):
        svg = picture("image.svg")
        doc = self.add(svg=NamedBlobImage(svg, filename="a.svg"), old=NamedFile(b"no blob", "text/plain", "a.txt"))
        self.archive(doc.svg, release=False)
        for view, body in {"@@download/svg": svg, "@@images/svg": svg, "@@download/old": b"no blob"}.items():
            with self.subTest(view):
                self.assertEqual(self.app.get(f"/doc/{view}").body, body)
        self.assertEqual(self.agent.asked, [])

    def test_no_caching_rules_of_plone_are_applied_to_it(self):
        @implementer(ITransform)
        class Public:
            """As plone.app.caching, where files may be kept by shared caches."""

            order = 12000

            def __init__(self, published, request):
                self.request = request

            def transformIterable(self, result, encoding):
                self.request.response.setHeader("Cache-Control", "public, max-age=99999")

            transformUnicode = transformBytes = transformIterable

        register = getSiteManager()
        register.registerAdapter(Public, (Interface, Interface), ITransform, name="public")
        self.addCleanup(register.unregisterAdapter, Public, (Interface, Interface), ITransform, name="public")
        self.archived_image(release=False)
        self.assertIn("private", self.app.get("/doc/@@download/image").headers["Cache-Control"])
        self.agent.urls.clear()
        self.assertIn("public", self.app.get("/doc/@@download/image").headers["Cache-Control"])


def _max_age(answer):
    return int(answer.headers["Cache-Control"].partition("max-age=")[2])
