// Any bytes, in any encoding and split, through the Scanner: the first byte chooses the Transfer Syntax, the
// second the size of the pieces. The result must not depend on the split, and what the scanner locates must
// lie within the Data Set. What it accepts is then transcoded, which must not fail in a way that trips.
#include <algorithm>
#include <cstdint>
#include <string>

#include "codec/part10.h"
#include "codec/scanner.h"
#include "codec/transcode.h"
#include "storage/base/check.h"

namespace {

using namespace argent;         // NOLINT: a fuzz target is one file
using namespace argent::codec;  // NOLINT

constexpr std::string_view kSyntaxes[] = {kImplicitVrLittleEndian, kExplicitVrLittleEndian,
                                          kExplicitVrBigEndian, kDeflatedExplicitVrLittleEndian};

ScanLimits SmallLimits() {
  ScanLimits limits;
  limits.elements_max = 10'000;
  limits.inflated_bytes_max = 4 << 20;
  return limits;
}

Result<ScanResult> ScanInPieces(const TransferSyntax& syntax, ByteView bytes, size_t piece) {
  Scanner scanner(syntax, SmallLimits());
  while (!bytes.empty()) {
    const size_t taken = std::min(piece, bytes.size());
    if (!scanner.Feed(bytes.first(taken)).ok()) break;
    bytes = bytes.subspan(taken);
  }
  return scanner.Finish();
}

void CheckResult(const ScanResult& result, const TransferSyntax& syntax, size_t bytes) {
  ARGENT_CHECK(IsAcceptableUid(result.sop_instance_uid.text()));
  ARGENT_CHECK(result.data_set_bytes == bytes);
  ARGENT_CHECK(result.warnings.size() <= 16);
  if (syntax.deflated || !result.pixel_data.present()) return;
  ARGENT_CHECK(result.pixel_data.value_position + result.pixel_data.value_length <= bytes);
}

void TranscodeAll(std::string_view from, ByteView bytes) {
  for (std::string_view to : kSyntaxes) {
    auto transcoder = Transcoder::Create(from, to, [](ByteView) { return Status::Ok(); });
    ARGENT_CHECK(transcoder.ok());
    if ((*transcoder)->Feed(bytes).ok()) (*transcoder)->Finish().IgnoreError("refusing is fine");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view uid = kSyntaxes[data[0] % 4];
  const size_t piece = 1 + data[1] % 64;
  const ByteView bytes(data + 2, size - 2);
  const TransferSyntax syntax = LookUpTransferSyntax(uid);
  const Result<ScanResult> whole = ScanInPieces(syntax, bytes, bytes.size());
  const Result<ScanResult> pieces = ScanInPieces(syntax, bytes, piece);
  ARGENT_CHECK(whole.ok() == pieces.ok());
  if (!whole.ok()) {
    ARGENT_CHECK(!whole.status().message().empty());
  } else {
    CheckResult(*whole, syntax, bytes.size());
    ARGENT_CHECK(whole->element_count == pieces->element_count);
    ARGENT_CHECK(whole->attributes.elements().size() == pieces->attributes.elements().size());
    TranscodeAll(uid, bytes);
  }
  const Result<FileHead> head = ParseFileHead(bytes.first(std::min(bytes.size(), kFileHeadBytes)));
  if (head.ok()) ARGENT_CHECK(head->data_set_position <= bytes.size());
  return 0;
}
