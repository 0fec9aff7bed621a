"""Over real DICOM files, where ARGENT_TEST_DATA names a folder of them: everything that is DICOM with its UIDs is stored, and comes back."""
import collections
import hashlib
import json
import os
import pathlib
import unittest

from dicom_writer import split_part10
from harness import ArchiveTest, Server, argent, dump_catalog, main, needs_program, run

REAL = os.environ.get("ARGENT_TEST_DATA")


def data_set_of(path):
    """The Data Set bytes of a Part 10 file with a group length; None of anything else."""
    content = path.read_bytes()
    try:
        return split_part10(content)[1]
    except Exception:  # noqa: BLE001 - whatever is wrong with it, this file is not compared
        return None


@unittest.skipUnless(REAL, "ARGENT_TEST_DATA is not set")
class RealFiles(ArchiveTest):
    def test_import_report_get_and_rebuild(self):
        report = self.import_files(REAL, code=None)
        files = [p for p in pathlib.Path(REAL).rglob("*") if p.is_file() and not p.is_symlink()]
        self.assertEqual(len(report), len(files), "one report line for each file")
        outcomes = collections.Counter(line["outcome"] for line in report)
        print("  " + ", ".join("%d %s" % (n, o) for o, n in sorted(outcomes.items())))
        for line in report:
            if line["outcome"] == "refused":
                self.assertTrue(line["reason"], line)
        self.assertGreater(outcomes["stored"], 0)

        # What was stored first under a UID comes back byte for byte.
        digests = collections.defaultdict(set)
        for line in report:
            if line["outcome"] != "refused":
                data_set = data_set_of(pathlib.Path(line["path"]))
                if data_set is not None:
                    digests[line["sop_instance_uid"]].add(hashlib.sha256(data_set).hexdigest())
        out = self.folder / "out"
        for line in argent("ls", "studies", "--json", "--data", self.data, check=0).stdout.splitlines():
            argent("get", "--study", json.loads(line)["StudyInstanceUID"], "--out", out, "--data", self.data, check=0)
        got = {p.stem: hashlib.sha256(data_set_of(p)).hexdigest() for p in out.rglob("*.dcm")}
        self.assertEqual(set(got), {line["sop_instance_uid"] for line in report if line["outcome"] != "refused"})
        for sop_instance_uid, known in digests.items():
            self.assertIn(got[sop_instance_uid], known, sop_instance_uid)

        before = dump_catalog(self.data)
        argent("rebuild-catalog", "--data", self.data, check=0)
        self.assertEqual(dump_catalog(self.data), before)
        again = self.import_files(REAL, code=None)
        self.assertEqual(sum(line["outcome"] == "stored" for line in again), 0)

    @needs_program("dcmftest")
    def test_everything_refused_is_something_dcmtk_does_not_take_either(self):
        report = self.import_files(REAL, code=None)
        for line in report:
            # A refused file is either no DICOM for DCMTK as well, or its reason names what is missing.
            if line["outcome"] == "refused" and run("dcmftest", line["path"]).returncode == 0:
                self.assertRegex(line["reason"], r"(?i)uid|dicomdir|directory|truncat|ends|beyond|missing|length", line)

    @needs_program("storescu")
    def test_storescu_of_real_files(self):
        folder = next((p for p in sorted(pathlib.Path(REAL).iterdir()) if p.name == "dcm_qa_ct"), None)
        if folder is None:
            self.skipTest("no folder dcm_qa_ct")
        with Server(self.data) as server:
            done = run("storescu", "-aec", server.aet, "+sd", "+r", "-nh", *server.address, folder, env={"TCP_NODELAY": "1"})
            self.assertTrue(server.echo(), done.stderr[-500:])
            self.assertEqual(server.stop(), 0)
        self.assertGreater(len(dump_catalog(self.data).splitlines()), 10)


if __name__ == "__main__":
    main()
