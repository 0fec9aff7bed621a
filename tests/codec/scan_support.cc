#include "tests/codec/scan_support.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "storage/base/random.h"
#include "tests/support/dicom_builder.h"

namespace argent::codec {

Result<ScanResult> ScanSyntax(std::string_view data_set, const TransferSyntax& syntax,
                              const ScanLimits& limits) {
  Scanner scanner(syntax, limits);
  scanner.Feed(AsBytes(data_set)).IgnoreError("Finish() reports it again");
  return scanner.Finish();
}

Result<ScanResult> Scan(std::string_view data_set, Encoding encoding, const ScanLimits& limits) {
  TransferSyntax syntax;
  syntax.encoding = encoding;
  return ScanSyntax(data_set, syntax, limits);
}

Result<ScanResult> ScanSplit(std::string_view data_set, Encoding encoding, uint64_t seed) {
  Random random(seed);
  TransferSyntax syntax;
  syntax.encoding = encoding;
  Scanner scanner(syntax, {});
  const uint64_t piece_max = 1 + random.Below(40);
  while (!data_set.empty()) {
    const size_t piece = std::min<size_t>(data_set.size(), 1 + random.Below(piece_max));
    if (!scanner.Feed(AsBytes(data_set.substr(0, piece))).ok()) break;
    data_set.remove_prefix(piece);
  }
  return scanner.Finish();
}

std::string ToText(const DataSet& data_set) {
  std::string text;
  for (const Element& element : data_set.elements()) {
    text += fmt::format("{:08x} {} {:?}", element.tag.packed(), element.vr.text(), element.value);
    for (const DataSet& item : element.items) text += fmt::format("{{{}}}", ToText(item));
    text += "\n";
  }
  return text;
}

std::string ToText(const Result<ScanResult>& result) {
  if (!result.ok()) return result.status().ToString();
  std::string text = fmt::format("{} {} {} {}\n", result->study_uid.text(), result->series_uid.text(),
                                 result->sop_instance_uid.text(), result->sop_class_uid.text());
  const PixelDataLocation& pixels = result->pixel_data;
  text += fmt::format("{:08x} {} {} {} {} {}\n", pixels.tag.packed(), pixels.vr.text(), pixels.value_position,
                      pixels.value_length, pixels.encapsulated, pixels.fragment_count);
  text += fmt::format("{} bytes, {} elements\n", result->data_set_bytes, result->element_count);
  for (const std::string& warning : result->warnings) text += warning + "\n";
  return text + ToText(result->attributes);
}

std::string InstanceHead(Encoding encoding) {
  test::DicomBuilder b(encoding);
  b.Text(tags::kSopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.7")
      .Text(tags::kSopInstanceUid, "UI", "1.2.3.1.1.1");
  b.Text(tags::kPatientName, "PN", "Example^Anna").Text(tags::kPatientId, "LO", "4711");
  b.Text(tags::kStudyInstanceUid, "UI", "1.2.3.1").Text(tags::kSeriesInstanceUid, "UI", "1.2.3.1.1");
  return b.bytes();
}

std::string ZlibWrapped(std::string_view bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
           bytes.size());
  out.resize(size);
  return out;
}

std::string TestDataFolder() {
  const char* folder = std::getenv("ARGENT_TEST_DATA");
  return folder == nullptr ? "" : folder;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace argent::codec
