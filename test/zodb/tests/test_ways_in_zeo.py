"""docs/migration.md, "ZEO": what it has to type and to write, done, with the server as a process of its own."""

import shutil
import socket
import subprocess

from guide import Section
from guided import GuidedCase, without_section
from stage import Host


class ZEOTest(GuidedCase):
    section = Section("ZEO")

    def setUp(self):
        """A site with a server and two clients, none of them wrapped."""
        super().setUp()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.names = {"zeo.example:8100": f"127.0.0.1:{free.getsockname()[1]}", "/srv/plone/Data.fs": self.at("Data.fs")}
        self.zeo = self.guided("zeo", **self.names)
        self.hosts = [self.guided(name, **self.names, **{"/var/cache/plone-blobs": self.at(f"{name}-blobs")}) for name in ("web1", "web2")]
        self.start_server(wrapped=False)
        self.clients = [self.application(without_section(host.put(self.section, "zope.conf"))) for host in self.hosts]

    def start_server(self, wrapped=True):
        text = self.zeo.put(self.section, "zeo.conf")
        if not wrapped:
            self.zeo.write("zeo.conf", without_section(text))
        words = self.section.typed("runzeo")
        self.server = self.zeo.begin(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.server.wait, 60)
        self.addCleanup(self.server.kill)

    def restart_server(self, **options):
        self.server.terminate()
        self.server.wait(60)
        self.start_server(**options)

    def restart_client(self, number, wrapped=True, young="30d"):
        self.clients[number].close()
        text = self.hosts[number].put(self.section, "zope.conf", young=("30d", young))
        self.clients[number] = self.application(text if wrapped else without_section(text))

    def begin_cold(self, **options):
        """Clients that have nothing in ZEO's blob cache."""
        for number, host in enumerate(self.hosts):
            self.clients[number].close()
            shutil.rmtree(f"{host.directory}-blobs")
            self.restart_client(number, **options)

    def test_wrapped_archived_released_read_undone_and_packed_and_back(self):
        self.fill(self.clients[0])
        truth = self.see(self.clients[0])
        with_volume, without = self.section.all_typed("npx nice-blobs init")
        self.zeo.init(with_volume, self.database)
        for host in self.hosts:
            host.init(without, self.database)
        for host in self.zeo, *self.hosts:
            host.start_agent()
        self.restart_server()
        self.assertEqual(self.see(self.clients[0]), truth)
        for number in 0, 1:
            self.restart_client(number)
            # Each as it was, while others are not yet.
            self.assertEqual([self.see(client) for client in self.clients], [truth, truth])

        self.archive(self.zeo)
        self.typed(self.zeo, "npx nice-blobs status")
        self.assertEqual(self.zeo.files(), [])
        # The server fetches for who is not wrapped, and for who takes all for young.
        for options in {"wrapped": False}, {}, {"young": "0s"}:
            self.begin_cold(**options)
            before = Host.downloads()
            self.assertEqual([self.see(client) for client in self.clients], [truth, truth])
        self.assertGreater(Host.downloads(), before)
        self.assertEqual(self.files(self.at("web1-blobs")), [])

        self.clients[1].write("blob-3", 3000, 4000)
        self.clients[0].ask("undo")
        self.assertEqual(self.clients[1].read(), {name: digest for name, digest in truth.items() if "/" not in name})
        self.clients[0].ask("pack")
        truth = self.see(self.clients[1])

        self.typed(self.zeo, "npx nice-blobs recall --all --verify")
        self.typed(self.zeo, "npx nice-blobs recall --all")
        self.begin_cold(wrapped=False)
        self.restart_server(wrapped=False)
        for host in self.zeo, *self.hosts:
            host.stop_agent()
        self.assertEqual([self.see(client) for client in self.clients], [truth, truth])
