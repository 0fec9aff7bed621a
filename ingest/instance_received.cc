#include "ingest/instance_received.h"

#include <algorithm>

namespace argent::ingest {

namespace {
constexpr uint8_t kBodyVersion = 1;
constexpr codec::DataSetLimits kAttributeLimits{
    .bytes_max = size_t{2} << 20, .elements_max = 100'000, .nesting_max = 64};

void PutPixelData(const codec::PixelDataLocation& pixel_data, ByteWriter* writer) {
  writer->U16(pixel_data.tag.group);
  writer->U16(pixel_data.tag.element);
  writer->U8(static_cast<uint8_t>(pixel_data.vr.first));
  writer->U8(static_cast<uint8_t>(pixel_data.vr.second));
  writer->U8(pixel_data.encapsulated ? 1 : 0);
  writer->U64(pixel_data.value_position);
  writer->U64(pixel_data.value_length);
  writer->U64(pixel_data.fragment_count);
}

codec::PixelDataLocation TakePixelData(ByteReader* reader) {
  codec::PixelDataLocation pixel_data;
  pixel_data.tag.group = reader->U16();
  pixel_data.tag.element = reader->U16();
  pixel_data.vr.first = static_cast<char>(reader->U8());
  pixel_data.vr.second = static_cast<char>(reader->U8());
  pixel_data.encapsulated = reader->U8() != 0;
  pixel_data.value_position = reader->U64();
  pixel_data.value_length = reader->U64();
  pixel_data.fragment_count = reader->U64();
  return pixel_data;
}
}  // namespace

std::string InstanceReceived::Encode() const {
  std::string body;
  ByteWriter writer(&body);
  writer.U8(kBodyVersion);
  writer.U8(conflict ? 1 : 0);
  writer.U64(static_cast<uint64_t>(received_unix_micros));
  writer.U64(data_set_bytes);
  writer.Bytes(digest);
  for (const std::string* text : {&study_uid.text(), &series_uid.text(), &sop_instance_uid.text(),
                                  &sop_class_uid.text(), &transfer_syntax_uid.text()}) {
    writer.ShortText(*text);
  }
  storage::PutExtents(extents, &writer);
  PutPixelData(pixel_data, &writer);
  writer.U8(static_cast<uint8_t>(source.door));
  writer.ShortText(source.calling_ae_title);
  writer.ShortText(source.called_ae_title);
  writer.ShortText(source.peer);
  std::string encoded_attributes;
  attributes.Serialize(codec::Encoding::kExplicitLittle, &encoded_attributes);
  writer.LongBytes(AsBytes(encoded_attributes));
  return body;
}

Result<InstanceReceived> InstanceReceived::Decode(ByteView bytes) {
  ByteReader reader(bytes);
  InstanceReceived fact;
  if (reader.U8() != kBodyVersion) return Status::Corruption("an instance fact of an unknown version");
  fact.conflict = reader.U8() != 0;
  fact.received_unix_micros = static_cast<int64_t>(reader.U64());
  fact.data_set_bytes = reader.U64();
  ByteView digest = reader.Bytes(fact.digest.size());
  if (reader.ok()) std::copy(digest.begin(), digest.end(), fact.digest.begin());
  fact.study_uid = codec::StudyInstanceUid(reader.ShortText());
  fact.series_uid = codec::SeriesInstanceUid(reader.ShortText());
  fact.sop_instance_uid = codec::SopInstanceUid(reader.ShortText());
  fact.sop_class_uid = codec::SopClassUid(reader.ShortText());
  fact.transfer_syntax_uid = codec::TransferSyntaxUid(reader.ShortText());
  fact.extents = storage::TakeExtents(&reader);
  fact.pixel_data = TakePixelData(&reader);
  fact.source.door = static_cast<Door>(reader.U8());
  fact.source.calling_ae_title = reader.ShortText();
  fact.source.called_ae_title = reader.ShortText();
  fact.source.peer = reader.ShortText();
  ByteView encoded_attributes = reader.LongBytes();
  if (!reader.ok() || reader.remaining() != 0)
    return Status::Corruption("an instance fact that ends too early or too late");
  auto attributes =
      codec::DataSet::Parse(encoded_attributes, codec::Encoding::kExplicitLittle, kAttributeLimits);
  if (!attributes.ok())
    return Status::Corruption("an instance fact's attributes: " + attributes.status().message());
  fact.attributes = std::move(attributes).value();
  return fact;
}

}  // namespace argent::ingest
