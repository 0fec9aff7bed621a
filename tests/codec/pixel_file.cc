#include "tests/codec/pixel_file.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "codec/part10.h"
#include "codec/value_swap.h"
#include "tests/codec/scan_support.h"
#include "tests/support/dicom_builder.h"

namespace argent::codec {
namespace {

namespace fs = std::filesystem;

Status ReadEncapsulated(ByteView value, PixelFile* file) {
  MemoryValueSource source(value);
  EncapsulatedFrames::Hints hints;
  hints.number_of_frames = file->image.number_of_frames;
  hints.extended_offset_table = AsBytes(file->image.extended_offset_table);
  ARGENT_ASSIGN_OR_RETURN(const EncapsulatedFrames frames, EncapsulatedFrames::Read(&source, hints));
  file->split = frames.split();
  file->frames.resize(frames.frame_count());
  for (size_t i = 0; i < file->frames.size(); ++i) {
    ARGENT_RETURN_IF_ERROR(frames.ReadFrame(&source, i, &file->frames[i]));
  }
  return Status::Ok();
}

void SplitNative(std::string_view value, const TransferSyntax& syntax, PixelFile* file) {
  const PixelFormat& format = file->image.format;
  file->value_length = value.size();
  if (!format.Validate().ok() || format.bits_allocated == 1) return;
  const uint64_t frame_bytes = format.FrameBytes(), count = file->image.number_of_frames;
  if (count == 0 || value.size() / frame_bytes != count || value.size() % frame_bytes > 1) return;
  std::string cells(value);
  if (syntax.encoding == Encoding::kExplicitBig) {
    SwapWords({reinterpret_cast<uint8_t*>(cells.data()), cells.size()}, format.bits_allocated / 8u);
  }
  for (uint64_t i = 0; i < count; ++i) file->frames.push_back(cells.substr(i * frame_bytes, frame_bytes));
}

}  // namespace

Result<PixelFile> LoadPixelFile(const std::string& path) {
  const std::string bytes = ReadFile(path);
  const ByteView front = AsBytes(bytes).first(std::min(bytes.size(), kFileHeadBytes));
  ARGENT_ASSIGN_OR_RETURN(const FileHead head, ParseFileHead(front));
  PixelFile file;
  file.transfer_syntax_uid = head.transfer_syntax_uid.text();
  const TransferSyntax syntax = LookUpTransferSyntax(file.transfer_syntax_uid);
  if (syntax.deflated) return Status::Unsupported("a deflated Data Set");
  const std::string_view data_set = std::string_view(bytes).substr(head.data_set_position);
  ARGENT_ASSIGN_OR_RETURN(const ScanResult scan, ScanSyntax(data_set, syntax));
  if (scan.pixel_data.tag != tags::kPixelData) return Status::NotFound("no Pixel Data");
  const std::string_view value =
      data_set.substr(scan.pixel_data.value_position, scan.pixel_data.value_length);
  const std::string_view before = data_set.substr(0, scan.pixel_data.value_position);
  const std::string_view after = data_set.substr(before.size() + value.size());
  ARGENT_ASSIGN_OR_RETURN(file.image, DescribeImage(AsBytes(before), AsBytes(after), syntax.encoding));
  file.encapsulated = scan.pixel_data.encapsulated;
  if (file.encapsulated) {
    ARGENT_RETURN_IF_ERROR(ReadEncapsulated(AsBytes(value), &file));
  } else {
    SplitNative(value, syntax, &file);
  }
  return file;
}

std::string MakePixelFile(const PixelFormat& format, std::string_view transfer_syntax_uid,
                          std::string_view value) {
  test::InstanceSpec spec;
  test::DicomBuilder b;
  b.Text({0x0008, 0x0016}, "UI", spec.sop_class_uid).Text({0x0008, 0x0018}, "UI", spec.sop_instance_uid);
  b.Text({0x0008, 0x0064}, "CS", "WSD").Text({0x0010, 0x0020}, "LO", spec.patient_id);
  b.Text({0x0020, 0x000D}, "UI", spec.study_uid).Text({0x0020, 0x000E}, "UI", spec.series_uid);
  b.U16({0x0028, 0x0002}, format.samples_per_pixel);
  b.Text({0x0028, 0x0004}, "CS", format.photometric_text);
  if (format.samples_per_pixel > 1) b.U16({0x0028, 0x0006}, format.planar_configuration);
  b.U16({0x0028, 0x0010}, static_cast<uint16_t>(format.rows));
  b.U16({0x0028, 0x0011}, static_cast<uint16_t>(format.columns));
  b.U16({0x0028, 0x0100}, format.bits_allocated).U16({0x0028, 0x0101}, format.bits_stored);
  b.U16({0x0028, 0x0102}, format.high_bit).U16({0x0028, 0x0103}, format.is_signed ? 1 : 0);
  if (LookUpTransferSyntax(transfer_syntax_uid).encapsulated) {
    b.Header(tags::kPixelData, "OB", test::kUndefined).Raw(value);
  } else {
    b.Bytes(tags::kPixelData, format.bits_allocated > 8 ? "OW" : "OB", value);
  }
  return test::MakeFile(transfer_syntax_uid, spec, b.bytes());
}

std::string Encapsulate(const std::vector<std::string>& codestreams) {
  std::vector<uint64_t> lengths;
  for (const std::string& codestream : codestreams) lengths.push_back(codestream.size());
  const auto layout = EncapsulatedLayout::Create(lengths);
  ARGENT_CHECK(layout.ok());
  std::string value = layout->Head();
  for (size_t i = 0; i < codestreams.size(); ++i) {
    value += layout->ItemHeader(i) + codestreams[i];
    value += layout->Padding(i);
  }
  return value + EncapsulatedLayout::Tail();
}

TestFolder::TestFolder() {
  static std::atomic<int> count{0};
  const std::string name = "argent_frame_" + std::to_string(getpid()) + "_" + std::to_string(count++);
  folder_ = fs::temp_directory_path() / name;
  fs::create_directories(folder_);
}
TestFolder::~TestFolder() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}
std::string TestFolder::Write(std::string_view name, std::string_view bytes) const {
  std::ofstream(path(name), std::ios::binary) << bytes;
  return path(name);
}

bool HasTool(std::string_view name) { return RunTool("command -v " + std::string(name)); }
bool RunTool(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

}  // namespace argent::codec
