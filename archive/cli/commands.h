// The subcommands of `argent` on a stopped archive, and what they share. Each returns the exit code: 0 done,
// 1 found something wrong, 2 usage, 3 could not run. Results go to stdout, everything else to stderr.
#pragma once

#include <string>
#include <vector>

#include "archive/archive.h"
#include "archive/cli/get.h"
#include "archive/cli/ls.h"
#include "archive/cli/settings.h"

namespace argent::archive {

enum ExitCode : int { kExitOk = 0, kExitFoundWrong = 1, kExitUsage = 2, kExitCouldNotRun = 3 };

// Prints "argent: <message>" and gives the exit code that the kind of failure has.
int Fail(const Status& status);
// Of a command that has done its work: 1 when the recovery found damage, which it has logged, else 0.
int ExitCodeOf(const Archive& archive);
// Options for Archive::Open() out of settings: data folder, segment and reserve sizes.
Result<ArchiveOptions> ArchiveOptionsOf(const Settings& settings);

struct ImportCommand {
  std::vector<std::string> paths;
  std::string report;  // path of the JSON Lines report; empty: none
};
int RunImport(const Settings& settings, const ImportCommand& command);
int RunLs(const Settings& settings, const LsOptions& options);
int RunGet(const Settings& settings, const GetOptions& options);
// Empties the backlog of the vault.
int RunCompact(const Settings& settings);
int RunStatus(const Settings& settings, bool json);
int RunRebuildCatalog(const Settings& settings);
int RunExportCatalog(const Settings& settings);

// Turns true at SIGINT or SIGTERM once installed; the second signal ends the process.
const std::atomic<bool>& StopRequested();
void InstallStopHandler();

}  // namespace argent::archive
