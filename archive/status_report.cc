#include "archive/status_report.h"

#include <fmt/format.h>

#include "codec/json_text.h"

namespace argent::archive {
namespace {

// Tenths of a percent; 0 of nothing.
double PercentOf(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
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
    codec::AppendJsonString(key.first, &json);
    json += ",\"device_model\":";
    codec::AppendJsonString(key.second, &json);
    json += fmt::format(",\"instances\":{},\"bytes\":{}}}", kept.instances, kept.bytes);
  }
  return json + "]}";
}

}  // namespace

Result<StatusReport> MakeStatusReport(Archive* archive) {
  ARGENT_ASSIGN_OR_RETURN(const Totals totals, ReadTotals(archive->catalog()));
  ARGENT_ASSIGN_OR_RETURN(VaultStatus vault, archive->vault().GetStatus());
  return StatusReport{totals, std::move(vault), archive->recovery().damage,
                      std::string(archive->io().name())};
}

std::string VaultText(const VaultStatus& vault) {
  const VaultSummary& sum = vault.sum;
  std::string text = fmt::format(
      "vault       {} Instances, {:.1f} MiB received, {:.1f} MiB stored ({:.1f} %), every frame decoded and "
      "compared\n",
      sum.instances, static_cast<double>(sum.data_set_bytes) / (1 << 20),
      static_cast<double>(vault.stored_bytes) / (1 << 20), PercentOf(vault.stored_bytes, sum.data_set_bytes));
  text += fmt::format("headers     {:.1f} MiB received, {:.1f} MiB stored ({:.1f} %)\n",
                      static_cast<double>(sum.literal_bytes) / (1 << 20),
                      static_cast<double>(sum.header_pack_bytes) / (1 << 20),
                      PercentOf(sum.header_pack_bytes, sum.literal_bytes));
  text +=
      fmt::format("shared      {} frames of {} Instances were here already, {:.1f} MiB saved\n",
                  sum.frames_shared, sum.instances_shared, static_cast<double>(sum.shared_bytes) / (1 << 20));
  text += fmt::format("backlog     {} MiB sealed, {} MiB open; fresh copies {} MiB\n",
                      vault.backlog_bytes >> 20, vault.open_bytes >> 20, vault.hot_bytes >> 20);
  for (const auto& [key, kept] : sum.kept) {
    text += fmt::format("kept        {} Instances as received ({:.1f} MiB): {}{}{}\n", kept.instances,
                        static_cast<double>(kept.bytes) / (1 << 20), key.first,
                        key.second.empty() ? "" : ", ", key.second);
  }
  if (!vault.last_error.empty()) text += fmt::format("compaction  {}\n", vault.last_error);
  return text;
}

std::string StatusJson(const StatusReport& report) {
  const Totals& totals = report.totals;
  return fmt::format(
      "{{\"patients\":{},\"studies\":{},\"series\":{},\"instances\":{},\"data_set_bytes\":{},\"variants\":{},"
      "\"exceptions\":{},\"damage\":{},\"vault\":{}}}",
      totals.patients, totals.studies, totals.series, totals.instances, totals.data_set_bytes,
      totals.variants, totals.exceptions, report.damage.size(), VaultJson(report.vault));
}

std::string StatusText(const StatusReport& report) {
  const Totals& totals = report.totals;
  return fmt::format(
      "patients    {}\nstudies     {}\nseries      {}\ninstances   {}\nreceived    {} MiB\n"
      "conflicts   {} further contents kept, {} exceptions to look at (argent ls conflicts)\n"
      "{}I/O         {}\n",
      totals.patients, totals.studies, totals.series, totals.instances, totals.data_set_bytes >> 20,
      totals.variants, totals.exceptions, VaultText(report.vault), report.io_name);
}

}  // namespace argent::archive
