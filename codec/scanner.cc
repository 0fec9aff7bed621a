#include "codec/scanner.h"

#include <fmt/format.h>

#include "codec/data_set_reader.h"
#include "codec/inflater.h"
#include "codec/scan_visitor.h"

namespace argent::codec {
namespace {

// For messages: what a peer sent, without what could confuse a log or a terminal.
std::string Quoted(std::string_view text) {
  constexpr size_t kShownMax = 80;
  std::string quoted = "\"";
  for (char c : text.substr(0, kShownMax)) quoted.push_back(c >= 0x20 && c < 0x7F ? c : '?');
  return quoted + (text.size() > kShownMax ? "...\"" : "\"");
}

template <typename Kind>
Status TakeUid(const DataSet& attributes, Tag tag, std::string_view name, Kind* uid) {
  const std::string_view text = attributes.Text(tag);
  if (text.empty()) return Status::InvalidArgument(fmt::format("{} {} is missing", name, TagText(tag)));
  if (!IsAcceptableUid(text)) {
    return Status::InvalidArgument(
        fmt::format("{} {} is not a UID of 1 to 64 digits and dots: {}", name, TagText(tag), Quoted(text)));
  }
  *uid = Kind(std::string(text));
  return Status::Ok();
}

Status TakeUids(ScanResult* result) {
  const DataSet& attributes = result->attributes;
  ARGENT_RETURN_IF_ERROR(TakeUid(attributes, tags::kSopClassUid, "SOP Class UID", &result->sop_class_uid));
  ARGENT_RETURN_IF_ERROR(
      TakeUid(attributes, tags::kSopInstanceUid, "SOP Instance UID", &result->sop_instance_uid));
  ARGENT_RETURN_IF_ERROR(
      TakeUid(attributes, tags::kStudyInstanceUid, "Study Instance UID", &result->study_uid));
  return TakeUid(attributes, tags::kSeriesInstanceUid, "Series Instance UID", &result->series_uid);
}

}  // namespace

class Scanner::Impl {
 public:
  Impl(const TransferSyntax& syntax, const ScanLimits& limits)
      : limits_(limits), reader_(syntax.encoding, {limits.elements_max, limits.nesting_max}, &visitor_) {
    if (!syntax.deflated) return;
    const InflateLimits inflate_limits{limits.inflated_bytes_max, limits.inflate_ratio_max};
    inflater_ =
        std::make_unique<Inflater>(inflate_limits, [this](ByteView bytes) { return reader_.Feed(bytes); });
  }

  Status Feed(ByteView bytes) {
    if (!failure_.ok()) return failure_;
    data_set_bytes_ += bytes.size();
    if (data_set_bytes_ > limits_.data_set_bytes_max) {
      failure_ = Status::InvalidArgument(fmt::format(
          "a Data Set of more than {} bytes, the limit of this archive", limits_.data_set_bytes_max));
    } else {
      failure_ = inflater_ == nullptr ? reader_.Feed(bytes) : inflater_->Feed(bytes);
    }
    return failure_;
  }

  Result<ScanResult> Finish() {
    if (!failure_.ok()) return failure_;
    ScanResult result;
    failure_ = FinishInto(&result);
    if (!failure_.ok()) return failure_;
    failure_ = Status::Internal("a Scanner was used after Finish()");
    return result;
  }

 private:
  Status FinishInto(ScanResult* result) {
    if (data_set_bytes_ == 0) return Status::InvalidArgument("the Data Set is empty");
    if (inflater_ != nullptr) ARGENT_RETURN_IF_ERROR(inflater_->Finish());
    ARGENT_RETURN_IF_ERROR(reader_.Finish());
    visitor_.Take(result);
    result->data_set_bytes = data_set_bytes_;
    result->element_count = reader_.element_count();
    return TakeUids(result);
  }

  const ScanLimits limits_;
  ScanVisitor visitor_;
  DataSetReader reader_;
  std::unique_ptr<Inflater> inflater_;
  uint64_t data_set_bytes_ = 0;
  Status failure_;
};

Scanner::Scanner(TransferSyntax syntax, ScanLimits limits) : impl_(std::make_unique<Impl>(syntax, limits)) {}
Scanner::~Scanner() = default;
Status Scanner::Feed(ByteView bytes) { return impl_->Feed(bytes); }
Result<ScanResult> Scanner::Finish() { return impl_->Finish(); }

}  // namespace argent::codec
