#include "archive/cli/commands.h"

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <thread>

#include "archive/cli/json_line.h"
#include "archive/model/dump.h"
#include "archive/status_report.h"

namespace argent::archive {

namespace {
std::atomic<bool> g_stop{false};

void OnSignal(int) { g_stop = true; }

Result<std::unique_ptr<Archive>> OpenExisting(const Settings& settings) {
  ARGENT_ASSIGN_OR_RETURN(ArchiveOptions options, ArchiveOptionsOf(settings));
  return Archive::Open(options);
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
  fmt::print("{}", VaultText(*status));
  return ExitCodeOf(**archive);
}

int RunStatus(const Settings& settings, bool json) {
  Result<std::unique_ptr<Archive>> archive = OpenExisting(settings);
  if (!archive.ok()) return Fail(archive.status());
  Result<StatusReport> report = MakeStatusReport(archive->get());
  if (!report.ok()) return Fail(report.status());
  fmt::print("{}", json ? StatusJson(*report) + "\n" : StatusText(*report));
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
