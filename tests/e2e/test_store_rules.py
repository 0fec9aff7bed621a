"""C-STORE: every SOP Class, every Transfer Syntax, the right status for what is wrong, and nothing half visible."""
import struct

from dicom_writer import (CT, EXPLICIT, HTJ2K_LOSSLESS, IMPLICIT, MR, PRIVATE_STORAGE, Encapsulated, Instance, encode, uid)
from harness import ArchiveTest, Server, argent, dump_catalog, list_json, main
from raw_scu import Scu, command_set, pdu, store_once


class StoreRules(ArchiveTest):
    def store(self, server, instance, syntax=EXPLICIT, data_set=None, sop_class=None, sop_instance_uid=None):
        data = instance.data_set(syntax) if data_set is None else data_set
        return store_once(server.address, sop_class or instance.sop_class, sop_instance_uid or instance.sop_instance_uid, syntax, data)

    def test_private_and_unknown_sop_classes_are_kept(self):
        classes = [PRIVATE_STORAGE, "1.2.840.10008.5.1.4.1.1.999.1", "2.25.123456789"]
        with Server(self.data) as server:
            for number, sop_class in enumerate(classes):
                instance = Instance(uid(3, number), sop_class=sop_class, number=number)
                self.assertEqual(self.store(server, instance), (0, ""))
            self.assertEqual(server.stop(), 0)
        self.assertEqual(len(self.get_study(uid(1, 1))), len(classes))

    def test_transfer_syntaxes_nobody_decodes_are_kept_byte_for_byte(self):
        wanted = {}
        with Server(self.data) as server:
            for number, syntax in enumerate((HTJ2K_LOSSLESS, "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.110", "1.2.3.4.5.6.7")):
                instance = Instance(uid(3, number), number=number)
                data = encode([(t, "OB", Encapsulated([b"frame %d" % number])) if t == 0x7FE00010 else (t, v, x)
                               for t, v, x in instance.elements])
                self.assertEqual(self.store(server, instance, syntax, data), (0, ""))
                wanted[instance.sop_instance_uid] = (syntax, data)
            self.assertEqual(server.stop(), 0)
        self.assertEqual(self.get_study(uid(1, 1)), wanted)

    def test_same_again_is_success_and_stored_once(self):
        instance = Instance(uid(3, 1))
        with Server(self.data) as server:
            for _ in range(3):
                self.assertEqual(self.store(server, instance), (0, ""))
            self.assertEqual(server.stop(), 0)
        self.assertEqual(len(list_json("instances", self.data)), 1)
        self.assertEqual(list_json("conflicts", self.data), [])

    def test_same_uid_other_bytes_is_success_and_a_conflict(self):
        with Server(self.data) as server:
            for seed in (1, 2):
                self.assertEqual(self.store(server, Instance(uid(3, 1), seed=seed))[0], 0)
            self.assertEqual(server.stop(), 0)
        self.assertEqual([c["SOPInstanceUID"] for c in list_json("conflicts", self.data)], [uid(3, 1)])
        self.assertEqual(self.get_data_set(uid(3, 1)), (EXPLICIT, Instance(uid(3, 1), seed=1).data_set()))

    def test_what_is_wrong_gets_its_status_a_comment_and_changes_nothing(self):
        good = Instance(uid(3, 1))
        data = good.data_set()
        cases = {
            "other SOP Instance UID": (0xA900, dict(sop_instance_uid=uid(3, 99))),
            "other SOP Class": (0xA900, dict(sop_class=MR)),
            "cut in Pixel Data": (0xC000, dict(data_set=data[:-10])),
            "cut in an element": (0xC000, dict(data_set=data[:301])),
            "not a Data Set": (0xC000, dict(data_set=b"\xFF" * 1000)),
            "no Study Instance UID": (0xC000, dict(data_set=Instance(uid(3, 1), without=[0x0020000D]).data_set())),
        }
        with Server(self.data) as server:
            self.assertEqual(self.store(server, Instance(uid(3, 0)))[0], 0)
            for name, (wanted, arguments) in cases.items():
                with self.subTest(name):
                    status, comment = self.store(server, good, **arguments)
                    # The class of the status counts: A9xx and Cxxx are ranges.
                    mask = 0xFF00 if wanted == 0xA900 else 0xF000
                    self.assertEqual(status & mask, wanted & mask, "%04X %s" % (status, comment))
                    self.assertTrue(comment)
            self.assertTrue(server.echo())
            self.assertEqual(server.stop(), 0)
        self.assertEqual([i["SOPInstanceUID"] for i in list_json("instances", self.data)], [uid(3, 0)])

    def test_implicit_vr_sent_as_explicit_is_refused_or_kept_as_it_came(self):
        instance = Instance(uid(3, 1))
        with Server(self.data) as server:
            status, comment = self.store(server, instance, data_set=instance.data_set(IMPLICIT))
            self.assertEqual(server.stop(), 0)
        if status == 0:
            self.assertEqual(self.get_data_set(uid(3, 1))[1], instance.data_set(IMPLICIT))
        else:
            self.assertTrue(comment)

    def test_an_association_goes_on_after_a_refused_instance(self):
        with Server(self.data) as server, Scu(server.address) as scu:
            self.assertEqual(scu.associate([(CT, [EXPLICIT])]), 2)
            good = Instance(uid(3, 1))
            self.assertNotEqual(scu.store(1, CT, uid(3, 2), good.data_set()[:-4])[0], 0)
            self.assertEqual(scu.store(1, CT, good.sop_instance_uid, good.data_set()), (0, ""))
            self.assertEqual(scu.release(), 6)

    def test_a_sender_that_aborts_in_the_middle_leaves_nothing(self):
        good = Instance(uid(3, 1), rows=512, columns=512)
        with Server(self.data) as server:
            for cut in (10, 1000, 100000):
                with Scu(server.address) as scu:
                    scu.associate([(CT, [EXPLICIT])])
                    scu.send_pdvs(1, command_set({2: CT, 0x100: 1, 0x110: 1, 0x700: 0, 0x800: 0, 0x1000: uid(3, 1)}), True)
                    for at in range(0, cut, 10000):
                        part = good.data_set()[at:min(cut, at + 10000)]
                        scu.send(pdu(4, struct.pack(">IBB", len(part) + 2, 1, 0) + part))
                    if cut == 1000:
                        scu.send(pdu(7, b"\0" * 4))
            self.assertTrue(server.echo())
            self.assertEqual(server.stop(), 0)
        self.assertEqual(list_json("instances", self.data), [])
        self.assertEqual(dump_catalog(self.data).strip(), "")

    def test_a_called_ae_title_that_is_not_ours_is_rejected_when_a_list_is_set(self):
        with Server(self.data, "--set", "accept-called-aet=ARGENT") as server:
            with Scu(server.address) as scu:
                self.assertEqual(scu.associate([(CT, [EXPLICIT])], called="OTHER"), 3)
                # Result 1 (permanent), source 1 (service user), reason 7 (called AE title not recognized).
                self.assertEqual(scu.reply[1:4], b"\1\1\7")
            self.assertTrue(server.echo())

    def test_a_calling_ae_title_that_is_not_listed_is_rejected(self):
        with Server(self.data, "--set", "accept-calling-aet=FRIEND") as server:
            for calling, reply in (("STRANGER", 3), ("FRIEND", 2)):
                with Scu(server.address) as scu:
                    self.assertEqual(scu.associate([(CT, [EXPLICIT])], calling=calling), reply)

    def test_a_large_instance_streams_through(self):
        instance = Instance(uid(3, 1), rows=4096, columns=4096, pixel_data=bytes(range(256)) * (4096 * 4096 * 2 // 256))
        with Server(self.data) as server:
            self.assertEqual(self.store(server, instance), (0, ""))
            self.assertEqual(server.stop(), 0)
        self.assertEqual(self.get_data_set(uid(3, 1)), (EXPLICIT, instance.data_set()))

    def test_two_patient_ids_in_one_study_are_stored_and_raised(self):
        with Server(self.data) as server:
            self.assertEqual(self.store(server, Instance(uid(3, 1), patient_id="P1"))[0], 0)
            self.assertEqual(self.store(server, Instance(uid(3, 2), patient_id="P2"))[0], 0)
            self.assertEqual(server.stop(), 0)
        self.assertEqual(len(list_json("instances", self.data)), 2)
        self.assertIn(uid(1, 1), [c["StudyInstanceUID"] for c in list_json("conflicts", self.data)])
        argent("status", "--data", self.data, check=0)


if __name__ == "__main__":
    main()
