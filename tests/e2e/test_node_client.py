"""dcmjs-dimse (npm) as an independent client: C-ECHO, C-STORE, C-FIND, C-GET, C-MOVE."""
import json
import pathlib
import shutil
import unittest

from dicom_writer import IMPLICIT, EXPLICIT, MR, Instance, uid
from harness import ArchiveTest, Server, free_port, main, run

NODE = pathlib.Path(__file__).resolve().parent / "node"


@unittest.skipUnless(shutil.which("node"), "node is not installed")
@unittest.skipUnless((NODE / "node_modules" / "dcmjs-dimse").exists(), "dcmjs-dimse is not installed (tests/e2e/node/install)")
class NodeClient(ArchiveTest):
    def client(self, server, operation, *arguments):
        done = run("node", NODE / "client.js", operation, *map(str, server.address), server.aet, *arguments, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + "".join(server.log[-10:]))
        return json.loads(done.stdout.splitlines()[-1])

    def test_the_whole_round(self):
        port = free_port()
        instances = [Instance(uid(3, n), series=n % 2, number=n, sop_class=MR, modality="MR", seed=n) for n in range(6)]
        files = [self.write("in/%d.dcm" % n, i.part10(EXPLICIT if n % 2 else IMPLICIT)) for n, i in enumerate(instances)]
        with Server(self.data, "--peer", "NODE_DEST@127.0.0.1:%d" % port) as server:
            self.client(server, "echo")
            stored = self.client(server, "store", *files)
            self.assertEqual(stored["statuses"], [0] * len(files))

            found = self.client(server, "find", json.dumps({"PatientName": "doe^*", "PatientID": "", "StudyInstanceUID": "",
                                                            "NumberOfStudyRelatedInstances": "", "ModalitiesInStudy": ""}))
            self.assertEqual(len(found["answers"]), 1)
            answer = found["answers"][0]
            self.assertEqual(answer["StudyInstanceUID"], uid(1, 1))
            self.assertEqual(answer["PatientID"], "PAT-1")
            self.assertEqual(str(answer["NumberOfStudyRelatedInstances"]), "6")

            wanted = sorted(i.sop_instance_uid for i in instances)
            got = self.client(server, "get", uid(1, 1))
            self.assertEqual(sorted(r["uid"] for r in got["received"]), wanted)
            self.assertEqual({r["pixelBytes"] for r in got["received"]}, {16 * 16 * 2})
            self.assertEqual((got["completed"], got["failures"]), (6, 0))

            moved = self.client(server, "move", uid(1, 1), "NODE_DEST", port)
            self.assertEqual(sorted(r["uid"] for r in moved["received"]), wanted)
            self.assertEqual((moved["completed"], moved["failures"]), (6, 0))
            self.assertEqual(server.stop(), 0)
        study = self.get_study(uid(1, 1))
        self.assertEqual(sorted(study), wanted)


if __name__ == "__main__":
    main()
