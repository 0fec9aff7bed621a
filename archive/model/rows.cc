#include "archive/model/rows.h"

#include <algorithm>

#include "archive/model/schema.h"
#include "storage/base/bytes.h"

namespace argent::archive {
namespace {

constexpr uint8_t kRowVersion = 1;
// Rows hold a few dozen values of at most codec::kCatalogValueBytesMax each.
constexpr codec::DataSetLimits kAttributeLimits{
    .bytes_max = size_t{4} << 20, .elements_max = 100'000, .nesting_max = 64};

std::string StartRow() { return std::string(1, static_cast<char>(kRowVersion)); }

void PutAttributes(const codec::DataSet& attributes, std::string* out) {
  const size_t start = out->size();
  out->append(4, '\0');
  attributes.Serialize(codec::Encoding::kExplicitLittle, out);
  StoreLe32(reinterpret_cast<uint8_t*>(out->data() + start), static_cast<uint32_t>(out->size() - start - 4));
}

void PutList(const std::vector<std::string>& list, ByteWriter* writer) {
  writer->U16(static_cast<uint16_t>(list.size()));
  for (const std::string& value : list) writer->ShortText(value);
}

std::vector<std::string> GetList(ByteReader* reader) {
  std::vector<std::string> list(std::min<size_t>(reader->U16(), kListedValuesMax));
  for (std::string& value : list) value = reader->ShortText();
  return list;
}

// Reads a row field by field; what is wrong comes out once, at the end.
class RowReader {
 public:
  RowReader(std::string_view table, std::string_view bytes) : table_(table), reader_(AsBytes(bytes)) {
    version_ = reader_.U8();
  }
  ByteReader& fields() { return reader_; }
  codec::DataSet Attributes() {
    auto parsed =
        codec::DataSet::Parse(reader_.LongBytes(), codec::Encoding::kExplicitLittle, kAttributeLimits);
    if (parsed.ok()) return std::move(parsed).value();
    attributes_ = parsed.status();
    return {};
  }
  Status Finish() const {
    const std::string row = "catalog row of table " + std::string(table_);
    if (version_ != kRowVersion) return Status::Corruption(row + " has version " + std::to_string(version_));
    if (!reader_.ok() || reader_.remaining() != 0) return Status::Corruption(row + " has the wrong length");
    if (!attributes_.ok()) return Status::Corruption(row + ": " + attributes_.message());
    return Status::Ok();
  }

 private:
  std::string_view table_;
  ByteReader reader_;
  uint8_t version_ = 0;
  Status attributes_;
};

void PutVariant(const VariantRow& row, std::string* out) {
  ByteWriter writer(out);
  writer.ShortText(row.study_uid);
  writer.ShortText(row.series_uid);
  writer.ShortText(row.sop_class_uid);
  writer.U64(row.variant.sequence);
  writer.U64(row.variant.data_set_bytes);
  writer.Bytes(row.variant.digest);
  writer.ShortText(row.variant.transfer_syntax_uid);
  storage::PutExtents(row.variant.extents, &writer);
}

VariantRow GetVariant(ByteReader* reader) {
  VariantRow row;
  row.study_uid = reader->ShortText();
  row.series_uid = reader->ShortText();
  row.sop_class_uid = reader->ShortText();
  row.variant.sequence = reader->U64();
  row.variant.data_set_bytes = reader->U64();
  const ByteView digest = reader->Bytes(row.variant.digest.size());
  std::copy(digest.begin(), digest.end(), row.variant.digest.begin());
  row.variant.transfer_syntax_uid = reader->ShortText();
  row.variant.extents = storage::TakeExtents(reader);
  return row;
}

}  // namespace

std::string PatientRow::Encode() const {
  std::string out = StartRow();
  ByteWriter writer(&out);
  writer.U64(study_count);
  writer.U64(series_count);
  writer.U64(instance_count);
  PutAttributes(attributes, &out);
  return out;
}

Result<PatientRow> PatientRow::Decode(std::string_view bytes) {
  RowReader reader("patient", bytes);
  PatientRow row;
  row.study_count = reader.fields().U64();
  row.series_count = reader.fields().U64();
  row.instance_count = reader.fields().U64();
  row.attributes = reader.Attributes();
  ARGENT_RETURN_IF_ERROR(reader.Finish());
  return row;
}

std::string StudyRow::Encode() const {
  std::string out = StartRow();
  ByteWriter writer(&out);
  writer.ShortText(patient_key);
  writer.U64(series_count);
  writer.U64(instance_count);
  writer.U64(data_set_bytes);
  PutList(modalities, &writer);
  PutList(sop_classes, &writer);
  PutAttributes(attributes, &out);
  return out;
}

Result<StudyRow> StudyRow::Decode(std::string_view bytes) {
  RowReader reader("study", bytes);
  StudyRow row;
  row.patient_key = reader.fields().ShortText();
  row.series_count = reader.fields().U64();
  row.instance_count = reader.fields().U64();
  row.data_set_bytes = reader.fields().U64();
  row.modalities = GetList(&reader.fields());
  row.sop_classes = GetList(&reader.fields());
  row.attributes = reader.Attributes();
  ARGENT_RETURN_IF_ERROR(reader.Finish());
  return row;
}

std::string SeriesRow::Encode() const {
  std::string out = StartRow();
  ByteWriter writer(&out);
  writer.U64(instance_count);
  writer.U64(data_set_bytes);
  PutAttributes(attributes, &out);
  return out;
}

Result<SeriesRow> SeriesRow::Decode(std::string_view bytes) {
  RowReader reader("series", bytes);
  SeriesRow row;
  row.instance_count = reader.fields().U64();
  row.data_set_bytes = reader.fields().U64();
  row.attributes = reader.Attributes();
  ARGENT_RETURN_IF_ERROR(reader.Finish());
  return row;
}

std::string InstanceRow::Encode() const {
  std::string out = StartRow();
  ByteWriter writer(&out);
  writer.ShortText(transfer_syntax_uid);
  PutAttributes(attributes, &out);
  return out;
}

Result<InstanceRow> InstanceRow::Decode(std::string_view bytes) {
  RowReader reader("instance", bytes);
  InstanceRow row;
  row.transfer_syntax_uid = reader.fields().ShortText();
  row.attributes = reader.Attributes();
  ARGENT_RETURN_IF_ERROR(reader.Finish());
  return row;
}

std::string VariantRow::Encode() const {
  std::string out = StartRow();
  PutVariant(*this, &out);
  return out;
}

Result<VariantRow> VariantRow::Decode(std::string_view bytes) {
  RowReader reader("variant", bytes);
  VariantRow row = GetVariant(&reader.fields());
  ARGENT_RETURN_IF_ERROR(reader.Finish());
  return row;
}

std::string SopInstanceRow::Encode() const {
  std::string out = StartRow();
  ByteWriter writer(&out);
  writer.U32(variant_count);
  PutVariant(first, &out);
  return out;
}

Result<SopInstanceRow> SopInstanceRow::Decode(std::string_view bytes) {
  RowReader reader("SOP Instance", bytes);
  SopInstanceRow row;
  row.variant_count = reader.fields().U32();
  row.first = GetVariant(&reader.fields());
  ARGENT_RETURN_IF_ERROR(reader.Finish());
  return row;
}

std::string ExceptionRow::Encode() const {
  std::string out = StartRow();
  ByteWriter writer(&out);
  writer.U64(sequence);
  writer.U64(static_cast<uint64_t>(received_unix_micros));
  writer.ShortText(study_uid);
  writer.ShortText(series_uid);
  writer.ShortText(sop_instance_uid);
  writer.ShortText(reason);
  return out;
}

Result<ExceptionRow> ExceptionRow::Decode(std::string_view bytes) {
  RowReader reader("exception", bytes);
  ExceptionRow row;
  row.sequence = reader.fields().U64();
  row.received_unix_micros = static_cast<int64_t>(reader.fields().U64());
  row.study_uid = reader.fields().ShortText();
  row.series_uid = reader.fields().ShortText();
  row.sop_instance_uid = reader.fields().ShortText();
  row.reason = reader.fields().ShortText();
  ARGENT_RETURN_IF_ERROR(reader.Finish());
  return row;
}

std::string Totals::Encode() const {
  std::string out = StartRow();
  ByteWriter writer(&out);
  for (uint64_t value : {patients, studies, series, instances, data_set_bytes, variants, exceptions})
    writer.U64(value);
  return out;
}

Result<Totals> Totals::Decode(std::string_view bytes) {
  RowReader reader("totals", bytes);
  Totals totals;
  for (uint64_t* value : {&totals.patients, &totals.studies, &totals.series, &totals.instances,
                          &totals.data_set_bytes, &totals.variants, &totals.exceptions}) {
    *value = reader.fields().U64();
  }
  ARGENT_RETURN_IF_ERROR(reader.Finish());
  return totals;
}

Result<Totals> ReadTotals(storage::Catalog& catalog) {
  ARGENT_ASSIGN_OR_RETURN(auto bytes, catalog.Get(TotalsKey()));
  if (!bytes) return Totals{};
  return Totals::Decode(*bytes);
}

bool AddToSortedList(std::string_view value, std::vector<std::string>* list) {
  auto place = std::lower_bound(list->begin(), list->end(), value);
  if (place != list->end() && *place == value) return false;
  if (list->size() >= kListedValuesMax) return false;
  list->insert(place, std::string(value));
  return true;
}

}  // namespace argent::archive
