// Keys of the catalog. The catalog is a view of the log and can be rebuilt from it at any time; this page is
// its layout.
//
// A key is one table byte and then components. A component is its bytes with 00 written as 00 FF, closed by
// 00 01: so keys are binary-safe, and order by component as the plain bytes would. Table bytes are upper-case
// ASCII letters; every other first byte is free for whoever else keeps something in the catalog. Rows are
// described in rows.h.
//
//   table           key after the table byte                        value
//   P patient       Patient ID, Issuer, (Study UID)                 PatientRow; the Study UID only when the
//   Patient ID is empty: what
//                                                                   has no ID is never taken for the same
//                                                                   patient
//   S study         Study UID                                       StudyRow
//   E series        Study UID, Series UID                           SeriesRow
//   N instance      Study UID, Series UID, SOP Instance UID         InstanceRow (of the variant that is
//   served) U SOP Instance  SOP Instance UID                                SopInstanceRow: the first variant
//   received, the one served V variant       SOP Instance UID, number (4 bytes, big endian)  VariantRow: the
//   second (1), third (2) … variant, by arrival R series uid    Series UID, Study UID empty X exception kind
//   (1 byte), UID, detail                      ExceptionRow T totals        nothing Totals I index kind (1
//   byte, not a component), value, target   empty; kinds and values in index_entries.h
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/uid.h"

namespace argent::archive {

enum class Table : char {
  kPatient = 'P',
  kStudy = 'S',
  kSeries = 'E',
  kInstance = 'N',
  kSopInstance = 'U',
  kVariant = 'V',
  kSeriesUid = 'R',
  kException = 'X',
  kTotals = 'T',
  kIndex = 'I',
  kFrame = 'F',  // of the vault: vault/frame_index.h. Not in the dump: says where bytes lie
  kVault = 'W',  // vault segments that the catalog knows: vault/vault_adopter.h. Not in the dump
};

// Keys in [begin, end).
struct KeyRange {
  std::string begin;
  std::string end;
  bool Contains(std::string_view key) const { return key >= begin && key < end; }
};

void AppendComponent(std::string_view bytes, std::string* key);
// The front of a component: every component that starts with `bytes` lies in PrefixRange() of the result.
void AppendComponentFront(std::string_view bytes, std::string* key);
std::string MakeKey(Table table, std::initializer_list<std::string_view> components);
// The first key after every key that starts with `prefix`; empty (no end) cannot happen for our tables.
std::string PrefixEnd(std::string prefix);
KeyRange PrefixRange(std::string prefix);

// The components of `encoded` (a key without its table byte); nullopt when it is not what AppendComponent
// makes.
std::optional<std::vector<std::string>> SplitComponents(std::string_view encoded);
// Only the last of them, as plain bytes: the target of an index key.
std::optional<std::string> LastComponent(std::string_view encoded);

std::string StudyKey(std::string_view study_uid);
std::string SeriesKey(std::string_view study_uid, std::string_view series_uid);
std::string InstanceKey(std::string_view study_uid, std::string_view series_uid,
                        std::string_view sop_instance_uid);
std::string SopInstanceKey(std::string_view sop_instance_uid);
std::string VariantKey(std::string_view sop_instance_uid, uint32_t number);
std::string TotalsKey();

}  // namespace argent::archive
