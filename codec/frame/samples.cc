#include "codec/frame/samples.h"

#include <algorithm>
#include <span>
#include <vector>

namespace argent::codec {
namespace {

// Where the cells of a row lie, in bytes; in bits for Frames of single bits.
struct RowPlace {
  size_t position = 0;
  size_t step = 0;
};

RowPlace PlaceOf(const PixelFormat& format, uint32_t sample, uint32_t row) {
  const size_t cell = std::max(1u, format.bits_allocated / 8u);
  const size_t columns = format.columns;
  const bool planes = format.samples_per_pixel == 1 || format.planar_configuration == 1;
  if (planes) return {(size_t{sample} * format.rows + row) * columns * cell, cell};
  return {(size_t{row} * columns * format.samples_per_pixel + sample) * cell,
          cell * format.samples_per_pixel};
}

template <typename Cell>
Cell Load(const uint8_t* p) {
  if constexpr (sizeof(Cell) == 1) {
    return static_cast<Cell>(*p);
  } else {
    return static_cast<Cell>(LoadLe16(p));
  }
}

// `surplus` collects what a shift to Bits Stored and back loses. kStep 0: known only at run time. A step the
// compiler knows lets it use vector loads.
template <typename Cell, size_t kStep>
bool LoadCells(const uint8_t* p, size_t step, std::span<int32_t> out, int unused_bits) {
  const size_t distance = kStep == 0 ? step : kStep;
  uint32_t surplus = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    const Cell cell = Load<Cell>(p + i * distance);
    out[i] = cell;
    surplus |= static_cast<uint32_t>(
        static_cast<Cell>(static_cast<Cell>(cell << unused_bits) >> unused_bits) ^ cell);
  }
  return surplus == 0;
}

template <typename Cell>
bool LoadCells(const uint8_t* p, size_t step, std::span<int32_t> out, int unused_bits) {
  if (step == sizeof(Cell)) return LoadCells<Cell, sizeof(Cell)>(p, step, out, unused_bits);
  if (step == 3 * sizeof(Cell)) return LoadCells<Cell, 3 * sizeof(Cell)>(p, step, out, unused_bits);
  return LoadCells<Cell, 0>(p, step, out, unused_bits);
}

template <size_t kBytes>
void StoreCells(std::span<const int32_t> in, uint8_t* p, size_t step) {
  for (size_t i = 0; i < in.size(); ++i) {
    if constexpr (kBytes == 1) {
      p[i * step] = static_cast<uint8_t>(in[i]);
    } else {
      StoreLe16(p + i * step, static_cast<uint16_t>(in[i]));
    }
  }
}

template <size_t kBytes>
void StoreCellsOfRow(std::span<const int32_t> in, uint8_t* p, size_t step) {
  if (step == kBytes) return StoreCells<kBytes>(in, p, kBytes);
  return StoreCells<kBytes>(in, p, step);
}

// The lowest bit first (PS3.5 8.1.1).
void StoreBits(std::span<const int32_t> in, size_t bit, size_t step, uint8_t* bits) {
  for (const int32_t value : in) {
    const int mask = 1 << (bit % 8);
    const int others = bits[bit / 8] & ~mask;
    bits[bit / 8] = static_cast<uint8_t>((value & 1) != 0 ? others | mask : others);
    bit += step;
  }
}

template <size_t kBytes>
void GatherCells(const uint8_t* p, size_t step, std::span<int32_t> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    if constexpr (kBytes == 1) {
      out[i] = p[i * step];
    } else {
      out[i] = LoadLe16(p + i * step);
    }
  }
}

// Where a decoder's cells lie as a format would say it.
PixelFormat FormatOf(const PixelFormat& format, const DecodedCells& decoded) {
  PixelFormat of_decoder;
  of_decoder.rows = format.rows;
  of_decoder.columns = format.columns;
  of_decoder.samples_per_pixel = format.samples_per_pixel;
  of_decoder.bits_allocated = static_cast<uint16_t>(8 * decoded.bytes_per_sample);
  of_decoder.planar_configuration = decoded.in_planes ? 1 : 0;
  return of_decoder;
}

void ExtendSign(int precision, std::span<int32_t> cells) {
  const int unused = 32 - precision;
  for (int32_t& cell : cells) {
    cell = static_cast<int32_t>(static_cast<uint32_t>(cell) << unused) >> unused;
  }
}

}  // namespace

bool HasPlainCells(const PixelFormat& format) {
  return (format.bits_allocated == 8 || format.bits_allocated == 16) &&
         format.high_bit + 1 == format.bits_stored;
}

bool LoadRow(const PixelFormat& format, ByteView frame, uint32_t sample, uint32_t row, int32_t* out) {
  const RowPlace place = PlaceOf(format, sample, row);
  const uint8_t* const p = frame.data() + place.position;
  const std::span<int32_t> cells(out, format.columns);
  const int unused_bits = format.bits_allocated - format.bits_stored;
  if (format.bits_allocated == 8) {
    return format.is_signed ? LoadCells<int8_t>(p, place.step, cells, unused_bits)
                            : LoadCells<uint8_t>(p, place.step, cells, unused_bits);
  }
  return format.is_signed ? LoadCells<int16_t>(p, place.step, cells, unused_bits)
                          : LoadCells<uint16_t>(p, place.step, cells, unused_bits);
}

void StoreRow(const PixelFormat& format, const int32_t* in, uint32_t sample, uint32_t row,
              MutableByteView frame) {
  const RowPlace place = PlaceOf(format, sample, row);
  const std::span<const int32_t> cells(in, format.columns);
  if (format.bits_allocated == 1) return StoreBits(cells, place.position, place.step, frame.data());
  uint8_t* const p = frame.data() + place.position;
  if (format.bits_allocated == 8) return StoreCellsOfRow<1>(cells, p, place.step);
  return StoreCellsOfRow<2>(cells, p, place.step);
}

void StoreDecoded(const PixelFormat& format, const DecodedCells& decoded, MutableByteView frame) {
  const PixelFormat of_decoder = FormatOf(format, decoded);
  const bool extend = format.is_signed && decoded.precision == format.bits_stored &&
                      format.bits_stored < format.bits_allocated;
  std::vector<int32_t> cells(format.columns);
  for (uint32_t sample = 0; sample < format.samples_per_pixel; ++sample) {
    for (uint32_t row = 0; row < format.rows; ++row) {
      const RowPlace place = PlaceOf(of_decoder, sample, row);
      const uint8_t* const p = decoded.bytes.data() + place.position;
      if (decoded.bytes_per_sample == 1) {
        GatherCells<1>(p, place.step, cells);
      } else {
        GatherCells<2>(p, place.step, cells);
      }
      if (extend) ExtendSign(decoded.precision, cells);
      StoreRow(format, cells.data(), sample, row, frame);
    }
  }
}

}  // namespace argent::codec
