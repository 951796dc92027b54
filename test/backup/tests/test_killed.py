"""A backup that is killed, at moments all over its work, and run again."""

import time

from backup import kill
from test_restore_drill import KINDS, BackupCase

MOMENTS = 6


class KilledTest(BackupCase):
    def test_goes_on_wherever_it_was_killed_I8(self):
        for kind in KINDS:
            with self.subTest(kind):
                site, backup = self.site(kind)
                began = time.monotonic()
                backup.make()
                usual = time.monotonic() - began
                for moment in range(MOMENTS):
                    site.edit()
                    site.host.archive(release=moment % 2 == 0)
                    process = backup.start()
                    time.sleep(usual * (moment + 0.5) / MOMENTS)
                    kill(process)
                    # What is there is right, whatever is not there yet.
                    self.assertEqual(backup.drill().refs("damaged"), set())
                backup.make()
                self.require_whole(backup.drill(), site.kept())
                site.close()
