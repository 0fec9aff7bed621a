"""QIDO-RS: every resource, parameter and status of PS3.18 section 10.6, against objects the test made."""
import json
import unittest

from dicom_writer import CT, EXPLICIT, MR, Instance, uid
from harness import ArchiveTest, Server, argent, main
from raw_scu import store_once

try:
    import pydicom
except ImportError:
    pydicom = None

ROOT = "/dicomweb"
REQUEST_ATTRIBUTES = [[(0x00400007, "LO", "Chest"), (0x00400009, "SH", "SPS-1"), (0x00401001, "SH", "RP-1")]]


def values(match, tag):
    return match.get(tag, {}).get("Value", [])


class Searching(ArchiveTest):
    """Two Studies of Doe^Jane (CT, MR), one of Müller^Jürgen; each with two Series of two Instances."""

    def setUp(self):
        super().setUp()
        for study, name, patient, date, modality in ((1, "Doe^Jane", "P1", "20240101", "CT"), (2, "Doe^Jane", "P1", "20240601", "MR"),
                                                     (3, "Müller^Jürgen", "P2", "20241231", "CT")):
            for series in (1, 2):
                for number in (1, 2):
                    extra = [(0x00080020, "DA", date), (0x00400275, "SQ", REQUEST_ATTRIBUTES), (0x00280008, "IS", "1")]
                    if study == 3:
                        extra.append((0x00080050, "SH", ""))
                    instance = Instance(uid(3, study, series, number), study=study, series=series, number=number,
                                        sop_class=CT if modality == "CT" else MR, modality=modality, patient_id=patient,
                                        patient_name=name, extra=extra)
                    self.write("%d-%d-%d.dcm" % (study, series, number), instance.part10())
        argent("import", self.folder / "in", "--data", self.data, check=0)
        self.server = Server(self.data).start()
        self.addCleanup(self.server.kill)

    def write(self, name, content):
        path = self.folder / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def find(self, path, status=200):
        return self.server.get_json(ROOT + path, status)

    def uids(self, path, tag="0020000D"):
        return sorted(values(match, tag)[0] for match in self.find(path))

    def test_studies_have_what_the_standard_requires(self):
        matches = self.find("/studies?StudyInstanceUID=" + uid(1, 1))
        self.assertEqual(len(matches), 1)
        match = matches[0]
        self.assertEqual(values(match, "00080020"), ["20240101"])
        self.assertEqual(values(match, "00080056"), ["ONLINE"])
        self.assertEqual(values(match, "00080061"), ["CT"])
        self.assertEqual(values(match, "00100010"), [{"Alphabetic": "Doe^Jane"}])
        self.assertEqual(values(match, "00100020"), ["P1"])
        self.assertEqual(values(match, "00201206"), [2])
        self.assertEqual(values(match, "00201208"), [4])
        for tag in ("00080030", "00080050", "00080090", "00100030", "00100040", "0020000D", "00200010"):
            self.assertIn(tag, match)
        self.assertEqual(values(match, "00081190"), ["http://%s:%d/dicomweb/studies/%s" % (*self.server.http, uid(1, 1))])
        self.assertNotIn("00080052", match)

    def test_series_and_instances_at_every_nesting(self):
        study, series = uid(1, 1), uid(2, 1, 1)
        self.assertEqual(len(self.find("/studies")), 3)
        self.assertEqual(len(self.find("/series")), 6)
        self.assertEqual(len(self.find("/instances")), 12)
        self.assertEqual(len(self.find("/studies/%s/series" % study)), 2)
        self.assertEqual(len(self.find("/studies/%s/instances" % study)), 4)
        self.assertEqual(len(self.find("/studies/%s/series/%s/instances" % (study, series))), 2)
        of_series = self.find("/studies/%s/series" % study)[0]
        for tag in ("00080060", "0008103E", "00081190", "0020000E", "00200011", "00201209", "00400244", "00400245", "00400275"):
            self.assertIn(tag, of_series)
        self.assertNotIn("00100010", of_series)
        self.assertEqual(values(of_series, "00400275")[0]["00400009"]["Value"], ["SPS-1"])
        relational = self.find("/series")[0]
        self.assertIn("00100010", relational)
        instance = self.find("/studies/%s/series/%s/instances?InstanceNumber=2" % (study, series))[0]
        for tag, value in (("00080016", CT), ("00080018", uid(3, 1, 1, 2)), ("00200013", 2), ("00280010", 16), ("00280011", 16),
                           ("00280100", 16), ("00280008", 1)):
            self.assertEqual(values(instance, tag), [value])
        self.assertTrue(values(instance, "00081190")[0].endswith("/studies/%s/series/%s/instances/%s" % (study, series, uid(3, 1, 1, 2))))

    def test_nothing_is_204_without_a_body(self):
        status, headers, body = self.server.get(ROOT + "/studies?PatientID=NOBODY")
        self.assertEqual((status, body), (204, b""))
        self.assertEqual(self.server.get(ROOT + "/studies/1.2.3/series")[0], 204)

    def test_matching(self):
        doe, mueller = [uid(1, 1), uid(1, 2)], [uid(1, 3)]
        for query, found in (("PatientName=doe*", doe), ("PatientName=M%C3%BCller%5EJ%C3%BCrgen", mueller),
                             ("PatientName=muller*", mueller), ("00100010=Doe%5EJane", doe), ("PatientID=P2", mueller),
                             ("StudyDate=20240101", doe[:1]), ("StudyDate=20240102-20241231", [doe[1], *mueller]),
                             ("StudyDate=-20240601", doe), ("ModalitiesInStudy=MR", doe[1:]),
                             ("StudyInstanceUID=%s,%s" % (uid(1, 2), uid(1, 3)), [uid(1, 2), uid(1, 3)]),
                             ("StudyInstanceUID=%s%%5C%s" % (uid(1, 2), uid(1, 3)), [uid(1, 2), uid(1, 3)]),
                             ("NumberOfStudyRelatedInstances=4&ModalitiesInStudy=CT", [uid(1, 1), uid(1, 3)])):
            self.assertEqual(self.uids("/studies?" + query), sorted(found), query)
        self.assertEqual(len(self.find("/instances?Rows=16")), 12)
        self.find("/instances?Rows=17", 204)
        self.assertEqual(len(self.find("/series?RequestAttributesSequence.ScheduledProcedureStepID=SPS-1")), 6)
        self.assertEqual(len(self.find("/series?00400275.00400009=SPS-1")), 6)
        self.find("/series?00400275.00400009=SPS-2", 204)

    def test_include_fields(self):
        match = self.find("/studies?limit=1")[0]
        self.assertNotIn("00081032", match)
        for query in ("includefield=ProcedureCodeSequence", "includefield=PatientComments,00081032", "includefield=all",
                      "includefield=PatientComments&includefield=00081032"):
            match = self.find("/studies?limit=1&" + query)[0]
            self.assertEqual(values(match, "00081032")[0]["00080100"]["Value"], ["24627-2"], query)
        self.assertIn("00104000", match)

    def test_pages_are_stable_and_disjoint(self):
        everything = [values(m, "00080018")[0] for m in self.find("/instances")]
        pages = []
        for offset in range(0, 12, 5):
            pages += [values(m, "00080018")[0] for m in self.find("/instances?limit=5&offset=%d" % offset)]
        self.assertEqual(pages, everything)
        self.find("/instances?offset=12", 204)

    def test_what_is_no_query_is_400_and_says_why(self):
        for query in ("NoSuchKeyword=1", "limit=x", "limit=-1", "offset=", "fuzzymatching=maybe", "includefield=Nonsense",
                      "StudyDate=yesterday", "PatientName=%", "PatientName.Nothing=1", "ProcedureCodeSequence=1"):
            status, _, body = self.server.get(ROOT + "/studies?" + query)
            self.assertEqual(status, 400, query)
            word = {"PatientName=%": "percent", "StudyDate=yesterday": "(0008,0020)"}.get(query, query.split("=")[0].split(".")[0])
            self.assertIn(word, json.loads(body)["detail"])
        self.assertEqual(self.server.get(ROOT + "/studies/not-a-uid/series")[0], 400)
        self.assertEqual(self.server.get(ROOT + "/instances?Rows=many")[0], 400)

    def test_what_was_not_done_is_a_warning(self):
        status, headers, _ = self.server.get(ROOT + "/studies?PixelSpacing=1")
        self.assertEqual(status, 200)
        self.assertRegex(headers["Warning"], r'^299 \S+ ".*PixelSpacing.*"$')

    def test_media_types(self):
        for accept in ("application/dicom+json", "application/json", "*/*", "application/*", "text/html, application/json;q=0.1"):
            status, headers, _ = self.server.get(ROOT + "/studies", Accept=accept)
            self.assertEqual((status, headers["Content-Type"]), (200, "application/dicom+json"), accept)
        for accept in ("text/html", "application/dicom+json;q=0"):
            self.assertEqual(self.server.get(ROOT + "/studies", Accept=accept)[0], 406, accept)

    def test_a_store_is_found_at_once(self):
        instance = Instance(uid(3, 9), study=9, patient_id="NEW")
        store_once(self.server.address, CT, instance.sop_instance_uid, EXPLICIT, instance.data_set())
        self.assertEqual(self.uids("/studies?PatientID=NEW"), [instance.study_uid])

    @unittest.skipUnless(pydicom, "python3-pydicom is not installed")
    def test_pydicom_reads_the_answers(self):
        for path in ("/studies?includefield=all", "/series?includefield=all", "/instances?includefield=all"):
            for match in self.find(path):
                data_set = pydicom.Dataset.from_json(match)
                self.assertTrue(str(data_set.StudyInstanceUID).startswith("2.25."))
                self.assertEqual(data_set.SpecificCharacterSet, "ISO_IR 192")


if __name__ == "__main__":
    main()
