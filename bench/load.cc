// argent_load: sends Instances to any C-STORE SCP, or asks any Study Root C-FIND SCP, as fast or as evenly as
// wanted.
//
//   argent_load store --template ct --associations 4 --count 2000
//   argent_load store --template mr --associations 16 --seconds 10 --rate 2000
//   argent_load store --template tiny --population --count 100000      fill a catalog with 100,000 studies
//   argent_load find --key patient-id --population 100000 --count 5000
//   argent_load digest < LIST                                          of files, to compare with an
//   acknowledgement log
//
// The question it answers: how many Instances and bytes a second does this server acknowledge, and how long
// does one wait for it. It uses about a tenth of the CPU of a server (no digest unless a log is asked for, no
// parsing, one writev a request). Exit code: 0 every request succeeded, 1 some failed, 2 usage.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bench/load/workers.h"
#include "bench/load/xxh3.h"

namespace argent::bench {
namespace {

void AddLoadOptions(CLI::App* command, LoadOptions* load) {
  command->add_option("--host", load->peer.host, "address of the peer")->capture_default_str();
  command->add_option("--port", load->peer.port, "its port")->capture_default_str();
  command->add_option("--called", load->peer.called_ae_title, "called AE title")->capture_default_str();
  command->add_option("--calling", load->peer.calling_ae_title, "calling AE title")->capture_default_str();
  command->add_option("--pdu", load->peer.pdu_bytes_max, "longest PDU sent or received")
      ->capture_default_str()
      ->check(CLI::Range(4096, 1 << 20));
  command->add_option("--timeout", load->peer.timeout_seconds, "seconds a peer may be silent")
      ->capture_default_str();
  command->add_option("--associations", load->associations, "Associations at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command->add_option("--count", load->count, "requests in all");
  command->add_option("--seconds", load->seconds, "time limit");
  command->add_option("--rate", load->rate_per_second,
                      "requests a second in all, open loop (default: closed loop)");
  command->add_option("--seed", load->seed, "decides every UID and pixel")->capture_default_str();
}

// Reads lines "OFFSET PATH" and prints "XXH3-64 BYTES PATH" of each file from that offset on, as the
// acknowledgement log has it.
int PrintDigests() {
  uint64_t offset = 0;
  std::string path;
  while (std::cin >> offset && std::cin.get() == ' ' && std::getline(std::cin, path)) {
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) {
      fmt::print(stderr, "argent_load: cannot read {}\n", path);
      return 1;
    }
    fmt::print("{:016x} {} {}\n", Xxh3(AsBytes(bytes)), bytes.size(), path);
  }
  return 0;
}

int Print(const Result<RunReport>& report, bool json) {
  if (!report.ok()) {
    fmt::print(stderr, "argent_load: {}\n", report.status().ToString());
    return 1;
  }
  fmt::print("{}\n", json ? report->ToJson() : report->ToText());
  return report->total.failures == 0 && !report->total.latencies_us.empty() ? 0 : 1;
}

CLI::App* DeclareStore(CLI::App* app, StoreOptions* options) {
  StoreOptions& store = *options;
  CLI::App* store_command = app->add_subcommand("store", "send Instances");
  AddLoadOptions(store_command, &store.load);
  const std::map<std::string, TemplateKind> kinds = {
      {"ct", TemplateKind::kCt}, {"mr", TemplateKind::kMr}, {"tiny", TemplateKind::kTiny}};
  store_command->add_option("--template", store.kind, "ct (512 KiB), mr (25 KB) or tiny")
      ->transform(CLI::CheckedTransformer(kinds, CLI::ignore_case));
  store_command->add_flag("!--same-pixels", store.unique_pixels, "every Instance has the same Pixel Data");
  store_command->add_flag("--population", store.population,
                          "each Instance is a study of the made-up hospital");
  store_command->add_option("--population-first", store.population_first, "number of its first study");
  store_command->add_option("--instances-per-series", store.instances_per_series)
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  store_command->add_option("--series-per-study", store.series_per_study)
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  store_command->add_option("--ack-log", store.acknowledgement_log,
                            "file with a line for each acknowledged Instance");
  return store_command;
}

CLI::App* DeclareFind(CLI::App* app, FindOptions* options) {
  FindOptions& find = *options;
  CLI::App* find_command = app->add_subcommand("find", "ask for studies");
  AddLoadOptions(find_command, &find.load);
  const std::map<std::string, FindKey> keys = {{"patient-id", FindKey::kPatientId},
                                               {"accession", FindKey::kAccessionNumber},
                                               {"name-prefix", FindKey::kNamePrefix},
                                               {"date", FindKey::kStudyDate},
                                               {"study-uid", FindKey::kStudyUid}};
  find_command->add_option("--key", find.key, "patient-id, accession, name-prefix, date or study-uid")
      ->transform(CLI::CheckedTransformer(keys, CLI::ignore_case));
  find_command->add_option("--population", find.population, "studies to draw keys from")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);

  return find_command;
}

int Main(int argc, char** argv) {
  CLI::App app{"Load for DICOM servers: C-STORE and C-FIND"};
  app.require_subcommand(1);
  bool json = false;
  app.add_flag("--json", json, "print one JSON object");
  StoreOptions store;
  FindOptions find;
  CLI::App* store_command = DeclareStore(&app, &store);
  DeclareFind(&app, &find);
  CLI::App* digest_command = app.add_subcommand("digest", "digests of files listed on standard input");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (digest_command->parsed()) return PrintDigests();
  const LoadOptions& load = store_command->parsed() ? store.load : find.load;
  if (load.count == 0 && load.seconds <= 0) {
    fmt::print(stderr, "argent_load: say when to stop: --count or --seconds\n");
    return 2;
  }
  return Print(store_command->parsed() ? RunStore(store) : RunFind(find), json);
}

}  // namespace
}  // namespace argent::bench

int main(int argc, char** argv) { return argent::bench::Main(argc, argv); }
