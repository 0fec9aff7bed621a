#include "storage/segment/extent.h"

namespace argent::storage {

namespace {
constexpr size_t kExtentBytes = 16;
}  // namespace

void PutExtents(std::span<const Extent> extents, ByteWriter* writer) {
  writer->U32(static_cast<uint32_t>(extents.size()));
  for (const Extent& extent : extents) {
    writer->U32(extent.segment);
    writer->U64(extent.offset);
    writer->U32(extent.length);
  }
}

std::vector<Extent> TakeExtents(ByteReader* reader) {
  const size_t count = reader->U32();
  ByteReader fields(reader->Bytes(count * kExtentBytes));
  std::vector<Extent> extents(reader->ok() ? count : 0);
  for (Extent& extent : extents) {
    extent.segment = fields.U32();
    extent.offset = fields.U64();
    extent.length = fields.U32();
  }
  return extents;
}

Result<std::string> ReadBytes(DataReader* reader, std::span<const Extent> extents, uint64_t position,
                              uint64_t length) {
  std::string bytes;
  bytes.reserve(length);
  ARGENT_RETURN_IF_ERROR(reader->Read(extents, position, length, [&bytes](ByteView piece) {
    bytes.append(AsText(piece));
    return Status::Ok();
  }));
  return bytes;
}

}  // namespace argent::storage
