"""Starting and stopping: options, exit codes, locks, ports. The message must say what to do."""
import os
import signal
import socket
import subprocess
import unittest

from dicom_writer import EXPLICIT, CT, Instance, uid
from harness import ArchiveTest, Server, argent, argent_path, dump_catalog, list_json, main
from raw_scu import store_once


class Serving(ArchiveTest):
    def test_ready_line_names_ports_and_folder(self):
        with Server(self.data) as server:
            self.assertRegex(server.ready_line, r"^argent ready dimse=127\.0\.0\.1:\d+ http=\S+ data=\S+$")
            self.assertIn("data=" + str(self.data), server.ready_line)
            self.assertTrue(server.echo())

    def test_sigterm_and_ctrl_c_exit_0(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            server = Server(self.data).start()
            self.assertTrue(server.echo())
            self.assertEqual(server.stop(how), 0)

    def test_sigterm_ends_also_with_an_idle_association(self):
        with Server(self.data) as server:
            with socket.create_connection(server.address):
                self.assertEqual(server.stop(timeout=40), 0)

    def test_what_was_acknowledged_is_there_after_a_restart(self):
        instance = Instance(uid(3, 1))
        with Server(self.data) as server:
            status, comment = store_once(server.address, CT, instance.sop_instance_uid, EXPLICIT, instance.data_set())
            self.assertEqual((status, comment), (0, ""))
            self.assertEqual(server.stop(), 0)
        before = dump_catalog(self.data)
        with Server(self.data) as server:
            self.assertEqual(server.stop(), 0)
        self.assertEqual(dump_catalog(self.data), before)
        self.assertEqual(self.get_data_set(instance.sop_instance_uid), (EXPLICIT, instance.data_set()))


class ExitCodes(ArchiveTest):
    def assert_usage(self, *arguments):
        done = argent(*arguments, timeout=30)
        self.assertEqual(done.returncode, 2, (arguments, done.stdout, done.stderr))
        self.assertTrue(done.stderr.strip(), "an error needs words")

    def test_wrong_options_exit_2(self):
        self.assert_usage()
        self.assert_usage("frobnicate")
        self.assert_usage("serve", "--no-such-option")
        self.assert_usage("serve")
        self.assert_usage("serve", "--data", self.data, "--dimse-port", "seventy")
        self.assert_usage("serve", "--data", self.data, "--dimse-port", "70000")
        self.assert_usage("serve", "--data", self.data, "--set", "no-such-key=1")
        self.assert_usage("serve", "--data", self.data, "--peer", "nonsense")
        for title in ("SEVENTEEN-LETTERS", "", "  ", "A\\B", "Ä"):
            self.assert_usage("serve", "--data", self.data, "--dimse-port", "0", "--aet=" + title)
        self.assertFalse(self.data.exists())
        self.assert_usage("import", "--data", self.data)
        self.assert_usage("get", "--data", self.data, "--out", self.folder / "o")

    def test_help_exits_0(self):
        for command in ([], ["serve"], ["import"], ["ls"], ["get"], ["status"], ["rebuild-catalog"], ["export-catalog"]):
            done = argent(*command, "--help", check=0)
            self.assertIn("--help", done.stdout)

    def test_a_folder_in_use_exits_3_and_says_so(self):
        with Server(self.data):
            for command in (["status"], ["ls", "studies"], ["export-catalog"], ["rebuild-catalog"]):
                done = argent(*command, "--data", self.data, check=3)
                self.assertRegex(done.stderr, "(?i)lock|in use|another")
            with self.assertRaisesRegex(AssertionError, "ended with 3"):
                Server(self.data).start()

    def test_no_archive_there_exits_3_and_makes_nothing(self):
        done = argent("ls", "studies", "--data", self.data, check=3)
        self.assertIn(str(self.data), done.stderr)
        self.assertFalse(self.data.exists())

    def test_a_port_in_use_exits_3_and_names_it(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = argent("serve", "--data", self.data, "--dimse-port", port, "--http-port", "0", check=3)
            self.assertIn(str(port), done.stderr)

    def test_a_newer_format_exits_3_and_changes_nothing(self):
        self.import_files(self.write("a.dcm", Instance(uid(3, 1)).part10()))
        format_file = self.data / "FORMAT"
        original = format_file.read_bytes()
        newer = original.replace(b"1", b"9", 1)
        self.assertNotEqual(newer, original)
        format_file.write_bytes(newer)
        done = argent("status", "--data", self.data, check=3)
        self.assertRegex(done.stderr, "(?i)newer|version")
        self.assertEqual(format_file.read_bytes(), newer)
        format_file.write_bytes(original)
        argent("status", "--data", self.data, check=0)

    def test_a_lost_format_file_exits_3_and_nothing_takes_its_place(self):
        self.import_files(self.write("a.dcm", Instance(uid(3, 1)).part10()))
        format_file = self.data / "FORMAT"
        original = format_file.read_bytes()
        format_file.unlink()
        for command in (["serve", "--dimse-port", "0", "--http-port", "0"], ["import", self.folder / "a.dcm"]):
            done = argent(*command, "--data", self.data, check=3, timeout=30)
            self.assertIn(str(format_file), done.stderr)
            self.assertFalse(format_file.exists())
        format_file.write_bytes(original)
        self.assertEqual(len(list_json("instances", self.data)), 1)

    def test_a_folder_that_is_a_file_exits_3(self):
        path = self.write("file", b"x")
        done = argent("serve", "--data", path, "--dimse-port", "0", "--http-port", "0", check=3)
        self.assertIn(str(path), done.stderr)
        self.assertEqual(path.read_bytes(), b"x")

    def test_a_folder_that_is_not_writable_exits_3(self):
        parent = self.folder / "closed"
        parent.mkdir()
        os.chmod(parent, 0o555)
        self.addCleanup(os.chmod, parent, 0o755)
        command = [argent_path(), "serve", "--data", str(parent / "data"), "--dimse-port", "0", "--http-port", "0"]
        nobody = {}
        if os.geteuid() == 0:
            os.chmod(self.folder, 0o755)
            nobody = {"user": 65534, "group": 65534, "extra_groups": []}
            if not os.access(argent_path(), os.X_OK):
                self.skipTest("the executable is not readable for another user")
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **nobody)
        except PermissionError:
            self.skipTest("the executable cannot be run as another user")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(b"closed", done.stderr)

    @unittest.skipUnless(os.path.exists("/proc/self/status"), "needs Linux")
    def test_beyond_loopback_wants_authentication_or_an_explicit_word(self):
        done = argent("serve", "--data", self.data, "--bind", "0.0.0.0", "--dimse-port", "0", "--http-port", "0")
        self.assertIn(done.returncode, (2, 3))
        self.assertIn("insecure", done.stderr)
        with Server(self.data, "--bind", "0.0.0.0", "--set", "insecure=true") as server:
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    main()
