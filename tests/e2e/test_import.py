"""`argent import`: what is taken, what is refused and why, and that Data Sets come back byte for byte."""
import signal
import struct
import subprocess
import time

from dicom_writer import (BIG_ENDIAN, CT, DEFLATED, EXPLICIT, HTJ2K_LOSSLESS, IMPLICIT, JPEG_BASELINE, MR, Encapsulated, Instance,
                          encode, part10, uid)
from harness import ArchiveTest, argent, argent_path, dump_catalog, list_json, main, read_report

SYNTAXES = (IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED)


class Importing(ArchiveTest):
    def outcomes(self, report):
        return {line["path"].rsplit("/", 1)[-1]: line["outcome"] for line in report}

    def test_every_encoding_comes_back_byte_for_byte(self):
        wanted = {}
        for number, syntax in enumerate(SYNTAXES):
            for undefined in (False, True):
                instance = Instance(uid(3, number, int(undefined)), number=number + 1)
                wanted[instance.sop_instance_uid] = (syntax, instance.data_set(syntax, undefined))
                self.write("in/%d-%d.dcm" % (number, undefined), instance.part10(syntax, undefined))
        report = self.import_files(self.folder / "in")
        self.assertEqual({line["outcome"] for line in report}, {"stored"})
        self.assertEqual({line["sop_instance_uid"] for line in report}, set(wanted))
        self.assertEqual(self.get_study(uid(1, 1)), wanted)

    def test_encapsulated_pixel_data_comes_back_byte_for_byte(self):
        for number, syntax in enumerate((JPEG_BASELINE, HTJ2K_LOSSLESS, "1.2.840.10008.1.2.4.110", "1.2.3.4.5.6")):
            instance = Instance(uid(4, number), number=number)
            elements = [(t, "OB" if t == 0x7FE00010 else v, Encapsulated([b"\xFF\x4F\xFF\x51abc", b"second"]) if t == 0x7FE00010 else x)
                        for t, v, x in instance.elements]
            data_set = encode(elements)
            self.write("in/%d.dcm" % number, part10(CT, instance.sop_instance_uid, syntax, data_set))
            report = self.import_files(self.folder / "in" / ("%d.dcm" % number))
            self.assertEqual([line["outcome"] for line in report], ["stored"], report)
            self.assertEqual(self.get_data_set(instance.sop_instance_uid), (syntax, data_set))

    def test_files_without_preamble_or_meta_header(self):
        with_meta = Instance(uid(3, 1))
        self.write("in/no-preamble.dcm", with_meta.part10()[128:])
        for number, syntax in ((2, IMPLICIT), (3, EXPLICIT)):
            self.write("in/bare-%d" % number, Instance(uid(3, number)).data_set(syntax))
        report = self.import_files(self.folder / "in", code=None)
        outcomes = self.outcomes(report)
        self.assertEqual(outcomes["bare-2"], "stored", report)
        self.assertEqual(outcomes["bare-3"], "stored", report)
        self.assertEqual(self.get_data_set(uid(3, 2)), (IMPLICIT, Instance(uid(3, 2)).data_set(IMPLICIT)))

    def test_the_same_file_again_is_a_duplicate_and_stored_once(self):
        path = self.write("a.dcm", Instance(uid(3, 1)).part10())
        self.assertEqual(self.import_files(path)[0]["outcome"], "stored")
        before = dump_catalog(self.data)
        self.assertEqual(self.import_files(path)[0]["outcome"], "duplicate")
        self.assertEqual(dump_catalog(self.data), before)

    def test_the_same_uid_with_other_bytes_is_a_conflict_and_listed(self):
        first, second = Instance(uid(3, 1), seed=1), Instance(uid(3, 1), seed=2)
        self.import_files(self.write("a.dcm", first.part10()))
        self.assertEqual(self.import_files(self.write("b.dcm", second.part10()))[0]["outcome"], "conflict")
        listed = list_json("conflicts", self.data)
        self.assertEqual([line["SOPInstanceUID"] for line in listed], [uid(3, 1)])
        # The first received is the one that is served.
        self.assertEqual(self.get_data_set(uid(3, 1)), (EXPLICIT, first.data_set()))

    def test_two_patient_ids_in_one_study_are_stored_and_raised(self):
        self.import_files(self.write("a.dcm", Instance(uid(3, 1), patient_id="P1").part10()))
        report = self.import_files(self.write("b.dcm", Instance(uid(3, 2), number=2, patient_id="P2").part10()))
        self.assertIn(report[0]["outcome"], ("stored", "conflict"))
        self.assertTrue(any(line["StudyInstanceUID"] == uid(1, 1) for line in list_json("conflicts", self.data)))
        self.assertEqual(len(self.get_study(uid(1, 1))), 2)

    def test_bad_files_are_refused_each_with_a_reason_and_change_nothing(self):
        good = Instance(uid(3, 1))
        data_set = good.data_set()
        meta_bytes = len(good.part10()) - len(data_set)

        def with_meta(data):
            return part10(CT, good.sop_instance_uid, EXPLICIT, data)

        bad = {
            "empty": b"",
            "text": b"This is not a DICOM file, and never was.\n" * 40,
            "zeros": bytes(4096),
            "only-preamble": b"\0" * 128 + b"DICM",
            "cut-in-meta": good.part10()[:meta_bytes - 20],
            "no-data-set": good.part10()[:meta_bytes],
            "cut-in-pixels": good.part10()[:-100],
            "no-study-uid": Instance(uid(3, 2), without=[0x0020000D]).part10(),
            "no-series-uid": Instance(uid(3, 3), without=[0x0020000E]).part10(),
            "no-sop-uid": with_meta(Instance(uid(3, 4), without=[0x00080018]).data_set()),
            "long-uid": Instance("1.2." + "3" * 61).part10(),
            "letters-in-uid": Instance("1.2.three.4").part10(),
            "length-beyond-end": with_meta(data_set[:-520] + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, 0x7FFFFFF0) + b"ab"),
            "nested": with_meta(data_set[:-524] + b"".join(
                struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
                for _ in range(300000))),
        }
        self.import_files(self.write("good.dcm", good.part10()))
        before = dump_catalog(self.data)
        for name, content in bad.items():
            self.write("bad/" + name, content)
        report = self.import_files(self.folder / "bad", code=1)
        self.assertEqual(self.outcomes(report), {name: "refused" for name in bad}, report)
        for line in report:
            self.assertTrue(line["reason"].strip(), line)
        self.assertEqual(dump_catalog(self.data), before)

    def test_a_deflate_bomb_is_refused_quickly(self):
        import zlib
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        front = encode([e for e in Instance(uid(3, 1)).elements if e[0] != 0x7FE00010])
        size = 1 << 30
        body = packer.compress(front + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, size))
        zeros = bytes(1 << 20)
        for _ in range(size >> 20):
            body += packer.compress(zeros)
        body += packer.flush()
        self.write("bomb.dcm", part10(CT, uid(3, 1), DEFLATED, body))
        started = time.monotonic()
        report = self.import_files(self.folder / "bomb.dcm", code=1)
        self.assertEqual(report[0]["outcome"], "refused")
        self.assertLess(time.monotonic() - started, 30)

    def test_a_truncation_at_any_point_is_refused_or_stored_whole(self):
        whole = Instance(uid(3, 1), rows=4, columns=4, extra=[(0x00081140, "SQ", [[(0x00081150, "UI", MR), (0x00081155, "UI", uid(9))]])])
        content = whole.part10(undefined_lengths=True)
        for cut in range(1, len(content), 7):
            self.write("cut/%05d" % cut, content[:cut])
        report = self.import_files(self.folder / "cut", code=None)
        stored = [line for line in report if line["outcome"] != "refused"]
        # A Data Set may end after any top-level element that is not Pixel Data; what is stored then has all its UIDs.
        for line in stored:
            self.assertEqual(line["sop_instance_uid"], uid(3, 1))
        argent("status", "--data", self.data, check=0)

    def test_a_path_that_does_not_exist_is_reported(self):
        report = self.import_files(self.folder / "nothing-here", code=1)
        self.assertEqual(report[0]["outcome"], "refused")

    def test_ctrl_c_stops_early_and_keeps_what_was_reported(self):
        for number in range(3000):
            self.write("many/%05d.dcm" % number, Instance(uid(3, number), number=number, rows=64, columns=64).part10())
        report_path = self.folder / "report.jsonl"
        process = subprocess.Popen([argent_path(), "import", str(self.folder / "many"), "--data", str(self.data), "--report",
                                    str(report_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # As soon as it works on the folder; a machine that is through before that tests nothing, but fails nothing either.
        while process.poll() is None and not (report_path.exists() and (self.data / "segments").exists()):
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertIn(process.returncode, (0, 1))
        lines = read_report(report_path)
        done = argent("status", "--json", "--data", self.data, check=0)
        self.assertIn('"instances":%d' % len(lines), done.stdout)
        self.assertEqual(argent("import", self.folder / "many", "--data", self.data).returncode, 0)
        self.assertIn('"instances":3000', argent("status", "--json", "--data", self.data).stdout)

    def test_rebuild_gives_the_same_catalog(self):
        for number in range(40):
            self.write("in/%d.dcm" % number, Instance(uid(3, number), study=number % 7, series=number % 3, number=number,
                                                      patient_name="Müller^Jürgen").part10(SYNTAXES[number % 4]))
        self.import_files(self.folder / "in")
        self.import_files(self.write("b.dcm", Instance(uid(3, 5), study=5, series=2, number=5, seed=77).part10()))
        before = dump_catalog(self.data)
        self.assertGreater(len(before.splitlines()), 40)
        argent("rebuild-catalog", "--data", self.data, check=0)
        self.assertEqual(dump_catalog(self.data), before)


if __name__ == "__main__":
    main()
