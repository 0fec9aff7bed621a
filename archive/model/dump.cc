#include "archive/model/dump.h"

#include <fmt/core.h>

#include <string>

#include "archive/model/attributes.h"
#include "archive/model/index_entries.h"
#include "archive/model/rows.h"
#include "archive/model/schema.h"

namespace argent::archive {
namespace {

// UTF-8 passes; control characters, quotes and backslashes cannot be mistaken for the dump's own.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\' || c == '"') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02X}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string Joined(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out.append(out.empty() ? "" : ",").append(Escaped(value));
  return out;
}

std::string Attributes(const codec::DataSet& attributes);

std::string Attribute(const codec::Element& element) {
  std::string out =
      fmt::format("({:04X},{:04X}){}=", element.tag.group, element.tag.element, element.vr.text());
  if (element.vr == codec::MakeVr("SQ")) {
    for (const codec::DataSet& item : element.items) out.append("{").append(Attributes(item)).append("}");
    return out;
  }
  if (IsBinaryVr(element.vr)) return out + Hex(element.value);
  return out.append("\"").append(Escaped(Trim(element.value))).append("\"");
}

std::string Attributes(const codec::DataSet& attributes) {
  std::string out;
  for (const codec::Element& element : attributes.elements())
    out.append(out.empty() ? "" : " ").append(Attribute(element));
  return out;
}

std::string Components(std::string_view encoded) {
  auto components = SplitComponents(encoded);
  if (!components) return fmt::format("?{}", Hex(encoded));
  std::string out;
  for (const std::string& component : *components)
    out.append(out.empty() ? "\"" : " \"").append(Escaped(component)).append("\"");
  return out;
}

std::string Variant(const VariantRow& row) {
  return fmt::format("study={} series={} class={} syntax={} bytes={} digest={}", Escaped(row.study_uid),
                     Escaped(row.series_uid), Escaped(row.sop_class_uid),
                     Escaped(row.variant.transfer_syntax_uid), row.variant.data_set_bytes,
                     Hex(AsText(row.variant.digest)));
}

Result<std::string> PatientLine(std::string_view key, std::string_view value) {
  ARGENT_ASSIGN_OR_RETURN(PatientRow row, PatientRow::Decode(value));
  return fmt::format("patient {} studies={} series={} instances={} {}", Components(key), row.study_count,
                     row.series_count, row.instance_count, Attributes(row.attributes));
}

Result<std::string> StudyLine(std::string_view key, std::string_view value) {
  ARGENT_ASSIGN_OR_RETURN(StudyRow row, StudyRow::Decode(value));
  return fmt::format("study {} patient=[{}] series={} instances={} bytes={} modalities={} classes={} {}",
                     Components(key), Components(row.patient_key), row.series_count, row.instance_count,
                     row.data_set_bytes, Joined(row.modalities), Joined(row.sop_classes),
                     Attributes(row.attributes));
}

Result<std::string> SeriesLine(std::string_view key, std::string_view value) {
  ARGENT_ASSIGN_OR_RETURN(SeriesRow row, SeriesRow::Decode(value));
  return fmt::format("series {} instances={} bytes={} {}", Components(key), row.instance_count,
                     row.data_set_bytes, Attributes(row.attributes));
}

Result<std::string> InstanceLine(std::string_view key, std::string_view value) {
  ARGENT_ASSIGN_OR_RETURN(InstanceRow row, InstanceRow::Decode(value));
  return fmt::format("instance {} syntax={} {}", Components(key), Escaped(row.transfer_syntax_uid),
                     Attributes(row.attributes));
}

Result<std::string> SopInstanceLine(std::string_view key, std::string_view value) {
  ARGENT_ASSIGN_OR_RETURN(SopInstanceRow row, SopInstanceRow::Decode(value));
  return fmt::format("sop-instance {} variants={} {}", Components(key), row.variant_count,
                     Variant(row.first));
}

Result<std::string> VariantLine(std::string_view key, std::string_view value) {
  ARGENT_ASSIGN_OR_RETURN(VariantRow row, VariantRow::Decode(value));
  return fmt::format("variant {} {}", Components(key), Variant(row));
}

Result<std::string> ExceptionLine(std::string_view key, std::string_view value) {
  ARGENT_ASSIGN_OR_RETURN(ExceptionRow row, ExceptionRow::Decode(value));
  const std::string about = key.empty() ? ""
                            : key[0] == static_cast<char>(ExceptionKind::kPatient) ||
                                    key[0] == static_cast<char>(ExceptionKind::kSeriesMoved)
                                ? Components(key.substr(1))
                                : "content " + Hex(key.substr(1));
  return fmt::format("exception {} study={} series={} instance={} {} reason=\"{}\"", key.substr(0, 1),
                     Escaped(row.study_uid), Escaped(row.series_uid), Escaped(row.sop_instance_uid), about,
                     Escaped(row.reason));
}

Result<std::string> TotalsLine(std::string_view value) {
  ARGENT_ASSIGN_OR_RETURN(Totals totals, Totals::Decode(value));
  return fmt::format(
      "totals patients={} studies={} series={} instances={} bytes={} variants={} exceptions={}",
      totals.patients, totals.studies, totals.series, totals.instances, totals.data_set_bytes,
      totals.variants, totals.exceptions);
}

// Empty for keys that are not ours.
Result<std::string> Line(std::string_view key, std::string_view value) {
  const std::string_view rest = key.substr(1);
  switch (static_cast<Table>(key[0])) {
    case Table::kPatient:
      return PatientLine(rest, value);
    case Table::kStudy:
      return StudyLine(rest, value);
    case Table::kSeries:
      return SeriesLine(rest, value);
    case Table::kInstance:
      return InstanceLine(rest, value);
    case Table::kSopInstance:
      return SopInstanceLine(rest, value);
    case Table::kVariant:
      return VariantLine(rest, value);
    case Table::kSeriesUid:
      return "series-uid " + Components(rest);
    case Table::kException:
      return ExceptionLine(rest, value);
    case Table::kTotals:
      return TotalsLine(value);
    case Table::kFrame:
    case Table::kVault:
      return std::string();  // where bytes lie follows from no fact
    case Table::kIndex:
      if (rest.empty()) return Status::Corruption("catalog: an index key without an index");
      return fmt::format("index {} {}", IndexName(static_cast<Index>(rest[0])), Components(rest.substr(1)));
  }
  return std::string();
}

}  // namespace

Status DumpCatalog(storage::Catalog& catalog, const std::function<Status(std::string_view line)>& sink) {
  auto cursor = catalog.NewCursor();
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
    if (cursor->key().empty()) continue;
    ARGENT_ASSIGN_OR_RETURN(std::string line, Line(cursor->key(), cursor->value()));
    if (!line.empty()) ARGENT_RETURN_IF_ERROR(sink(line));
  }
  return cursor->status();
}

}  // namespace argent::archive
