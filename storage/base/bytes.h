// Views of bytes and bounded little/big-endian reading and writing. No struct is ever memcpy'd to or from
// disk.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace argent {

using ByteView = std::span<const uint8_t>;
using MutableByteView = std::span<uint8_t>;

inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Unchecked loads and stores; the caller has checked the length.
inline uint16_t LoadLe16(const uint8_t* p) { return static_cast<uint16_t>(p[0] | p[1] << 8); }
inline uint16_t LoadBe16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
inline uint32_t LoadLe32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 | static_cast<uint32_t>(p[2]) << 16 |
         static_cast<uint32_t>(p[3]) << 24;
}
inline uint32_t LoadBe32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 |
         static_cast<uint32_t>(p[2]) << 8 | static_cast<uint32_t>(p[3]);
}
inline uint64_t LoadLe64(const uint8_t* p) {
  return static_cast<uint64_t>(LoadLe32(p)) | static_cast<uint64_t>(LoadLe32(p + 4)) << 32;
}
inline void StoreLe16(uint8_t* p, uint16_t v) {
  p[0] = static_cast<uint8_t>(v);
  p[1] = static_cast<uint8_t>(v >> 8);
}
inline void StoreBe16(uint8_t* p, uint16_t v) {
  p[0] = static_cast<uint8_t>(v >> 8);
  p[1] = static_cast<uint8_t>(v);
}
inline void StoreLe32(uint8_t* p, uint32_t v) {
  StoreLe16(p, static_cast<uint16_t>(v));
  StoreLe16(p + 2, static_cast<uint16_t>(v >> 16));
}
inline void StoreBe32(uint8_t* p, uint32_t v) {
  StoreBe16(p, static_cast<uint16_t>(v >> 16));
  StoreBe16(p + 2, static_cast<uint16_t>(v));
}
inline void StoreLe64(uint8_t* p, uint64_t v) {
  StoreLe32(p, static_cast<uint32_t>(v));
  StoreLe32(p + 4, static_cast<uint32_t>(v >> 32));
}

// Appends little-endian fields to a string.
class ByteWriter {
 public:
  explicit ByteWriter(std::string* out) : out_(out) {}
  void U8(uint8_t v) { out_->push_back(static_cast<char>(v)); }
  void U16(uint16_t v) {
    Raw<2>([v](uint8_t* p) { StoreLe16(p, v); });
  }
  void U32(uint32_t v) {
    Raw<4>([v](uint8_t* p) { StoreLe32(p, v); });
  }
  void U64(uint64_t v) {
    Raw<8>([v](uint8_t* p) { StoreLe64(p, v); });
  }
  void Bytes(ByteView bytes) { out_->append(AsText(bytes)); }
  // A u16 length and the bytes. The caller keeps text below 64 KiB; longer text is cut at 65,535 bytes.
  void ShortText(std::string_view text) {
    text = text.substr(0, 65535);
    U16(static_cast<uint16_t>(text.size()));
    out_->append(text);
  }
  // A u32 length and the bytes.
  void LongBytes(ByteView bytes) {
    U32(static_cast<uint32_t>(bytes.size()));
    Bytes(bytes);
  }

 private:
  template <size_t N, typename Store>
  void Raw(Store store) {
    uint8_t buffer[N];
    store(buffer);
    out_->append(reinterpret_cast<const char*>(buffer), N);
  }
  std::string* out_;
};

// Reads little-endian fields; after the first read past the end every read yields zero and ok() is false.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  size_t remaining() const { return bytes_.size(); }
  uint8_t U8() { return Take(1) ? last_[0] : uint8_t{0}; }
  uint16_t U16() { return Take(2) ? LoadLe16(last_) : uint16_t{0}; }
  uint32_t U32() { return Take(4) ? LoadLe32(last_) : 0; }
  uint64_t U64() { return Take(8) ? LoadLe64(last_) : 0; }
  ByteView Bytes(size_t n) { return Take(n) ? ByteView(last_, n) : ByteView(); }
  std::string ShortText() { return std::string(AsText(Bytes(U16()))); }
  ByteView LongBytes() { return Bytes(U32()); }

 private:
  bool Take(size_t n) {
    if (!ok_ || bytes_.size() < n) {
      ok_ = false;
      return false;
    }
    last_ = bytes_.data();
    bytes_ = bytes_.subspan(n);
    return true;
  }
  ByteView bytes_;
  const uint8_t* last_ = nullptr;
  bool ok_ = true;
};

}  // namespace argent
