"""A full volume: A700, nothing lost, reads go on, and taking in resumes when space returns. Needs root for a small file system of its own."""
import os
import shutil
import time
import unittest

from dicom_writer import CT, EXPLICIT, Instance, uid
from harness import ArchiveTest, Server, argent, dump_catalog, list_json, main, run
from raw_scu import Closed, Scu

VOLUME_MIB = 320
SETTINGS = ["--set", "segment-mib=64", "--set", "reserve-mib=32"]
FILL_MIB = 400


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("mkfs.ext4") and shutil.which("mount"), "needs root, mount and mkfs.ext4")
class DiskFull(ArchiveTest):
    def setUp(self):
        super().setUp()
        image, self.mount = self.folder / "image", self.folder / "mount"
        self.mount.mkdir()
        with open(image, "wb") as file:
            file.truncate(VOLUME_MIB << 20)
        run("mkfs.ext4", "-q", "-F", "-m", "0", image, check=0)
        if run("mount", "-o", "loop", image, self.mount).returncode != 0:
            self.skipTest("loop devices cannot be mounted here")
        self.addCleanup(run, "umount", "-l", self.mount)
        self.data = self.mount / "data"

    def store(self, scu, number):
        instance = self.instance(number)
        return scu.store(1, CT, instance.sop_instance_uid, instance.data_set())

    def instance(self, number):
        return Instance(uid(3, number), number=number, rows=1024, columns=1024, pixel_data=number.to_bytes(4, "little") * (1 << 19))

    def store_until_full(self, server, first=0):
        """The numbers acknowledged, and the first refusal."""
        kept = []
        with Scu(server.address, timeout=120) as scu:
            self.assertEqual(scu.associate([(CT, [EXPLICIT])]), 2)
            for number in range(first, first + FILL_MIB // 2):
                status, comment = self.store(scu, number)
                if status != 0:
                    return kept, status, comment
                kept.append(number)
        self.fail("the volume never filled up")

    def assert_all_there(self, numbers):
        study = self.get_study(uid(1, 1))
        for number in numbers:
            self.assertEqual(study[uid(3, number)], (EXPLICIT, self.instance(number).data_set()), number)
        return study

    def test_full_answers_a700_reads_go_on_and_it_resumes(self):
        ballast = self.mount / "ballast"
        ballast.write_bytes(b"x" * (96 << 20))
        with Server(self.data, *SETTINGS) as server:
            kept, status, comment = self.store_until_full(server)
            self.assertGreater(len(kept), 10)
            self.assertEqual(status & 0xFF00, 0xA700, "%04X %s" % (status, comment))
            self.assertTrue(comment)
            self.assertTrue(server.echo())
            if shutil.which("findscu"):
                found = run("findscu", "-v", "-S", "-aec", server.aet, *server.address, "-k", "QueryRetrieveLevel=STUDY", "-k",
                            "StudyInstanceUID", env={"TCP_NODELAY": "1"}, check=0)
                self.assertIn(uid(1, 1), found.stdout + found.stderr)
            ballast.unlink()
            deadline = time.monotonic() + 60
            status = None
            while status != 0 and time.monotonic() < deadline:
                try:
                    with Scu(server.address, timeout=60) as scu:
                        scu.associate([(CT, [EXPLICIT])])
                        status, comment = self.store(scu, 1000)
                except (Closed, ConnectionError):
                    pass
                if status != 0:
                    time.sleep(1)
            self.assertEqual(status, 0, comment)
            self.assertEqual(server.stop(), 0)
        self.assert_all_there(kept + [1000])
        before = dump_catalog(self.data)
        self.assertEqual(len(list_json("instances", self.data)), len(kept) + 1)
        argent("rebuild-catalog", "--data", self.data, check=0)
        self.assertEqual(dump_catalog(self.data), before)

    def test_a_restart_on_a_full_volume_still_reads(self):
        with Server(self.data, *SETTINGS) as server:
            kept, status, _ = self.store_until_full(server)
            self.assertEqual(status & 0xFF00, 0xA700)
            server.kill()
        with Server(self.data, *SETTINGS) as server:
            self.assertTrue(server.echo())
            self.assertEqual(server.stop(), 0)
        out = self.folder / "out"
        argent("get", "--study", uid(1, 1), "--out", out, "--data", self.data, check=0)
        self.assertEqual({p.stem for p in out.rglob("*.dcm")} >= {uid(3, n) for n in kept}, True)


if __name__ == "__main__":
    main()
