// Makes encoded Data Sets and Part 10 files for tests, well-formed ones and every kind of broken one: it
// writes what it is told and checks nothing. Independent of codec/'s own encoder, so that a defect there does
// not hide in its tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/data_set.h"
#include "codec/tag.h"

namespace argent::test {

inline constexpr uint32_t kUndefined = 0xFFFFFFFF;

class DicomBuilder {
 public:
  explicit DicomBuilder(codec::Encoding encoding = codec::Encoding::kExplicitLittle) : encoding_(encoding) {}

  // A Data Element; text and bytes are padded to an even length (NUL for UI and binary, else a space).
  DicomBuilder& Text(codec::Tag tag, const char (&vr)[3], std::string_view text);
  DicomBuilder& Bytes(codec::Tag tag, const char (&vr)[3], std::string_view bytes);
  // Numbers in the byte order of the encoding.
  DicomBuilder& U16(codec::Tag tag, uint16_t value, const char (&vr)[3] = "US");
  DicomBuilder& U32(codec::Tag tag, uint32_t value, const char (&vr)[3] = "UL");

  // Undefined length unless `length` says otherwise; EndSequence() and EndItem() write delimiters.
  DicomBuilder& BeginSequence(codec::Tag tag, uint32_t length = kUndefined);
  DicomBuilder& EndSequence();
  DicomBuilder& BeginItem(uint32_t length = kUndefined);
  DicomBuilder& EndItem();
  // A sequence and its items with defined lengths, all made by builders of the same encoding.
  DicomBuilder& Sequence(codec::Tag tag, const std::vector<std::string>& items);
  // Encapsulated Pixel Data: an empty Basic Offset Table, the fragments, the delimiter.
  DicomBuilder& Fragments(const std::vector<std::string>& fragments);

  // A header with any VR letters and length; the value is for the caller to append.
  DicomBuilder& Header(codec::Tag tag, std::string_view vr, uint32_t length);
  DicomBuilder& Raw(std::string_view bytes);

  const std::string& bytes() const { return bytes_; }
  // Where each header written began.
  const std::vector<size_t>& boundaries() const { return boundaries_; }

 private:
  void Put16(uint16_t value);
  void Put32(uint32_t value);
  void PutTag(codec::Tag tag);
  DicomBuilder& Delimiter(codec::Tag tag, uint32_t length);

  codec::Encoding encoding_;
  std::string bytes_;
  std::vector<size_t> boundaries_;
};

// A small, complete Secondary Capture Instance.
struct InstanceSpec {
  codec::Encoding encoding = codec::Encoding::kExplicitLittle;
  std::string study_uid = "1.2.3.1";
  std::string series_uid = "1.2.3.1.1";
  std::string sop_instance_uid = "1.2.3.1.1.1";
  std::string sop_class_uid = "1.2.840.10008.5.1.4.1.1.7";
  std::string patient_name = "Example^Anna";
  std::string patient_id = "4711";
  std::string accession_number = "A1";
  std::string study_date = "20240229";
  std::string modality = "OT";
  std::string charset = "ISO_IR 100";
  uint16_t rows = 4;
  uint16_t columns = 6;
  uint64_t pixel_seed = 1;
};
// The Data Set. An empty text leaves its element out.
std::string MakeInstance(const InstanceSpec& spec);
// With preamble, prefix and File Meta Information around it.
std::string MakeFile(std::string_view transfer_syntax_uid, const InstanceSpec& spec,
                     std::string_view data_set);
// Raw DEFLATE, as the Deflated Transfer Syntax has it.
std::string RawDeflate(std::string_view bytes);

}  // namespace argent::test
