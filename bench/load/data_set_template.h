// Data Sets to send: made once, then only the fields that must differ are overwritten in place.
//
// Explicit VR Little Endian. The headers carry what a scanner of the last ten years puts in (about a hundred
// elements, two nested code sequences), so that a receiver has as much to read as in a hospital. Pixel cells
// are a smooth anatomy-like field with noise in the low bits: neither zeros nor random. One template belongs
// to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/population.h"
#include "storage/base/bytes.h"

namespace argent::bench {

enum class TemplateKind {
  kCt,    // 512×512×16 bit, 524,288 bytes of Pixel Data
  kMr,    // 112×112×16 bit, 25,088 bytes of Pixel Data
  kTiny,  // 16×16×16 bit: fills a catalog
};

// The fields that differ from Instance to Instance. UIDs have 43 characters, as MakeUid gives them.
struct InstanceIdentity {
  std::string study_uid;
  std::string series_uid;
  std::string sop_instance_uid;
  uint32_t series_number = 1;
  uint32_t instance_number = 1;
  StudyFacts study;
};

class DataSetTemplate {
 public:
  DataSetTemplate(TemplateKind kind, uint64_t seed);

  std::string_view sop_class_uid() const { return sop_class_uid_; }
  // Writes `identity` into the Data Set and gives its bytes, valid until the next call. With `pixel_mark`
  // other than 0 it is written into the first cells of every 4 KiB of Pixel Data, so that no block equals one
  // of another mark.
  ByteView Render(const InstanceIdentity& identity, uint64_t pixel_mark);

 private:
  // A value that Render overwrites.
  struct Slot {
    size_t position = 0;
    size_t bytes = 0;
    char padding = ' ';
  };
  void Element(uint32_t tag, std::string_view vr, std::string_view value);
  void Us(uint32_t tag, uint16_t value);
  Slot ReserveSlot(uint32_t tag, std::string_view vr, size_t bytes);
  void CodeSequence(uint32_t tag, std::string_view value, std::string_view meaning);
  void Fill(const Slot& slot, std::string_view value);
  void AddIdentification();
  void AddEquipment();
  void AddAcquisition();
  void AddRelationship();
  void AddPixels(uint64_t seed);

  TemplateKind kind_;
  uint16_t rows_ = 0;
  std::string sop_class_uid_;
  std::vector<uint8_t> bytes_;
  size_t pixel_position_ = 0;
  Slot sop_instance_uid_, study_uid_, series_uid_, study_date_, study_time_, accession_, modality_,
      description_, patient_name_, patient_id_, birth_date_, sex_, study_id_, series_number_,
      instance_number_;
};

}  // namespace argent::bench
