"""The HTTP door from outside: health, metrics, the administrative API, and what it does with bad clients."""
import json
import socket
import time

from dicom_writer import CT, EXPLICIT, Instance, uid
from harness import ArchiveTest, Server, argent, main, needs_program, run
from raw_scu import store_once


class Door(ArchiveTest):
    def test_the_ready_line_names_the_port_and_it_answers(self):
        with Server(self.data) as server:
            self.assertEqual(server.get("/healthz")[0], 200)
            self.assertEqual(server.get("/readyz")[0], 200)
            self.assertEqual(server.stop(), 0)

    def test_http_can_be_off(self):
        with Server(self.data, "--http-port", "off") as server:
            self.assertIsNone(server.http)
            self.assertTrue(server.echo())

    def test_a_port_in_use_exits_3_and_names_it(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = argent("serve", "--data", self.data, "--dimse-port", "0", "--http-port", port, check=3)
            self.assertIn("HTTP port %d" % port, done.stderr)

    def test_sigterm_ends_with_an_idle_connection_open(self):
        with Server(self.data) as server:
            with socket.create_connection(server.http):
                self.assertEqual(server.stop(timeout=20), 0)

    def test_errors_are_problems_with_a_sentence(self):
        with Server(self.data) as server:
            for method, path, status in (("GET", "/nothing", 404), ("DELETE", "/healthz", 405), ("GET", "/a/../etc/passwd", 400),
                                         ("GET", "/%2e%2e/etc/passwd", 400), ("GET", "/healthz%00", 400),
                                         ("GET", "/dicomweb/studies/%2f", 400)):
                got, headers, body = server.request(method, path)
                self.assertEqual((got, headers["Content-Type"]), (status, "application/problem+json"), path)
                problem = json.loads(body)
                self.assertEqual(problem["status"], status)
                self.assertGreater(len(problem["detail"]), 10)

    @needs_program("curl")
    def test_curl_reuses_its_connection(self):
        with Server(self.data) as server:
            url = "http://%s:%d/healthz" % server.http
            done = run("curl", "-sv", url, url, url, check=0)
            self.assertEqual(done.stdout, "ok\n" * 3)
            self.assertIn("Re-using existing connection", done.stderr)


class Administration(ArchiveTest):
    def test_status_is_what_the_command_says(self):
        instance = Instance(uid(3, 1))
        with Server(self.data) as server:
            store_once(server.address, CT, instance.sop_instance_uid, EXPLICIT, instance.data_set())
            online = server.get_json("/api/v1/status")
            text = server.get("/api/v1/status?format=text")[2].decode()
            self.assertEqual(server.stop(), 0)
        offline = json.loads(argent("status", "--json", "--data", self.data, check=0).stdout)
        self.assertEqual(online.keys(), offline.keys())
        self.assertEqual({k: v for k, v in online.items() if k != "vault"}, {k: v for k, v in offline.items() if k != "vault"})
        lines = argent("status", "--data", self.data, check=0).stdout.splitlines()
        self.assertEqual([line for line in text.splitlines() if not line.startswith("backlog")],
                         [line for line in lines if not line.startswith("backlog")])
        self.assertEqual(online["instances"], 1)

    def test_conflicts_are_listed(self):
        with Server(self.data) as server:
            for seed in (1, 2):
                instance = Instance(uid(3, 1), seed=seed)
                store_once(server.address, CT, instance.sop_instance_uid, EXPLICIT, instance.data_set())
            conflicts = server.get_json("/api/v1/conflicts")
            self.assertEqual([c["SOPInstanceUID"] for c in conflicts], [uid(3, 1)])
            self.assertEqual(conflicts[0]["Kind"], "content")

    def test_list_gives_the_lines_of_ls(self):
        with Server(self.data) as server:
            for number in (1, 2, 3):
                instance = Instance(uid(3, number), study=number, patient_name="Doe^N%d" % number)
                store_once(server.address, CT, instance.sop_instance_uid, EXPLICIT, instance.data_set())
            lines = server.get("/api/v1/list/studies?match=PatientName%3DDOE*&limit=2")[2].decode()
            table = server.get("/api/v1/list/series?format=text")[2].decode()
            for path in ("/api/v1/list/nonsense", "/api/v1/list/studies?limit=x", "/api/v1/list/studies?match=NoKey%3D1",
                         "/api/v1/list/studies?format=xml", "/api/v1/list/studies?what=1"):
                self.assertIn(server.get(path)[0], (400, 404), path)
            self.assertEqual(server.stop(), 0)
        expected = argent("ls", "studies", "--json", "--match", "PatientName=DOE*", "--limit", "2", "--data", self.data, check=0)
        self.assertEqual(lines, expected.stdout)
        self.assertEqual(table, argent("ls", "series", "--data", self.data, check=0).stdout)

    def test_metrics_are_prometheus_text(self):
        with Server(self.data) as server:
            server.get("/nothing")
            status, headers, body = server.get("/metrics")
            self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
            samples = {}
            for line in body.decode().splitlines():
                if not line.startswith("#"):
                    name, value = line.rsplit(" ", 1)
                    samples[name] = float(value)
            self.assertEqual(samples["argent_accepting"], 1)
            self.assertEqual(samples["argent_instances"], 0)
            self.assertEqual(samples['argent_http_responses_total{class="4xx"}'], 1)


class BadClients(ArchiveTest):
    def test_thousands_of_silent_clients_hold_up_nobody(self):
        with Server(self.data) as server:
            clients = []
            try:
                for _ in range(2000):
                    clients.append(socket.create_connection(server.http))
                    clients[-1].sendall(b"GET /healthz HTTP/1.1\r\nHo")
                start = time.monotonic()
                self.assertEqual(server.get("/healthz")[0], 200)
                self.assertLess(time.monotonic() - start, 1)
                self.assertLess(server.rss_bytes(), 600 << 20)
                for client in clients[::100]:
                    client.sendall(b"st: a\r\n\r\n")
                    self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 200"))
            finally:
                for client in clients:
                    client.close()

    def test_garbage_gets_an_answer_and_the_server_lives(self):
        with Server(self.data) as server:
            for garbage in (b"\x16\x03\x01\x02\x00\x01\x00", b"\0" * 100, b"A" * 40000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 6000,
                            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"POST /dicomweb/studies HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                            b"Content-Length: 6\r\n\r\n"):
                with socket.create_connection(server.http, timeout=10) as client:
                    try:
                        client.sendall(garbage)
                        client.shutdown(socket.SHUT_WR)
                        answer = client.recv(4096)
                    except ConnectionError:
                        continue
                    self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 505"), answer)
            self.assertEqual(server.get("/healthz")[0], 200)


if __name__ == "__main__":
    main()
