// `argent import`.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>

#include "archive/cli/commands.h"
#include "archive/cli/import_progress.h"
#include "archive/cli/json_line.h"
#include "ingest/media/import.h"

namespace argent::archive {

namespace {

std::string_view OutcomeWord(ingest::OutcomeKind kind) {
  switch (kind) {
    case ingest::OutcomeKind::kStored:
      return "stored";
    case ingest::OutcomeKind::kDuplicate:
      return "duplicate";
    case ingest::OutcomeKind::kConflict:
      return "conflict";
    case ingest::OutcomeKind::kRefused:
      return "refused";
  }
  return "refused";
}

std::string ReportLine(const ingest::FileReport& report) {
  std::string line = "{\"path\":";
  AppendJsonString(report.path, &line);
  line += fmt::format(",\"outcome\":\"{}\",\"sop_instance_uid\":", OutcomeWord(report.outcome.kind));
  AppendJsonString(report.outcome.sop_instance_uid.text(), &line);
  line += ",\"reason\":";
  AppendJsonString(report.outcome.status.message(), &line);
  return line + "}\n";
}

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
};

// Writes the report, counts the reasons, draws the progress.
class Reporter final : public ingest::ImportObserver {
 public:
  // kInvalidArgument when the report cannot be created.
  Status Open(const ImportCommand& command) {
    if (!command.report.empty()) {
      file_.reset(std::fopen(command.report.c_str(), "w"));
      if (file_ == nullptr) {
        return Status::InvalidArgument("the report " + command.report +
                                       " cannot be written: " + Status::FromErrno(errno, "open").message());
      }
    }
    if (isatty(STDERR_FILENO) == 1) progress_.emplace(command.paths);
    return Status::Ok();
  }

  void OnFile(const ingest::FileReport& report, const ingest::ImportTotals& totals) override {
    if (file_ != nullptr) {
      const std::string line = ReportLine(report);
      written_ &= std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size();
    }
    if (!report.outcome.status.ok()) ++reasons_[report.outcome.status.message()];
    OnProgress(totals);
  }

  void OnProgress(const ingest::ImportTotals& totals) override {
    if (progress_) progress_->Show(totals);
  }

  // False when the report is not whole.
  bool Finish() {
    progress_.reset();
    return file_ == nullptr || (std::fclose(file_.release()) == 0 && written_);
  }

  const std::map<std::string, uint64_t>& reasons() const { return reasons_; }

 private:
  std::unique_ptr<FILE, CloseFile> file_;
  bool written_ = true;
  std::map<std::string, uint64_t> reasons_;
  std::optional<ImportProgress> progress_;
};

void PrintSummary(const ingest::ImportTotals& totals, const std::map<std::string, uint64_t>& reasons) {
  fmt::print("{} files: {} stored, {} already here, {} conflicts, {} refused\n", totals.files, totals.stored,
             totals.duplicates, totals.conflicts, totals.refused);
  for (const auto& [reason, count] : reasons) fmt::print("  refused {}: {}\n", count, reason);
  if (totals.skipped > 0)
    fmt::print("  passed over {}: symbolic links and special files inside folders\n", totals.skipped);
}

}  // namespace

int RunImport(const Settings& settings, const ImportCommand& command) {
  Result<ArchiveOptions> options = ArchiveOptionsOf(settings);
  if (!options.ok()) return Fail(options.status());
  options->create = true;
  options->accept = true;
  Result<std::unique_ptr<Archive>> archive = Archive::Open(*options);
  if (!archive.ok()) return Fail(archive.status());
  Reporter reporter;
  const Status ready = reporter.Open(command);
  if (!ready.ok()) return Fail(ready);
  InstallStopHandler();
  const ingest::ImportTotals totals = ingest::ImportFiles((*archive)->io(), (*archive)->uploader(),
                                                          command.paths, {}, StopRequested(), reporter);
  const bool report_whole = reporter.Finish();
  PrintSummary(totals, reporter.reasons());
  if (StopRequested())
    fmt::print(stderr, "argent: stopped; what is counted is kept, import again to go on\n");
  if (!report_whole) return Fail(Status::IoError(command.report + ": the report could not be written whole"));
  return totals.refused > 0 || StopRequested() ? kExitFoundWrong : ExitCodeOf(**archive);
}

}  // namespace argent::archive
