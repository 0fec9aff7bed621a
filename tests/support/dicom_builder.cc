#include "tests/support/dicom_builder.h"

#include <zlib.h>

#include <algorithm>

#include "storage/base/check.h"
#include "storage/base/random.h"

namespace argent::test {

using codec::Encoding;
using codec::Tag;

void DicomBuilder::Put16(uint16_t value) {
  const char low = static_cast<char>(value & 0xFF);
  const char high = static_cast<char>(value >> 8);
  bytes_ += encoding_ == Encoding::kExplicitBig ? std::string{high, low} : std::string{low, high};
}

void DicomBuilder::Put32(uint32_t value) {
  const auto low = static_cast<uint16_t>(value & 0xFFFF);
  const auto high = static_cast<uint16_t>(value >> 16);
  const bool big = encoding_ == Encoding::kExplicitBig;
  Put16(big ? high : low);
  Put16(big ? low : high);
}

void DicomBuilder::PutTag(Tag tag) {
  boundaries_.push_back(bytes_.size());
  Put16(tag.group);
  Put16(tag.element);
}

DicomBuilder& DicomBuilder::Header(Tag tag, std::string_view vr, uint32_t length) {
  constexpr std::string_view kLong[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                        "SV", "UC", "UN", "UR", "UT", "UV"};
  PutTag(tag);
  if (encoding_ == Encoding::kImplicitLittle) {
    Put32(length);
    return *this;
  }
  bytes_ += vr;
  if (std::find(std::begin(kLong), std::end(kLong), vr) != std::end(kLong)) {
    Put16(0);
    Put32(length);
  } else {
    Put16(static_cast<uint16_t>(length));
  }
  return *this;
}

DicomBuilder& DicomBuilder::Raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

DicomBuilder& DicomBuilder::Text(Tag tag, const char (&vr)[3], std::string_view text) {
  const bool odd = text.size() % 2 != 0;
  Header(tag, vr, static_cast<uint32_t>(text.size() + (odd ? 1 : 0))).Raw(text);
  if (odd) bytes_.push_back(std::string_view(vr) == "UI" ? '\0' : ' ');
  return *this;
}

DicomBuilder& DicomBuilder::Bytes(Tag tag, const char (&vr)[3], std::string_view bytes) {
  const bool odd = bytes.size() % 2 != 0;
  Header(tag, vr, static_cast<uint32_t>(bytes.size() + (odd ? 1 : 0))).Raw(bytes);
  if (odd) bytes_.push_back('\0');
  return *this;
}

DicomBuilder& DicomBuilder::U16(Tag tag, uint16_t value, const char (&vr)[3]) {
  Header(tag, vr, 2).Put16(value);
  return *this;
}

DicomBuilder& DicomBuilder::U32(Tag tag, uint32_t value, const char (&vr)[3]) {
  Header(tag, vr, 4).Put32(value);
  return *this;
}

DicomBuilder& DicomBuilder::Delimiter(Tag tag, uint32_t length) {
  PutTag(tag);
  Put32(length);
  return *this;
}

DicomBuilder& DicomBuilder::BeginSequence(Tag tag, uint32_t length) { return Header(tag, "SQ", length); }
DicomBuilder& DicomBuilder::EndSequence() { return Delimiter(codec::tags::kSequenceDelimitation, 0); }
DicomBuilder& DicomBuilder::BeginItem(uint32_t length) { return Delimiter(codec::tags::kItem, length); }
DicomBuilder& DicomBuilder::EndItem() { return Delimiter(codec::tags::kItemDelimitation, 0); }

DicomBuilder& DicomBuilder::Sequence(Tag tag, const std::vector<std::string>& items) {
  size_t length = 0;
  for (const std::string& item : items) length += 8 + item.size();
  BeginSequence(tag, static_cast<uint32_t>(length));
  for (const std::string& item : items) BeginItem(static_cast<uint32_t>(item.size())).Raw(item);
  return *this;
}

DicomBuilder& DicomBuilder::Fragments(const std::vector<std::string>& fragments) {
  Header(codec::tags::kPixelData, "OB", kUndefined).BeginItem(0);
  for (const std::string& fragment : fragments)
    BeginItem(static_cast<uint32_t>(fragment.size())).Raw(fragment);
  return EndSequence();
}

std::string MakeInstance(const InstanceSpec& spec) {
  DicomBuilder b(spec.encoding);
  const auto text = [&b](Tag tag, const char(&vr)[3], const std::string& value) {
    if (!value.empty()) b.Text(tag, vr, value);
  };
  text({0x0008, 0x0005}, "CS", spec.charset);
  text({0x0008, 0x0016}, "UI", spec.sop_class_uid);
  text({0x0008, 0x0018}, "UI", spec.sop_instance_uid);
  text({0x0008, 0x0020}, "DA", spec.study_date);
  text({0x0008, 0x0050}, "SH", spec.accession_number);
  text({0x0008, 0x0060}, "CS", spec.modality);
  text({0x0010, 0x0010}, "PN", spec.patient_name);
  text({0x0010, 0x0020}, "LO", spec.patient_id);
  text({0x0020, 0x000D}, "UI", spec.study_uid);
  text({0x0020, 0x000E}, "UI", spec.series_uid);
  b.Text({0x0020, 0x0011}, "IS", "1").Text({0x0020, 0x0013}, "IS", "1");
  b.U16({0x0028, 0x0002}, 1).Text({0x0028, 0x0004}, "CS", "MONOCHROME2");
  b.U16({0x0028, 0x0010}, spec.rows).U16({0x0028, 0x0011}, spec.columns);
  b.U16({0x0028, 0x0100}, 16).U16({0x0028, 0x0101}, 16).U16({0x0028, 0x0102}, 15).U16({0x0028, 0x0103}, 0);
  std::string pixels(size_t{2} * spec.rows * spec.columns, '\0');
  Random(spec.pixel_seed).Fill({reinterpret_cast<uint8_t*>(pixels.data()), pixels.size()});
  return b.Bytes(codec::tags::kPixelData, "OW", pixels).bytes();
}

std::string MakeFile(std::string_view transfer_syntax_uid, const InstanceSpec& spec,
                     std::string_view data_set) {
  DicomBuilder meta;
  meta.Bytes({0x0002, 0x0001}, "OB", std::string_view("\0\1", 2));
  meta.Text({0x0002, 0x0002}, "UI", spec.sop_class_uid);
  meta.Text({0x0002, 0x0003}, "UI", spec.sop_instance_uid);
  meta.Text({0x0002, 0x0010}, "UI", transfer_syntax_uid);
  meta.Text({0x0002, 0x0012}, "UI", "1.2.3.4");
  DicomBuilder file;
  file.Raw(std::string(128, '\0')).Raw("DICM");
  file.U32({0x0002, 0x0000}, static_cast<uint32_t>(meta.bytes().size())).Raw(meta.bytes()).Raw(data_set);
  return file.bytes();
}

std::string RawDeflate(std::string_view bytes) {
  z_stream stream{};
  ARGENT_CHECK(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ARGENT_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out + stream.total_out % 2);
  deflateEnd(&stream);
  return out;
}

}  // namespace argent::test
