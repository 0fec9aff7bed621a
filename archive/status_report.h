// What the archive holds and how it is, for people and programs: `argent status` and /api/v1/status.
#pragma once

#include <string>
#include <vector>

#include "archive/archive.h"
#include "archive/model/rows.h"

namespace argent::archive {

struct StatusReport {
  Totals totals;
  VaultStatus vault;
  std::vector<std::string> damage;  // a sentence each
  std::string io_name;
};

Result<StatusReport> MakeStatusReport(Archive* archive);
// One JSON object, without a newline.
std::string StatusJson(const StatusReport& report);
// A few lines.
std::string StatusText(const StatusReport& report);
// The lines of it about the vault.
std::string VaultText(const VaultStatus& vault);

}  // namespace argent::archive
