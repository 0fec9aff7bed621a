// Rows of the catalog's tables (schema.h) and their encoding.
//
// Every row starts with a version byte (1). Integers are little endian; text is a u16 length and bytes;
// attributes are a u32 length and an Explicit VR Little Endian Data Set in UTF-8. Decode() gives kCorruption
// for anything Encode() does not make: then the catalog is damaged and is rebuilt from the log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/data_set.h"
#include "ingest/archive_view.h"
#include "storage/base/status.h"

namespace argent::archive {

// A Study names its SOP Classes and Modalities up to this many; a hostile sender cannot grow a row without
// end.
inline constexpr size_t kListedValuesMax = 256;

struct PatientRow {
  uint64_t study_count = 0;
  uint64_t series_count = 0;
  uint64_t instance_count = 0;
  codec::DataSet attributes;  // of the patient level

  std::string Encode() const;
  static Result<PatientRow> Decode(std::string_view bytes);
};

struct StudyRow {
  std::string patient_key;  // the key of its PatientRow without the table byte
  uint64_t series_count = 0;
  uint64_t instance_count = 0;
  uint64_t data_set_bytes = 0;           // of all Instances, as received
  std::vector<std::string> modalities;   // ascending
  std::vector<std::string> sop_classes;  // ascending
  codec::DataSet attributes;             // of the patient and the study level, as this Study has them

  std::string Encode() const;
  static Result<StudyRow> Decode(std::string_view bytes);
};

struct SeriesRow {
  uint64_t instance_count = 0;
  uint64_t data_set_bytes = 0;
  codec::DataSet attributes;  // of the series level

  std::string Encode() const;
  static Result<SeriesRow> Decode(std::string_view bytes);
};

struct InstanceRow {
  std::string transfer_syntax_uid;  // as received
  codec::DataSet attributes;        // of the instance level; always has SOP Class UID and SOP Instance UID

  std::string Encode() const;
  static Result<InstanceRow> Decode(std::string_view bytes);
};

// One kept form of an Instance and where it belongs.
struct VariantRow {
  std::string study_uid;
  std::string series_uid;
  std::string sop_class_uid;
  ingest::StoredVariant variant;

  std::string Encode() const;
  static Result<VariantRow> Decode(std::string_view bytes);
};

struct SopInstanceRow {
  uint32_t variant_count = 0;  // at least 1; further ones are in the variant table
  VariantRow first;

  std::string Encode() const;
  static Result<SopInstanceRow> Decode(std::string_view bytes);
};

// What a person has to look at. The key says what it is about; the same thing is raised once.
enum class ExceptionKind : uint8_t {
  kContent =
      'c',  // other bytes under a known SOP Instance UID of the same Series. Key: SOP Instance UID, digest
  kInstanceMoved = 'i',  // … and the other bytes name another Study or Series. Key: SOP Instance UID, digest
  kSeriesMoved = 's',  // a Series UID that is known in another Study. Key: Series UID, the later Study's UID
  kPatient =
      'p',  // another Patient ID (or Issuer) in a Study. Key: Study UID, Patient ID and Issuer as components
};

struct ExceptionRow {
  uint64_t sequence = 0;  // of the first fact that raised it
  int64_t received_unix_micros = 0;
  std::string study_uid;
  std::string series_uid;
  std::string sop_instance_uid;
  std::string reason;  // for a person

  std::string Encode() const;
  static Result<ExceptionRow> Decode(std::string_view bytes);
};

struct Totals {
  uint64_t patients = 0;
  uint64_t studies = 0;
  uint64_t series = 0;
  uint64_t instances = 0;
  uint64_t data_set_bytes = 0;  // of all variants, as received
  uint64_t variants = 0;        // kept besides the ones served
  uint64_t exceptions = 0;

  std::string Encode() const;
  static Result<Totals> Decode(std::string_view bytes);
};

// The totals as of the last commit; all zero in an empty catalog.
Result<Totals> ReadTotals(storage::Catalog& catalog);

// Puts `value` into an ascending list once, while there are fewer than kListedValuesMax. True when it was
// added.
bool AddToSortedList(std::string_view value, std::vector<std::string>* list);

}  // namespace argent::archive
