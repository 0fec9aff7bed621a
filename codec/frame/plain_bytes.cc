#include "codec/frame/plain_bytes.h"

#include <zstd.h>

namespace argent::codec {

Status CompressBytes(ByteView bytes, int level, std::string* out) {
  out->resize(ZSTD_compressBound(bytes.size()));
  const size_t size = ZSTD_compress(out->data(), out->size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0) return Status::Internal(std::string("zstd: ") + ZSTD_getErrorName(size));
  out->resize(size);
  return Status::Ok();
}

Status DecompressBytes(ByteView compressed, MutableByteView out) {
  const size_t size = ZSTD_decompress(out.data(), out.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(size) != 0 || size != out.size())
    return Status::Corruption("compressed bytes that are damaged");
  return Status::Ok();
}

}  // namespace argent::codec
