#include "archive/cli/commands.h"

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <thread>

#include "archive/cli/json_line.h"
#include "archive/model/dump.h"
#include "archive/model/rows.h"

namespace argent::archive {

namespace {
std::atomic<bool> g_stop{false};

void OnSignal(int) { g_stop = true; }

Result<std::unique_ptr<Archive>> OpenExisting(const Settings& settings) {
  ARGENT_ASSIGN_OR_RETURN(ArchiveOptions options, ArchiveOptionsOf(settings));
  return Archive::Open(options);
}

// Tenths of a percent; 0 of nothing.
double PercentOf(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void PrintVault(const VaultStatus& vault) {
  const VaultSummary& sum = vault.sum;
  fmt::print(
      "vault       {} Instances, {:.1f} MiB received, {:.1f} MiB stored ({:.1f} %), every frame decoded and "
      "compared\n",
      sum.instances, static_cast<double>(sum.data_set_bytes) / (1 << 20),
      static_cast<double>(vault.stored_bytes) / (1 << 20), PercentOf(vault.stored_bytes, sum.data_set_bytes));
  fmt::print("headers     {:.1f} MiB received, {:.1f} MiB stored ({:.1f} %)\n",
             static_cast<double>(sum.literal_bytes) / (1 << 20),
             static_cast<double>(sum.header_pack_bytes) / (1 << 20),
             PercentOf(sum.header_pack_bytes, sum.literal_bytes));
  fmt::print("shared      {} frames of {} Instances were here already, {:.1f} MiB saved\n", sum.frames_shared,
             sum.instances_shared, static_cast<double>(sum.shared_bytes) / (1 << 20));
  fmt::print("backlog     {} MiB sealed, {} MiB open; fresh copies {} MiB\n", vault.backlog_bytes >> 20,
             vault.open_bytes >> 20, vault.hot_bytes >> 20);
  for (const auto& [key, kept] : sum.kept) {
    fmt::print("kept        {} Instances as received ({:.1f} MiB): {}{}{}\n", kept.instances,
               static_cast<double>(kept.bytes) / (1 << 20), key.first, key.second.empty() ? "" : ", ",
               key.second);
  }
  if (!vault.last_error.empty()) fmt::print("compaction  {}\n", vault.last_error);
}

std::string VaultJson(const VaultStatus& vault) {
  const VaultSummary& sum = vault.sum;
  std::string json = fmt::format(
      "{{\"instances\":{},\"data_set_bytes\":{},\"stored_bytes\":{},\"header_bytes\":{},\"header_stored_"
      "bytes\":{},"
      "\"frames\":{},\"frames_encoded\":{},\"frames_shared\":{},\"shared_bytes\":{},\"instances_shared\":{},"
      "\"backlog_bytes\":{},\"open_bytes\":{},\"hot_bytes\":{},\"kept\":[",
      sum.instances, sum.data_set_bytes, vault.stored_bytes, sum.literal_bytes, sum.header_pack_bytes,
      sum.frames, sum.frames_encoded, sum.frames_shared, sum.shared_bytes, sum.instances_shared,
      vault.backlog_bytes, vault.open_bytes, vault.hot_bytes);
  bool first = true;
  for (const auto& [key, kept] : sum.kept) {
    json += first ? "{\"reason\":" : ",{\"reason\":";
    first = false;
    AppendJsonString(key.first, &json);
    json += ",\"device_model\":";
    AppendJsonString(key.second, &json);
    json += fmt::format(",\"instances\":{},\"bytes\":{}}}", kept.instances, kept.bytes);
  }
  return json + "]}";
}

void PrintLine(std::string_view line) { fmt::print("{}\n", line); }
}  // namespace

const std::atomic<bool>& StopRequested() { return g_stop; }

void InstallStopHandler() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int Fail(const Status& status) {
  fmt::print(stderr, "argent: {}\n", status.message());
  return status.code() == StatusCode::kInvalidArgument ? kExitUsage : kExitCouldNotRun;
}

int ExitCodeOf(const Archive& archive) {
  return archive.recovery().damage.empty() ? kExitOk : kExitFoundWrong;
}

Result<ArchiveOptions> ArchiveOptionsOf(const Settings& settings) {
  ArchiveOptions options;
  std::optional<std::string> data = settings.Get("data");
  if (!data) return Status::InvalidArgument("--data DIR is needed: the folder of the archive");
  options.data = *data;
  ARGENT_ASSIGN_OR_RETURN(uint64_t segment_mib, settings.GetInteger("segment-mib", 1024, 32, 4096));
  ARGENT_ASSIGN_OR_RETURN(uint64_t reserve_mib, settings.GetInteger("reserve-mib", 256, 1, 1 << 20));
  ARGENT_ASSIGN_OR_RETURN(uint64_t hot_mib, settings.GetInteger("hot-mib", 64 << 10, 0, uint64_t{1} << 40));
  ARGENT_ASSIGN_OR_RETURN(
      uint64_t threads,
      settings.GetInteger("compact-threads", std::max(1U, std::thread::hardware_concurrency()), 1, 1024));
  ARGENT_ASSIGN_OR_RETURN(options.vault.codec,
                          codec::FrameCodecOfName(settings.Get("codec").value_or("j2k")));
  options.vault.hot_bytes_max = hot_mib << 20;
  options.vault.threads = static_cast<int>(threads);
  options.segment_bytes_max = segment_mib << 20;
  options.reserve_bytes = reserve_mib << 20;
  return options;
}

int RunLs(const Settings& settings, const LsOptions& options) {
  Result<std::unique_ptr<Archive>> archive = OpenExisting(settings);
  if (!archive.ok()) return Fail(archive.status());
  Status status = List((*archive)->catalog(), options, PrintLine);
  return status.ok() ? kExitOk : Fail(status);
}

int RunGet(const Settings& settings, const GetOptions& options) {
  Result<std::unique_ptr<Archive>> archive = OpenExisting(settings);
  if (!archive.ok()) return Fail(archive.status());
  Result<GetReport> report = GetInstances((*archive)->catalog(), (*archive)->reader(), options,
                                          [](const std::string& uid, const Status& reason) {
                                            fmt::print(stderr, "argent: {}: {}\n", uid, reason.message());
                                          });
  if (!report.ok()) {
    int code = Fail(report.status());
    return report.status().code() == StatusCode::kNotFound ? kExitFoundWrong : code;
  }
  fmt::print("{} Instances written to {}, {} failed\n", report->written, options.out_directory,
             report->failed);
  return report->failed > 0 ? kExitFoundWrong : kExitOk;
}

int RunCompact(const Settings& settings) {
  Result<std::unique_ptr<Archive>> archive = OpenExisting(settings);
  if (!archive.ok()) return Fail(archive.status());
  InstallStopHandler();
  while (true) {
    Result<bool> compacted = (*archive)->vault().CompactOnce(StopRequested());
    if (!compacted.ok()) return Fail(compacted.status());
    if (!*compacted) break;
  }
  Result<VaultStatus> status = (*archive)->vault().GetStatus();
  if (!status.ok()) return Fail(status.status());
  PrintVault(*status);
  return ExitCodeOf(**archive);
}

int RunStatus(const Settings& settings, bool json) {
  Result<std::unique_ptr<Archive>> archive = OpenExisting(settings);
  if (!archive.ok()) return Fail(archive.status());
  Result<Totals> totals = ReadTotals((*archive)->catalog());
  if (!totals.ok()) return Fail(totals.status());
  Result<VaultStatus> vault = (*archive)->vault().GetStatus();
  if (!vault.ok()) return Fail(vault.status());
  if (json) {
    fmt::print(
        "{{\"patients\":{},\"studies\":{},\"series\":{},\"instances\":{},\"data_set_bytes\":{},\"variants\":{"
        "},"
        "\"exceptions\":{},\"damage\":{},\"vault\":{}}}\n",
        totals->patients, totals->studies, totals->series, totals->instances, totals->data_set_bytes,
        totals->variants, totals->exceptions, (*archive)->recovery().damage.size(), VaultJson(*vault));
  } else {
    fmt::print("patients    {}\nstudies     {}\nseries      {}\ninstances   {}\nreceived    {} MiB\n",
               totals->patients, totals->studies, totals->series, totals->instances,
               totals->data_set_bytes >> 20);
    fmt::print("conflicts   {} further contents kept, {} exceptions to look at (argent ls conflicts)\n",
               totals->variants, totals->exceptions);
    PrintVault(*vault);
    fmt::print("I/O         {}\n", (*archive)->io().name());
  }
  for (const std::string& sentence : (*archive)->recovery().damage)
    fmt::print(stderr, "argent: damage: {}\n", sentence);
  return ExitCodeOf(**archive);
}

int RunRebuildCatalog(const Settings& settings) {
  Result<ArchiveOptions> options = ArchiveOptionsOf(settings);
  if (!options.ok()) return Fail(options.status());
  options->rebuild_catalog = true;
  Result<std::unique_ptr<Archive>> archive = Archive::Open(*options);
  if (!archive.ok()) return Fail(archive.status());
  fmt::print("the catalog was rebuilt from {} facts\n", (*archive)->recovery().facts);
  for (const std::string& sentence : (*archive)->recovery().damage) fmt::print("damage: {}\n", sentence);
  return ExitCodeOf(**archive);
}

int RunExportCatalog(const Settings& settings) {
  Result<std::unique_ptr<Archive>> archive = OpenExisting(settings);
  if (!archive.ok()) return Fail(archive.status());
  Status status = DumpCatalog((*archive)->catalog(), [](std::string_view line) {
    PrintLine(line);
    return Status::Ok();
  });
  return status.ok() ? kExitOk : Fail(status);
}

}  // namespace argent::archive
