"""The example configuration and the service unit are true: everything in them is accepted, and nothing is left out."""
import re
import shutil
import subprocess
import unittest

from harness import ROOT, ArchiveTest, Server, argent, argent_path, main, needs_program
from raw_scu import Scu, VERIFICATION

EXAMPLE = ROOT / "deploy" / "argent.toml.example"
UNIT = ROOT / "deploy" / "argent.service"
KEY = re.compile(r"^(# )?([a-z][a-z-]*) = ")


def with_every_key(text):
    return "".join(re.sub(r"^# ", "", line) if KEY.match(line) else line for line in text.splitlines(True))


class Configuration(ArchiveTest):
    def setUp(self):
        super().setUp()
        self.example = EXAMPLE.read_text()

    def keys(self):
        return [match.group(2) for match in map(KEY.match, self.example.splitlines()) if match]

    def associate(self, server, calling):
        with Scu(server.address) as scu:
            answer = scu.associate([(VERIFICATION, ["1.2.840.10008.1.2"])], called="ARGENT", calling=calling)
            if answer == 2:
                scu.release()
            return answer

    def test_the_example_is_accepted_as_it_stands_and_with_every_key(self):
        for number, text in enumerate((self.example, with_every_key(self.example))):
            config = self.write("%d.toml" % number, text.encode())
            # The folder and the ports of the example may be somebody's.
            with Server(self.data, "--config", config) as server:
                self.assertEqual(self.associate(server, "CT1"), 2)
                # Only with every key there is a list of those who may call.
                self.assertEqual(self.associate(server, "STRANGER"), 3 if number else 2)
                self.assertEqual(server.stop(), 0)

    def test_each_key_alone_is_accepted(self):
        lines = [line for line in with_every_key(self.example).splitlines() if KEY.match(line)]
        self.assertEqual(len(lines), len(self.keys()))
        argent("import", self.write("empty", b""), "--data", self.data, check=1)
        for line in lines:
            argent("status", "--config", self.write("one.toml", line.encode()), "--data", self.data, check=0)

    def test_the_example_has_every_key_there_is_once(self):
        refusal = argent("status", "--data", self.data, "--set", "no-such-key=1", check=2).stderr
        there_are = re.search(r"there are: (.*)", refusal).group(1).strip().split(", ")
        self.assertEqual(sorted(self.keys()), sorted(there_are))

    def test_defaults_shown_in_comments_are_the_defaults_of_the_help(self):
        text = argent("serve", "--help", check=0).stdout
        shown = dict(re.findall(r"^(?:# )?([a-z-]+) = (\d+)", self.example, re.M))
        for key, default in re.findall(r"\(default (\S+)\) \[config key: ([a-z-]+)\]", text):
            if default in shown:
                self.assertEqual(shown[default], key)

    def test_a_value_that_cannot_be_is_refused(self):
        for line in ("associations-max = 0", "associations-max = 5000", "segment-mib = 1", "reserve-mib = 0", "log-level = 'loud'",
                     "log-format = 'xml'", "dimse-port = 70000", "peer = ['nonsense']", "aet = 'SEVENTEEN-LETTERS'", "bind = 'no such host'",
                     "dimse-prot = 104", "aet ="):
            done = argent("serve", "--config", self.write("bad.toml", line.encode()), "--data", self.data, "--http-port", "0", timeout=30)
            self.assertEqual(done.returncode, 2, (line, done.stderr))


class Unit(ArchiveTest):
    @needs_program("systemd-analyze")
    def test_the_service_unit_is_valid(self):
        text = UNIT.read_text()
        self.assertIn("ExecStart=/usr/bin/argent serve --config /etc/argent/argent.toml", text)
        copy = self.write("argent.service", text.replace("/usr/bin/argent", argent_path()).encode())
        done = subprocess.run(["systemd-analyze", "verify", str(copy)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        findings = [line for line in done.stdout.decode().splitlines() if "argent" in line]
        self.assertEqual(findings, [])
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    main()
