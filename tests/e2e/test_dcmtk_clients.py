"""DCMTK's echoscu, storescu, findscu, getscu and movescu (with storescp as the destination) as independent clients."""
import re
import subprocess
import time

from dicom_writer import BIG_ENDIAN, CT, DEFLATED, EXPLICIT, IMPLICIT, Instance, split_part10, uid
from harness import ArchiveTest, Server, free_port, main, needs_program, run
from raw_scu import store_once

# Debian's DCMTK leaves Nagle's algorithm on; with this its own tests take seconds instead of minutes.
QUICK = {"TCP_NODELAY": "1"}
# The option of storescu that proposes each Transfer Syntax first.
PROPOSE = {IMPLICIT: "-xi", EXPLICIT: "-xe", BIG_ENDIAN: "-xb", DEFLATED: "-xd"}


def uid_of(path):
    """DCMTK names files by modality and UID, or by the UID alone."""
    return re.sub(r"^[A-Za-z]+\.", "", path.name)


class StoreScp:
    """DCMTK's storescp as the destination of C-MOVE."""

    def __init__(self, folder, *options, aet="STORESCP"):
        folder.mkdir()
        self.folder, self.aet, self.port = folder, aet, free_port()
        self.process = subprocess.Popen(["storescp", "-aet", aet, "-od", str(folder), "+B", *options, str(self.port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(QUICK, PATH="/usr/bin:/bin"))

    def __enter__(self):
        for _ in range(200):
            if run("echoscu", "127.0.0.1", self.port, env=QUICK).returncode == 0:
                return self
            time.sleep(0.05)
        raise AssertionError("storescp does not answer")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def files(self):
        return {uid_of(p): p.read_bytes() for p in self.folder.iterdir()}


@needs_program("storescu")
class DcmtkClients(ArchiveTest):
    def scu(self, program, server, *arguments, code=0):
        done = run(program, "-aec", server.aet, *server.address, *arguments, env=QUICK)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr + "".join(server.log[-10:]))
        return done.stdout + done.stderr

    def store(self, server, instance, syntax=EXPLICIT):
        path = self.write("in/%s-%s.dcm" % (instance.sop_instance_uid, syntax), instance.part10(syntax))
        self.scu("storescu", server, PROPOSE[syntax], path)

    def find(self, server, level, keys, model="-S"):
        """The answers, each a dict of tag "gggg,eeee" to text."""
        options = [o for key in ["QueryRetrieveLevel=" + level, *keys] for o in ("-k", key)]
        text = self.scu("findscu", server, "-v", model, *options)
        answers = []
        for block in re.split(r"Find Response: \d+ \(Pending", text)[1:]:
            found = re.finditer(r"\((\w{4},\w{4})\) \w\w (?:\[(.*?)\]|\(no value)", block)
            answers.append({m.group(1): (m.group(2) or "").strip() for m in found})
        return answers

    def test_echo(self):
        with Server(self.data) as server:
            self.scu("echoscu", server)

    def test_storescu_in_every_uncompressed_encoding(self):
        wanted = {}
        with Server(self.data) as server:
            for number, syntax in enumerate(PROPOSE):
                instance = Instance(uid(3, number), number=number, seed=number)
                self.store(server, instance, syntax)
                wanted[instance.sop_instance_uid] = syntax
            self.assertEqual(server.stop(), 0)
        study = self.get_study(uid(1, 1))
        self.assertEqual({u: s for u, (s, _) in study.items()}, wanted)
        for number, syntax in ((0, IMPLICIT), (1, EXPLICIT), (2, BIG_ENDIAN)):
            self.assertEqual(study[uid(3, number)][1], Instance(uid(3, number), number=number, seed=number).data_set(syntax))

    def fill(self, server):
        people = [("Müller^Jürgen", "P1", "CT"), ("Doe^Jane", "P2", "MR"), ("Doe^John", "P3", "CT")]
        for study, (name, patient_id, modality) in enumerate(people):
            for number in range(4):
                instance = Instance(uid(3, study, number), study=study, series=number // 2, number=number, patient_name=name,
                                    patient_id=patient_id, modality=modality, seed=number)
                status = store_once(server.address, CT, instance.sop_instance_uid, EXPLICIT, instance.data_set())
                self.assertEqual(status, (0, ""))

    def test_findscu_matches_as_the_standard_says(self):
        study_keys = ["StudyInstanceUID", "PatientID", "PatientName", "NumberOfStudyRelatedInstances"]

        def ids(server, *keys):
            answers = self.find(server, "STUDY", [k for k in study_keys if k not in [x.split("=")[0] for x in keys]] + list(keys))
            return sorted(a["0010,0020"] for a in answers)

        with Server(self.data) as server:
            self.fill(server)
            self.assertEqual(ids(server), ["P1", "P2", "P3"])
            self.assertEqual(ids(server, "PatientID=P2"), ["P2"])
            self.assertEqual(ids(server, "PatientID=p2"), [])
            self.assertEqual(ids(server, "PatientName=DOE*"), ["P2", "P3"])
            self.assertEqual(ids(server, "PatientName=doe^j?ne"), ["P2"])
            self.assertEqual(ids(server, "PatientName=muller*"), ["P1"])
            self.assertEqual(ids(server, "AccessionNumber=ACC2"), ["P3"])
            self.assertEqual(ids(server, "StudyDate=20240301-20240331"), ["P1", "P2", "P3"])
            self.assertEqual(ids(server, "StudyDate=20240306-"), [])
            self.assertEqual(ids(server, "ModalitiesInStudy=MR"), ["P2"])
            self.assertEqual(ids(server, "ModalitiesInStudy=CT"), ["P1", "P3"])
            self.assertEqual(ids(server, "StudyInstanceUID=%s\\%s" % (uid(1, 0), uid(1, 2))), ["P1", "P3"])
            series = self.find(server, "SERIES", ["StudyInstanceUID=" + uid(1, 1), "SeriesInstanceUID", "Modality",
                                                  "NumberOfSeriesRelatedInstances"])
            self.assertEqual([a["0020,1209"] for a in series], ["2", "2"])
            images = self.find(server, "IMAGE", ["StudyInstanceUID=" + uid(1, 1), "SeriesInstanceUID=" + uid(2, 1, 0),
                                                 "SOPInstanceUID", "InstanceNumber"])
            self.assertEqual(sorted(a["0008,0018"] for a in images), [uid(3, 1, 0), uid(3, 1, 1)])
            patients = self.find(server, "PATIENT", ["PatientID=P1", "PatientName", "NumberOfPatientRelatedStudies"], "-P")
            self.assertEqual([a["0020,1200"] for a in patients], ["1"])

    def test_findscu_without_the_key_above_is_refused_with_a_reason(self):
        with Server(self.data) as server:
            self.fill(server)
            done = run("findscu", "-d", "-S", "-aec", server.aet, *server.address, "-k", "QueryRetrieveLevel=SERIES", "-k",
                       "SeriesInstanceUID", env=QUICK)
            self.assertRegex(done.stdout + done.stderr, "(?i)a900")

    def test_getscu_gives_back_what_was_stored(self):
        out = self.folder / "got"
        out.mkdir()
        with Server(self.data) as server:
            self.fill(server)
            self.scu("getscu", server, "-S", "+B", "-od", out, "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=" + uid(1, 1))
        got = {uid_of(p): split_part10(p.read_bytes()) for p in out.iterdir()}
        wanted = {uid(3, 1, n): (EXPLICIT, Instance(uid(3, 1, n), study=1, series=n // 2, number=n, patient_name="Doe^Jane",
                                                    patient_id="P2", modality="MR", seed=n).data_set()) for n in range(4)}
        self.assertEqual(got, wanted)

    def test_movescu_with_true_counts(self):
        with StoreScp(self.folder / "moved") as destination:
            with Server(self.data, "--peer", "STORESCP@127.0.0.1:%d" % destination.port) as server:
                self.fill(server)
                text = self.scu("movescu", server, "-d", "-S", "-aem", "STORESCP", "-k", "QueryRetrieveLevel=STUDY", "-k",
                                "StudyInstanceUID=" + uid(1, 0))
                self.assertRegex(text, r"Completed Suboperations +: 4")
                self.assertRegex(text, r"Failed Suboperations +: 0")
                self.assertEqual(set(destination.files()), {uid(3, 0, n) for n in range(4)})

    def test_movescu_converts_for_a_destination_that_takes_only_implicit(self):
        with StoreScp(self.folder / "moved", "+xi") as destination:
            with Server(self.data, "--peer", "STORESCP@127.0.0.1:%d" % destination.port) as server:
                for number, syntax in enumerate((EXPLICIT, BIG_ENDIAN, DEFLATED)):
                    instance = Instance(uid(3, number), number=number, seed=number)
                    status = store_once(server.address, CT, instance.sop_instance_uid, syntax, instance.data_set(syntax))
                    self.assertEqual(status, (0, ""))
                self.scu("movescu", server, "-S", "-aem", "STORESCP", "-k", "QueryRetrieveLevel=STUDY", "-k",
                         "StudyInstanceUID=" + uid(1, 1))
                files = destination.files()
        for number in range(3):
            syntax, data_set = split_part10(files[uid(3, number)])
            self.assertEqual(syntax, IMPLICIT)
            # The values are the same; sequences may come with lengths or with delimiters.
            instance = Instance(uid(3, number), number=number, seed=number)
            self.assertIn(data_set, [instance.data_set(IMPLICIT, undefined) for undefined in (False, True)])

    def test_movescu_to_an_unknown_destination_is_refused(self):
        with Server(self.data) as server:
            self.fill(server)
            done = run("movescu", "-d", "-S", "-aec", server.aet, "-aem", "NOBODY", *server.address, "-k", "QueryRetrieveLevel=STUDY",
                       "-k", "StudyInstanceUID=" + uid(1, 0), env=QUICK)
            self.assertRegex(done.stdout + done.stderr, "(?i)a801")

    def test_movescu_to_a_destination_that_is_off_fails_with_counts(self):
        with Server(self.data, "--peer", "OFF@127.0.0.1:%d" % free_port()) as server:
            self.fill(server)
            done = run("movescu", "-d", "-S", "-aec", server.aet, "-aem", "OFF", *server.address, "-k", "QueryRetrieveLevel=STUDY",
                       "-k", "StudyInstanceUID=" + uid(1, 0), env=QUICK)
            self.assertRegex(done.stdout + done.stderr, "(?i)a702")
            self.assertTrue(server.echo())


if __name__ == "__main__":
    main()
