#include "bench/load/data_set_template.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "storage/base/random.h"

namespace argent::bench {
namespace {

constexpr size_t kUidBytes = 44;  // 43 characters and the one NUL the Standard allows
constexpr size_t kMarkEveryBytes = 4096;

bool HasLongLength(std::string_view vr) {
  return vr == "OW" || vr == "SQ" || vr == "OB" || vr == "UN" || vr == "UT";
}

uint16_t RowsOf(TemplateKind kind) {
  switch (kind) {
    case TemplateKind::kCt:
      return 512;
    case TemplateKind::kMr:
      return 112;
    case TemplateKind::kTiny:
      return 16;
  }
  return 16;
}

}  // namespace

DataSetTemplate::DataSetTemplate(TemplateKind kind, uint64_t seed) : kind_(kind), rows_(RowsOf(kind)) {
  sop_class_uid_ = kind == TemplateKind::kCt ? "1.2.840.10008.5.1.4.1.1.2" : "1.2.840.10008.5.1.4.1.1.4";
  AddIdentification();
  AddEquipment();
  AddAcquisition();
  AddRelationship();
  AddPixels(seed);
}

void DataSetTemplate::AddIdentification() {
  Element(0x00080005, "CS", "ISO_IR 100");
  Element(0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL");
  Element(0x00080016, "UI", sop_class_uid_);
  sop_instance_uid_ = ReserveSlot(0x00080018, "UI", kUidBytes);
  study_date_ = ReserveSlot(0x00080020, "DA", 8);
  Element(0x00080021, "DA", "20260105");
  Element(0x00080022, "DA", "20260105");
  study_time_ = ReserveSlot(0x00080030, "TM", 14);
  Element(0x00080031, "TM", "101112.130000");
  Element(0x00080032, "TM", "101112.140000");
  accession_ = ReserveSlot(0x00080050, "SH", 16);
  modality_ = ReserveSlot(0x00080060, "CS", 2);
  Element(0x00080070, "LO", "Example Scanners");
  Element(0x00080080, "LO", "General Hospital");
  Element(0x00080081, "ST", "1 Hospital Road, Springfield");
  Element(0x00080090, "PN", "Referrer^Rita");
  Element(0x00081010, "SH", "SCANNER01");
  description_ = ReserveSlot(0x00081030, "LO", 32);
  CodeSequence(0x00081032, "24627-2", "CT Chest");
  Element(0x0008103E, "LO", "Thorax 1.0 B30f");
  Element(0x00081040, "LO", "Radiology");
  Element(0x00081050, "PN", "Reader^Rolf");
  Element(0x00081090, "LO", "Somewhat 64");
}

void DataSetTemplate::AddEquipment() {
  Element(0x00090010, "LO", "ARGENT LOAD PRIVATE");
  Element(0x00091001, "LO", "a private value of the kind every scanner adds");
  patient_name_ = ReserveSlot(0x00100010, "PN", 32);
  patient_id_ = ReserveSlot(0x00100020, "LO", 16);
  birth_date_ = ReserveSlot(0x00100030, "DA", 8);
  sex_ = ReserveSlot(0x00100040, "CS", 2);
  Element(0x00101010, "AS", "054Y");
  Element(0x00101030, "DS", "71.5");
  Element(0x00180015, "CS", "CHEST");
  Element(0x00180050, "DS", "1.0");
  Element(0x00180060, "DS", "120");
  Element(0x00180090, "DS", "500");
  Element(0x00181000, "LO", "SN-0042");
  Element(0x00181020, "LO", "VA40C");
  Element(0x00181030, "LO", "Thorax routine");
}

void DataSetTemplate::AddAcquisition() {
  for (uint32_t element : {0x1100u, 0x1110u, 0x1111u, 0x1120u, 0x1130u})
    Element(0x00180000 + element, "DS", "535.25");
  Element(0x00181140, "CS", "CW");
  for (uint32_t element : {0x1150u, 0x1151u, 0x1152u}) Element(0x00180000 + element, "IS", "500");
  Element(0x00181160, "SH", "FLAT");
  Element(0x00181170, "IS", "40");
  Element(0x00181190, "DS", "1.2");
  Element(0x00181210, "SH", "B30f");
  Element(0x00185100, "CS", "HFS");
  Element(0x00189345, "FD", std::string_view("\0\0\0\0\0\0\x24\x40", 8));
  Element(0x00190010, "LO", "ARGENT LOAD PRIVATE 2");
  for (uint32_t element = 0x1001; element < 0x1019; ++element) {
    Element(0x00190000 + element, "DS", fmt::format("{}.5", element));
  }
}

void DataSetTemplate::AddRelationship() {
  study_uid_ = ReserveSlot(0x0020000D, "UI", kUidBytes);
  series_uid_ = ReserveSlot(0x0020000E, "UI", kUidBytes);
  study_id_ = ReserveSlot(0x00200010, "SH", 8);
  series_number_ = ReserveSlot(0x00200011, "IS", 6);
  Element(0x00200012, "IS", "3");
  instance_number_ = ReserveSlot(0x00200013, "IS", 8);
  Element(0x00200032, "DS", "-178.5\\-350.2\\-801.75");
  Element(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
  Element(0x00200052, "UI", "1.2.276.0.7230010.3.1.4.0.1");
  Element(0x00201040, "LO", "");
  Element(0x00201041, "DS", "-801.75");
  Us(0x00280002, 1);
  Element(0x00280004, "CS", "MONOCHROME2");
  Us(0x00280010, rows_);
  Us(0x00280011, rows_);
  Element(0x00280030, "DS", "0.7421875\\0.7421875");
  Us(0x00280100, 16);
  Us(0x00280101, 12);
  Us(0x00280102, 11);
  Us(0x00280103, 0);
  Element(0x00281050, "DS", "40\\-600");
  Element(0x00281051, "DS", "400\\1200");
  Element(0x00281052, "DS", "-1024");
  Element(0x00281053, "DS", "1");
  Element(0x00400244, "DA", "20260105");
  Element(0x00400245, "TM", "101000.000000");
  Element(0x00400253, "SH", "PPS-0001");
  CodeSequence(0x00400260, "CTCHEST", "CT chest without contrast");
}

// A disc with a gradient, and four bits of noise.
void DataSetTemplate::AddPixels(uint64_t seed) {
  std::string cells(size_t{2} * rows_ * rows_, '\0');
  Random random(seed);
  const double middle = rows_ / 2.0;
  for (size_t y = 0; y < rows_; ++y) {
    for (size_t x = 0; x < rows_; ++x) {
      const double distance =
          std::hypot(static_cast<double>(x) - middle, static_cast<double>(y) - middle) / middle;
      const double smooth = distance < 0.9 ? 900 + 300 * std::cos(distance * 9) : 20;
      const auto value = static_cast<uint16_t>(smooth + static_cast<double>(random.Below(16)));
      StoreLe16(reinterpret_cast<uint8_t*>(&cells[2 * (y * rows_ + x)]), value & 0x0FFF);
    }
  }
  Element(0x7FE00010, "OW", cells);
  pixel_position_ = bytes_.size() - cells.size();
}

void DataSetTemplate::Element(uint32_t tag, std::string_view vr, std::string_view value) {
  std::string element;
  ByteWriter writer(&element);
  const size_t padded = value.size() + value.size() % 2;
  writer.U16(static_cast<uint16_t>(tag >> 16));
  writer.U16(static_cast<uint16_t>(tag));
  element.append(vr);
  if (HasLongLength(vr)) {
    writer.U16(0);
    writer.U32(static_cast<uint32_t>(padded));
  } else {
    writer.U16(static_cast<uint16_t>(padded));
  }
  element.append(value);
  if (padded != value.size()) element.push_back(vr == "UI" ? '\0' : ' ');
  bytes_.insert(bytes_.end(), element.begin(), element.end());
}

void DataSetTemplate::Us(uint32_t tag, uint16_t value) {
  char bytes[2];
  StoreLe16(reinterpret_cast<uint8_t*>(bytes), value);
  Element(tag, "US", {bytes, 2});
}

DataSetTemplate::Slot DataSetTemplate::ReserveSlot(uint32_t tag, std::string_view vr, size_t bytes) {
  const char padding = vr == "UI" ? '\0' : ' ';
  Element(tag, vr, std::string(bytes, padding));
  return {bytes_.size() - bytes, bytes, padding};
}

// One Item with Code Value, Coding Scheme Designator and Code Meaning; defined lengths.
void DataSetTemplate::CodeSequence(uint32_t tag, std::string_view value, std::string_view meaning) {
  std::vector<uint8_t> outer;
  outer.swap(bytes_);
  Element(0x00080100, "SH", value);
  Element(0x00080102, "SH", "LN");
  Element(0x00080104, "LO", meaning);
  std::string item("\xFE\xFF\x00\xE0", 4);
  ByteWriter(&item).U32(static_cast<uint32_t>(bytes_.size()));
  item.append(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
  bytes_.swap(outer);
  Element(tag, "SQ", item);
}

void DataSetTemplate::Fill(const Slot& slot, std::string_view value) {
  const size_t bytes = std::min(value.size(), slot.bytes);
  std::memcpy(&bytes_[slot.position], value.data(), bytes);
  std::memset(&bytes_[slot.position + bytes], slot.padding, slot.bytes - bytes);
}

ByteView DataSetTemplate::Render(const InstanceIdentity& identity, uint64_t pixel_mark) {
  Fill(sop_instance_uid_, identity.sop_instance_uid);
  Fill(study_uid_, identity.study_uid);
  Fill(series_uid_, identity.series_uid);
  Fill(study_date_, identity.study.study_date);
  Fill(study_time_, identity.study.study_time);
  Fill(accession_, identity.study.accession);
  // The SOP Class says what an Instance is; only the small filler pretends to be of any modality.
  Fill(modality_, kind_ == TemplateKind::kTiny ? identity.study.modality
                  : kind_ == TemplateKind::kCt ? "CT"
                                               : "MR");
  Fill(description_, identity.study.description);
  Fill(patient_name_, identity.study.patient_name);
  Fill(patient_id_, identity.study.patient_id);
  Fill(birth_date_, identity.study.birth_date);
  Fill(sex_, identity.study.sex);
  Fill(study_id_, identity.study.study_id);
  Fill(series_number_, std::to_string(identity.series_number));
  Fill(instance_number_, std::to_string(identity.instance_number));
  if (pixel_mark != 0) {
    for (size_t at = pixel_position_; at + sizeof pixel_mark <= bytes_.size(); at += kMarkEveryBytes) {
      // Twelve bits a cell, as Bits Stored says.
      for (size_t cell = 0; cell < 4; ++cell)
        StoreLe16(&bytes_[at + 2 * cell], (pixel_mark >> (12 * cell)) & 0x0FFF);
    }
  }
  return bytes_;
}

}  // namespace argent::bench
