#include "codec/frame/fast_codec.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

namespace argent::codec {
namespace {

constexpr uint8_t kMagic = 0xA9;
constexpr uint8_t kVersion = 1;
constexpr size_t kHeadBytes = 16;
constexpr int kZstdLevel = 1;
// A buffer above this is given back after its Frame.
constexpr size_t kKeptBytesMax = size_t{64} << 20;

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

struct Layout {
  size_t cell_bytes = 1;
  size_t distance = 1;  // in cells
  size_t row_cells = 1;
  size_t frame_bytes = 0;
  bool operator==(const Layout&) const = default;
  size_t cells() const { return frame_bytes / cell_bytes; }
};

Layout LayoutOf(const PixelFormat& format) {
  Layout layout;
  layout.frame_bytes = format.FrameBytes();
  if (format.bits_allocated == 1) {
    layout.row_cells = layout.frame_bytes;
    return layout;
  }
  const size_t bytes = format.bits_allocated / 8u;
  const bool whole = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  const size_t alternating = format.planar_configuration == 1 ? 1 : format.samples_per_pixel;
  layout.cell_bytes = whole ? bytes : 1;
  layout.distance = alternating * (whole ? 1 : bytes);
  layout.row_cells = format.columns * layout.distance;
  return layout;
}

void PutHead(const Layout& layout, uint8_t* head) {
  head[0] = kMagic;
  head[1] = kVersion;
  head[2] = static_cast<uint8_t>(layout.cell_bytes);
  head[3] = static_cast<uint8_t>(layout.distance);
  StoreLe64(head + 4, layout.frame_bytes);
  StoreLe32(head + 12, static_cast<uint32_t>(layout.row_cells));
}

bool HeadIs(const Layout& layout, ByteView codestream) {
  uint8_t expected[kHeadBytes];
  PutHead(layout, expected);
  return codestream.size() > kHeadBytes && std::equal(expected, expected + kHeadBytes, codestream.begin());
}

template <typename Cell>
Cell LoadCell(const uint8_t* p) {
  Cell cell = 0;
  for (size_t i = 0; i < sizeof(Cell); ++i)
    cell = static_cast<Cell>(cell | static_cast<Cell>(p[i]) << (8 * i));
  return cell;
}

template <typename Cell>
void StoreCell(uint8_t* p, Cell cell) {
  for (size_t i = 0; i < sizeof(Cell); ++i) p[i] = static_cast<uint8_t>(cell >> (8 * i));
}

// One row; `plane` is the place of its first cell in the lowest plane.
template <typename Cell>
void SplitRow(const uint8_t* row, const Layout& layout, uint8_t* plane) {
  const size_t cells = layout.cells();
  const auto put = [&](size_t i, Cell difference) {
    for (size_t b = 0; b < sizeof(Cell); ++b)
      plane[i + b * cells] = static_cast<uint8_t>(difference >> (8 * b));
  };
  const size_t first = std::min(layout.distance, layout.row_cells);
  for (size_t i = 0; i < first; ++i) put(i, LoadCell<Cell>(row + i * sizeof(Cell)));
  for (size_t i = first; i < layout.row_cells; ++i) {
    const Cell before = LoadCell<Cell>(row + (i - layout.distance) * sizeof(Cell));
    put(i, static_cast<Cell>(LoadCell<Cell>(row + i * sizeof(Cell)) - before));
  }
}

template <typename Cell>
void JoinRow(const uint8_t* plane, const Layout& layout, uint8_t* row) {
  const size_t cells = layout.cells();
  const auto get = [&](size_t i) {
    Cell difference = 0;
    for (size_t b = 0; b < sizeof(Cell); ++b) {
      difference = static_cast<Cell>(difference | static_cast<Cell>(plane[i + b * cells]) << (8 * b));
    }
    return difference;
  };
  if (layout.distance == 1) {  // the sum stays in a register
    Cell sum = 0;
    for (size_t i = 0; i < layout.row_cells; ++i) {
      sum = static_cast<Cell>(sum + get(i));
      StoreCell<Cell>(row + i * sizeof(Cell), sum);
    }
    return;
  }
  for (size_t i = 0; i < layout.row_cells; ++i) {
    const Cell before =
        i < layout.distance ? Cell{0} : LoadCell<Cell>(row + (i - layout.distance) * sizeof(Cell));
    StoreCell<Cell>(row + i * sizeof(Cell), static_cast<Cell>(before + get(i)));
  }
}

template <typename Cell>
void SplitFrame(ByteView frame, const Layout& layout, uint8_t* planes) {
  for (size_t cell = 0; cell < layout.cells(); cell += layout.row_cells) {
    SplitRow<Cell>(frame.data() + cell * sizeof(Cell), layout, planes + cell);
  }
}

template <typename Cell>
void JoinFrame(const uint8_t* planes, const Layout& layout, MutableByteView frame) {
  for (size_t cell = 0; cell < layout.cells(); cell += layout.row_cells) {
    JoinRow<Cell>(planes + cell, layout, frame.data() + cell * sizeof(Cell));
  }
}

void Split(ByteView frame, const Layout& layout, uint8_t* planes) {
  switch (layout.cell_bytes) {
    case 1:
      return SplitFrame<uint8_t>(frame, layout, planes);
    case 2:
      return SplitFrame<uint16_t>(frame, layout, planes);
    case 4:
      return SplitFrame<uint32_t>(frame, layout, planes);
    default:
      return SplitFrame<uint64_t>(frame, layout, planes);
  }
}

void Join(const uint8_t* planes, const Layout& layout, MutableByteView frame) {
  switch (layout.cell_bytes) {
    case 1:
      return JoinFrame<uint8_t>(planes, layout, frame);
    case 2:
      return JoinFrame<uint16_t>(planes, layout, frame);
    case 4:
      return JoinFrame<uint32_t>(planes, layout, frame);
    default:
      return JoinFrame<uint64_t>(planes, layout, frame);
  }
}

class FastCodec : public FrameCodec {
 public:
  FrameCodecKind kind() const override { return FrameCodecKind::kFast; }

  Status Encode(const PixelFormat& format, ByteView frame, std::string* codestream) override {
    ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
    if (compressor_ == nullptr) compressor_.reset(ZSTD_createCCtx());
    if (compressor_ == nullptr) return Status::Overloaded("no memory for a zstd compressor");
    const Layout layout = LayoutOf(format);
    planes_.resize(frame.size());
    Split(frame, layout, planes_.data());
    codestream->resize(kHeadBytes + ZSTD_compressBound(frame.size()));
    auto* const out = reinterpret_cast<uint8_t*>(codestream->data());
    PutHead(layout, out);
    const size_t compressed =
        ZSTD_compressCCtx(compressor_.get(), out + kHeadBytes, codestream->size() - kHeadBytes,
                          planes_.data(), planes_.size(), kZstdLevel);
    GiveBack();
    if (ZSTD_isError(compressed)) {
      return Status::Internal(fmt::format("zstd does not compress: {}", ZSTD_getErrorName(compressed)));
    }
    codestream->resize(kHeadBytes + compressed);
    return Status::Ok();
  }

  Status Decode(const PixelFormat& format, ByteView codestream, MutableByteView frame) override {
    ARGENT_RETURN_IF_ERROR(format.ValidateFrame(frame.size()));
    const Layout layout = LayoutOf(format);
    if (!HeadIs(layout, codestream)) {
      return Status::Corruption(fmt::format("fast codestream is not of a Frame of {}", format.ToString()));
    }
    if (decompressor_ == nullptr) decompressor_.reset(ZSTD_createDCtx());
    if (decompressor_ == nullptr) return Status::Overloaded("no memory for a zstd decompressor");
    planes_.resize(frame.size());
    const ByteView compressed = codestream.subspan(kHeadBytes);
    const size_t bytes = ZSTD_decompressDCtx(decompressor_.get(), planes_.data(), planes_.size(),
                                             compressed.data(), compressed.size());
    const bool good = !ZSTD_isError(bytes) && bytes == planes_.size();
    if (good) Join(planes_.data(), layout, frame);
    GiveBack();
    if (good) return Status::Ok();
    return Status::Corruption(fmt::format(
        "fast codestream: {}", ZSTD_isError(bytes) ? ZSTD_getErrorName(bytes) : "cells are missing"));
  }

 private:
  void GiveBack() {
    if (planes_.capacity() > kKeptBytesMax) std::vector<uint8_t>().swap(planes_);
  }

  std::unique_ptr<ZSTD_CCtx, Free> compressor_;
  std::unique_ptr<ZSTD_DCtx, Free> decompressor_;
  std::vector<uint8_t> planes_;
};

}  // namespace

std::unique_ptr<FrameCodec> MakeFastCodec() { return std::make_unique<FastCodec>(); }

}  // namespace argent::codec
