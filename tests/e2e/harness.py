"""Starting, driving and stopping an Argent from outside, as a person or a script would.

ARGENT_BIN names the executable, ARGENT_LOAD_BIN the load tool; without them they are looked for in build folders of this tree.
Every test gets a folder and ports of its own; nothing is shared, and every server is stopped by its process ID.
"""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY_SECONDS = 60
COMMAND_SECONDS = 300


def _find(variable, relative):
    named = os.environ.get(variable)
    if named:
        return named
    for build in sorted(ROOT.glob("build*")):
        if (build / relative).exists():
            return str(build / relative)
    sys.exit("%s is not set and there is no build*/%s: build first (deploy/build)" % (variable, relative))


def argent_path():
    return _find("ARGENT_BIN", "archive/argent")


def load_path():
    return _find("ARGENT_LOAD_BIN", "bench/argent_load")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def needs_program(name):
    return unittest.skipUnless(shutil.which(name), name + " is not installed")


def run(*arguments, timeout=COMMAND_SECONDS, check=None, env=None, cwd=None):
    """Runs a program; `check` is the exit code it must have."""
    done = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                          env=dict(os.environ, **(env or {})), cwd=cwd)
    done.stdout = done.stdout.decode(errors="replace")
    done.stderr = done.stderr.decode(errors="replace")
    if check is not None and done.returncode != check:
        raise AssertionError("%s gave %d instead of %d\n%s\n%s" % (
            " ".join(map(str, arguments)), done.returncode, check, done.stdout[-4000:], done.stderr[-4000:]))
    return done


def argent(*arguments, **options):
    return run(argent_path(), *arguments, **options)


def dump_catalog(data):
    return argent("export-catalog", "--data", data, check=0).stdout


def list_json(what, data, *arguments):
    out = argent("ls", what, "--json", "--data", data, *arguments, check=0).stdout
    return [json.loads(line) for line in out.splitlines() if line]


def read_report(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


class Server:
    """`argent serve` over a folder: start, address, stop, kill."""

    def __init__(self, data, *options, aet="ARGENT"):
        self.data = str(data)
        self.aet = aet
        self.options = options
        self.process = None
        self.log = []

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if self.process and self.process.poll() is None:
            self.kill()
        if kind is not None:
            sys.stderr.write("--- log of the server\n%s\n---\n" % "".join(self.log[-40:]))

    def start(self):
        command = [argent_path(), "serve", "--data", self.data, "--aet", self.aet, "--dimse-port", "0", *self.options]
        if "--http-port" not in self.options:
            command += ["--http-port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self.ready_line = self._wait_ready()
        words = dict(word.split("=", 1) for word in self.ready_line.split()[2:])
        host, port = words["dimse"].rsplit(":", 1)
        self.address = (host.strip("[]"), int(port))
        self.http = None
        if words["http"] != "off":
            host, port = words["http"].rsplit(":", 1)
            self.http = (host.strip("[]"), int(port))
        return self

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.decode(errors="replace"))

    def _wait_ready(self):
        timer = threading.Timer(READY_SECONDS, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                text = line.decode(errors="replace").strip()
                if text.startswith("argent ready "):
                    return text
        finally:
            timer.cancel()
        self.process.wait()
        self._close()
        raise AssertionError("the server ended with %s before it was ready:\n%s" % (
            self.process.returncode, "".join(self.log[-20:])))

    @property
    def port(self):
        return self.address[1]

    def stop(self, how=signal.SIGTERM, timeout=60):
        """Asks it to end and gives its exit code."""
        self.process.send_signal(how)
        code = self.process.wait(timeout)
        self._close()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self):
        self._reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()

    def rss_bytes(self, peak=False):
        word = "VmHWM" if peak else "VmRSS"
        with open("/proc/%d/status" % self.process.pid) as file:
            for line in file:
                if line.startswith(word + ":"):
                    return int(line.split()[1]) * 1024
        return 0

    def request(self, method, path, body=None, headers=None, timeout=60):
        """One HTTP request on a connection of its own: (status, headers, body)."""
        connection = http.client.HTTPConnection(*self.http, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        """GET; header names are written with underscores."""
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def get_json(self, path, status=200):
        got, headers, body = self.get(path)
        if got != status:
            raise AssertionError("GET %s gave %d instead of %d: %s" % (path, got, status, body[:2000]))
        return json.loads(body) if body else None

    def echo(self):
        from raw_scu import Scu, VERIFICATION
        with Scu(self.address) as scu:
            if scu.associate([(VERIFICATION, ["1.2.840.10008.1.2"])], called=self.aet) != 2:
                return False
            status = scu.echo(1)
            scu.release()
            return status == 0


class ArchiveTest(unittest.TestCase):
    """A test with a temporary folder; `self.data` is a data folder that does not exist yet."""

    maxDiff = 4000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="argent-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def import_files(self, *paths, code=0):  # code None: whatever it is
        report = self.folder / ("report-%d.jsonl" % time.monotonic_ns())
        argent("import", *paths, "--data", self.data, "--report", report, check=code)
        return read_report(report)

    def get_data_set(self, sop_instance_uid):
        """(Transfer Syntax, Data Set) that `argent get` gives for one Instance of the stopped archive."""
        from dicom_writer import split_part10
        out = self.folder / ("out-%d" % time.monotonic_ns())
        argent("get", "--instance", sop_instance_uid, "--out", out, "--data", self.data, check=0)
        files = [p for p in out.rglob("*") if p.is_file()]
        self.assertEqual([p.name for p in files], [sop_instance_uid + ".dcm"])
        content = files[0].read_bytes()
        shutil.rmtree(out)
        return split_part10(content)

    def get_study(self, study_uid):
        """{SOP Instance UID: (Transfer Syntax, Data Set)} of a study of the stopped archive."""
        from dicom_writer import split_part10
        out = self.folder / ("out-%d" % time.monotonic_ns())
        argent("get", "--study", study_uid, "--out", out, "--data", self.data, check=0)
        result = {p.stem: split_part10(p.read_bytes()) for p in out.rglob("*.dcm")}
        shutil.rmtree(out)
        return result


def main():
    unittest.main(verbosity=2)
