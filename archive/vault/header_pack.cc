#include "archive/vault/header_pack.h"

#include "codec/frame/plain_bytes.h"

namespace argent::archive {

namespace {
// Headers are a small share of the bytes, so that a slow, dense level costs little: measured in bench/.
constexpr int kCompressionLevel = 12;
}  // namespace

Result<std::string> EncodeHeaderPack(const std::vector<std::string>& recipes) {
  std::string plain;
  ByteWriter writer(&plain);
  writer.U32(static_cast<uint32_t>(recipes.size()));
  for (const std::string& recipe : recipes) writer.U32(static_cast<uint32_t>(recipe.size()));
  for (const std::string& recipe : recipes) plain.append(recipe);
  std::string compressed;
  ARGENT_RETURN_IF_ERROR(codec::CompressBytes(AsBytes(plain), kCompressionLevel, &compressed));
  std::string payload;
  ByteWriter(&payload).U32(static_cast<uint32_t>(plain.size()));
  payload.append(compressed);
  return payload;
}

Result<std::vector<std::string>> DecodeHeaderPack(ByteView payload) {
  const Status damaged = Status::Corruption("a header pack that does not decompress");
  ByteReader head(payload);
  const uint32_t size = head.U32();
  if (!head.ok() || size > kHeaderPackBytesMax) return damaged;
  std::string plain(size, '\0');
  if (!codec::DecompressBytes(payload.subspan(sizeof(uint32_t)),
                              {reinterpret_cast<uint8_t*>(plain.data()), plain.size()})
           .ok())
    return damaged;
  ByteReader reader(AsBytes(plain));
  const uint32_t count = reader.U32();
  if (!reader.ok() || count > reader.remaining() / sizeof(uint32_t)) return damaged;
  std::vector<uint32_t> lengths(count);
  for (uint32_t& length : lengths) length = reader.U32();
  std::vector<std::string> recipes;
  for (uint32_t length : lengths) recipes.emplace_back(AsText(reader.Bytes(length)));
  if (!reader.ok() || reader.remaining() != 0) return damaged;
  return recipes;
}

}  // namespace argent::archive
