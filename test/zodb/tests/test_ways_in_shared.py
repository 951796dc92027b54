"""docs/migration.md, "A shared directory": what it has to type and to write, done by two hosts."""

import os

import postgres
from guide import Section
from guided import GuidedCase, without_section
from views import Views, best_kind


class SharedDirectoryTest(GuidedCase):
    section = Section("A shared directory (NFS, EFS)")

    def setUp(self):
        super().setUp()
        self.views = Views(self.at("exported"), best_kind(), self.section.mount_options())
        self.addCleanup(self.views.close)
        names = {"dbname='plone'": postgres.create_database()}
        self.hosts = [self.guided(name, **names, **{"/var/lib/plone/blobs": self.at(name, "own-blobs"), "/web1=": f"/{name}="}) for name in ("web1", "web2")]
        for host in self.hosts:
            self.views.mount(host.blobs)
        self.sites = [None, None]

    def start(self, number, blobs="/srv/plone/blobstorage", archive_on_commit="no"):
        if self.sites[number]:
            self.sites[number].close()
        changes = {"archive_on_commit": ("no", archive_on_commit), "blob_dir": (self.hosts[number].blobs, self.hosts[number].here(blobs))}
        self.sites[number] = self.application(self.hosts[number].put(self.section, "zope.conf", **changes))

    def assert_all_see(self, truth):
        self.assertEqual([self.see(site) for site in self.sites], [truth, truth])

    def write(self):
        """By each host, and at once read by the other."""
        for number, other in (0, 1), (1, 0):
            self.seed = getattr(self, "seed", 5000) + 1
            self.sites[number].write(f"blob-{number}", self.seed, 3000)
            self.assertEqual(self.sites[other].read(), self.sites[number].read())
        return self.see(self.sites[0])

    def test_emptied_then_given_up_and_gone_back_to(self):
        print(f"two hosts over {self.views.kind}")
        for number, host in enumerate(self.hosts):
            host.init(self.section.typed("npx nice-blobs init --outputs cdk-outputs.json --volume main/shared="), self.database)
            host.start_agent()
            self.start(number)
        self.fill(self.sites[0])
        truth = self.write()
        self.assert_all_see(truth)

        self.sites[1].ask("begin_reading", name="large")
        self.archive(self.hosts[0])
        self.typed(self.hosts[0], "npx nice-blobs status /srv/plone/blobstorage")
        self.assertEqual(self.blobs_in(self.at("exported")), [])
        self.assertEqual(self.sites[1].ask("end_reading"), truth["large"])
        self.assert_all_see(truth)
        self.sites[1].ask("undo")
        truth = self.write()
        self.assert_all_see(truth)
        self.sites[0].ask("pack")
        truth = self.write()
        self.assert_all_see(truth)

        self.give_up(truth)
        truth = self.write()
        self.go_back(truth)

    def give_up(self, truth):
        for number in 0, 1:
            self.start(number, archive_on_commit="yes")
            truth = self.write()
        self.typed(self.hosts[1], "npx nice-blobs archive /srv/plone/blobstorage -a 0 -s 0", " --allow-empty")
        for number, host in enumerate(self.hosts):
            host.stop_agent()
            self.typed(host, "mv /etc/nice-blobs.json")
            host.init(self.section.typed("npx nice-blobs init --outputs cdk-outputs.json --volume main/web1="), self.database)
            host.start_agent()
            self.start(number, blobs="/var/lib/plone/blobs", archive_on_commit="yes")
            truth = self.write()
            self.assert_all_see(truth)
        self.typed(self.hosts[0], "npx nice-blobs status --retire shared")
        for host in self.hosts:
            self.views.unmount(host.blobs)
        for file in self.files(self.at("exported")):
            os.remove(file)
        self.assert_all_see(truth)

    def go_back(self, truth):
        for number, host in enumerate(self.hosts):
            self.views.mount(host.blobs)
            host.stop_agent()
            self.typed(host, "mv /etc/nice-blobs-shared.json")
            host.start_agent()
            self.start(number, archive_on_commit="yes")
            truth = self.write()
            self.assert_all_see(truth)
        self.typed(self.hosts[0], "npx nice-blobs recall --all")
        self.typed(self.hosts[0], "npx nice-blobs recall --all --verify")
        for number in 0, 1:
            self.start(number)
        # Without us, by the mount alone.
        for host in self.hosts:
            host.stop_agent()
        self.sites = [self.bare(site) for site in (0, 1)]
        self.assert_all_see(truth)

    def bare(self, number):
        self.sites[number].close()
        with open(os.path.join(self.hosts[number].directory, "zope.conf"), encoding="utf-8") as file:
            return self.application(without_section(file.read()))

    def blobs_in(self, directory):
        return [file for file in self.files(directory) if ".nice-blobs" not in file]
