#include "codec/frame/j2k_header.h"

#include <fmt/format.h>

#include <algorithm>

namespace argent::codec {
namespace {

// Markers of 15444-1 Table A.2.
constexpr uint16_t kSoc = 0xFF4F;
constexpr uint16_t kCap = 0xFF50;
constexpr uint16_t kSiz = 0xFF51;
constexpr uint16_t kCod = 0xFF52;
constexpr uint16_t kCoc = 0xFF53;
constexpr uint16_t kPoc = 0xFF5F;
constexpr uint16_t kSot = 0xFF90;
constexpr uint16_t kSod = 0xFF93;
constexpr uint16_t kEoc = 0xFFD9;

constexpr int kDecompositionsMax = 32;

Status Malformed(std::string_view what) {
  return Status::InvalidArgument(fmt::format("JPEG 2000 codestream: {}", what));
}
Status TooMuch(std::string_view what) {
  return Status::Unsupported(fmt::format("JPEG 2000 codestream: {}", what));
}

uint64_t DivideUp(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

struct Segment {
  uint16_t marker = 0;
  ByteView body;  // behind the length
};

// Big-endian fields of the codestream, front to back.
class MarkerReader {
 public:
  explicit MarkerReader(ByteView bytes) : bytes_(bytes) {}
  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }
  bool Marker(uint16_t* marker) {
    if (remaining() < 2) return false;
    *marker = LoadBe16(bytes_.data() + position_);
    position_ += 2;
    return true;
  }
  bool Body(ByteView* body) {
    if (remaining() < 2) return false;
    const size_t length = LoadBe16(bytes_.data() + position_);
    if (length < 2 || length > remaining()) return false;
    *body = bytes_.subspan(position_ + 2, length - 2);
    position_ += length;
    return true;
  }
  bool SkipTo(size_t position) {
    if (position < position_ || position > bytes_.size()) return false;
    position_ = position;
    return true;
  }

 private:
  ByteView bytes_;
  size_t position_ = 0;
};

class HeaderReader {
 public:
  explicit HeaderReader(ByteView codestream) : bytes_(codestream), reader_(codestream) {}

  Result<J2kHeader> Read() {
    uint16_t marker = 0;
    if (!reader_.Marker(&marker) || marker != kSoc) return Malformed("no SOC marker at the start");
    ARGENT_RETURN_IF_ERROR(ReadMainHeader());
    ARGENT_RETURN_IF_ERROR(ReadTileParts());
    return header_;
  }

 private:
  // Up to and including the first SOT marker, whose segment is left to read.
  Status ReadMainHeader() {
    bool has_cod = false;
    for (;;) {
      Segment segment;
      if (!reader_.Marker(&segment.marker)) return Malformed("ends inside the main header");
      if (segment.marker == kSot) break;
      if (!reader_.Body(&segment.body)) return Malformed("ends inside the main header");
      if ((segment.marker == kSiz) == (header_.tiles != 0)) return Malformed("SIZ is not where it must be");
      ARGENT_RETURN_IF_ERROR(Take(segment));
      if (segment.marker != kCod) continue;
      has_cod = true;
      header_.decompositions = segment.body[5];
      header_.multiple_component_transform = segment.body[4] != 0;
      header_.irreversible = segment.body[9] == 0;
    }
    if (header_.tiles == 0 || !has_cod) return Malformed("has no SIZ or no COD");
    return Status::Ok();
  }

  Status ReadTileParts() {
    for (;;) {
      const size_t start = reader_.position() - 2;
      ByteView sot;
      if (!reader_.Body(&sot) || sot.size() != 8) return Malformed("SOT is damaged");
      const size_t length = LoadBe32(sot.data() + 2);
      if (LoadBe16(sot.data()) >= header_.tiles) return Malformed("a tile-part is of no tile");
      ARGENT_RETURN_IF_ERROR(ReadTilePartHeader());
      if (length == 0) return Status::Ok();  // the last tile-part, up to the end
      // Truncated data is for the decoder to judge: it says how much is missing.
      if (length < reader_.position() - start || !reader_.SkipTo(start + length)) return Status::Ok();
      uint16_t marker = 0;
      if (!reader_.Marker(&marker) || marker == kEoc) return Status::Ok();
      if (marker != kSot) return Malformed("something else follows a tile-part");
    }
  }

  Status ReadTilePartHeader() {
    for (;;) {
      Segment segment;
      if (!reader_.Marker(&segment.marker)) return Malformed("ends inside a tile-part header");
      if (segment.marker == kSod) return Status::Ok();
      if (!reader_.Body(&segment.body)) return Malformed("ends inside a tile-part header");
      if (segment.marker == kSiz) return Malformed("SIZ is not where it must be");
      ARGENT_RETURN_IF_ERROR(Take(segment));
    }
  }

  Status Take(const Segment& segment) {
    switch (segment.marker) {
      case kSiz:
        return TakeSiz(segment.body);
      case kCap:
        header_.high_throughput = true;
        return Status::Ok();
      case kCod:
        if (segment.body.size() < 10) return Malformed("COD is too short");
        layers_ = std::max<uint64_t>(layers_, LoadBe16(segment.body.data() + 2));
        return TakeStyle(segment.body.subspan(5), (segment.body[0] & 1) != 0, header_.components.size());
      case kCoc: {
        const size_t wide = header_.components.size() < 257 ? 1 : 2;
        if (segment.body.size() < wide + 6) return Malformed("COC is too short");
        return TakeStyle(segment.body.subspan(wide + 1), (segment.body[wide] & 1) != 0, 1);
      }
      case kPoc:
        // Order changes make a decoder keep a flag for each packet and walk all of them for each change.
        if (segment.body.size() > 32 * 9) return TooMuch("more than 32 progression order changes");
        return Status::Ok();
      default:
        return Status::Ok();
    }
  }

  Status TakeSiz(ByteView body) {
    if (body.size() < 36) return Malformed("SIZ is too short");
    const auto field = [&](size_t index) { return uint64_t{LoadBe32(body.data() + 2 + 4 * index)}; };
    const uint64_t x1 = field(0), y1 = field(1), x0 = field(2), y0 = field(3);
    tile_columns_ = field(4);
    tile_rows_ = field(5);
    const uint64_t tile_x0 = field(6), tile_y0 = field(7);
    const size_t count = LoadBe16(body.data() + 34);
    if (x0 >= x1 || y0 >= y1 || tile_columns_ == 0 || tile_rows_ == 0 || tile_x0 > x0 || tile_y0 > y0 ||
        tile_x0 + tile_columns_ <= x0 || tile_y0 + tile_rows_ <= y0) {
      return Malformed("SIZ does not describe an image");
    }
    if (count == 0 || body.size() != 36 + 3 * count) return Malformed("SIZ has a wrong number of components");
    if (count > kSamplesPerPixelMax) return TooMuch("more than 4 components");
    if (x1 - x0 > 65535 || y1 - y0 > 65535 || (x1 - x0) * (y1 - y0) > kFramePixelsMax) {
      return TooMuch("the image is larger than Rows and Columns can say or than 512 megapixels");
    }
    header_.columns = static_cast<uint32_t>(x1 - x0);
    header_.rows = static_cast<uint32_t>(y1 - y0);
    header_.tiles = DivideUp(x1 - tile_x0, tile_columns_) * DivideUp(y1 - tile_y0, tile_rows_);
    if (header_.tiles > kJ2kTilesMax) return TooMuch("more than 65535 tiles");
    tile_columns_ = std::min<uint64_t>(tile_columns_, header_.columns);
    tile_rows_ = std::min<uint64_t>(tile_rows_, header_.rows);
    return TakeComponents(body.subspan(36));
  }

  Status TakeComponents(ByteView components) {
    for (size_t i = 0; i + 3 <= components.size(); i += 3) {
      const J2kComponent component{(components[i] & 0x7F) + 1, (components[i] & 0x80) != 0};
      if (components[i + 1] != 1 || components[i + 2] != 1) return TooMuch("a component is subsampled");
      if (component.precision > 16) return TooMuch("more than 16 bits for a sample");
      header_.components.push_back(component);
    }
    return Status::Ok();
  }

  // The SPcod or SPcoc parameters (Table A.15, A.20): what they make a decoder allocate for `components`.
  Status TakeStyle(ByteView style, bool has_precincts, size_t components) {
    const int decompositions = style[0];
    const int block_width = (style[1] & 15) + 2, block_height = (style[2] & 15) + 2;
    if (decompositions > kDecompositionsMax) return Malformed("more than 32 decompositions");
    if (block_width > 10 || block_height > 10 || block_width + block_height > 12) {
      return Malformed("a code-block size is out of range");
    }
    if (has_precincts && style.size() < 5 + static_cast<size_t>(decompositions) + 1) {
      return Malformed("precinct sizes are missing");
    }
    uint64_t structures = 0;
    for (int r = 0; r <= decompositions; ++r) {
      const uint8_t precinct = has_precincts ? style[5 + static_cast<size_t>(r)] : 0xFF;
      structures += Structures(decompositions - r, r == 0 ? 0 : 1, precinct & 15, precinct >> 4, block_width,
                               block_height);
    }
    structures_max_ = std::max(structures_max_, structures * components * header_.tiles);
    if (structures_max_ > kJ2kStructuresMax)
      return TooMuch("more code-blocks and packets than an image needs");
    return Status::Ok();
  }

  // Of one resolution of one tile-component, rounded up.
  uint64_t Structures(int reduced, int detail, int precinct_x, int precinct_y, int block_width,
                      int block_height) const {
    const uint64_t columns = DivideUp(tile_columns_, uint64_t{1} << reduced) + 1;
    const uint64_t rows = DivideUp(tile_rows_, uint64_t{1} << reduced) + 1;
    const uint64_t precincts =
        (DivideUp(columns, uint64_t{1} << precinct_x) + 1) * (DivideUp(rows, uint64_t{1} << precinct_y) + 1);
    // A code-block does not pass its precinct, which in a subband is half as large (B.7).
    const int width = std::min(block_width, std::max(precinct_x - detail, 0));
    const int height = std::min(block_height, std::max(precinct_y - detail, 0));
    const uint64_t blocks =
        (DivideUp(columns, uint64_t{1} << width) + 1) * (DivideUp(rows, uint64_t{1} << height) + 1);
    return precincts * std::max<uint64_t>(layers_, 1) + blocks;
  }

  ByteView bytes_;
  MarkerReader reader_;
  J2kHeader header_;
  uint64_t tile_columns_ = 0, tile_rows_ = 0;
  uint64_t layers_ = 0;
  uint64_t structures_max_ = 0;
};

}  // namespace

Result<J2kHeader> ReadJ2kHeader(ByteView codestream) { return HeaderReader(codestream).Read(); }

// Boxes of 15444-1 Annex I: a 32-bit length, four letters; length 1 means 64 bits follow, 0 up to the end.
ByteView WithoutJp2Boxes(ByteView bytes) {
  constexpr std::string_view kSignature{"\0\0\0\x0CjP  ", 8};
  if (bytes.size() < 12 || AsText(bytes.first(8)) != kSignature) return bytes;
  ByteView rest = bytes;
  while (rest.size() >= 16) {
    uint64_t length = LoadBe32(rest.data());
    size_t head = 8;
    if (length == 1) {
      length = uint64_t{LoadBe32(rest.data() + 8)} << 32 | LoadBe32(rest.data() + 12);
      head = 16;
    }
    if (length == 0) length = rest.size();
    if (length < head || length > rest.size()) break;
    if (AsText(rest.subspan(4, 4)) == "jp2c") return rest.subspan(head, length - head);
    rest = rest.subspan(length);
  }
  return bytes;
}

Status CheckAgainst(const J2kHeader& header, const PixelFormat& format) {
  const bool same = header.columns == format.columns && header.rows == format.rows &&
                    header.components.size() == format.samples_per_pixel;
  const bool fits = std::all_of(header.components.begin(), header.components.end(),
                                [&](const J2kComponent& c) { return c.precision <= format.bits_allocated; });
  if (same && fits) return Status::Ok();
  return Status::InvalidArgument(fmt::format(
      "JPEG 2000 codestream of {} x {}, {} components of {} bits, in an image of {}", header.columns,
      header.rows, header.components.size(), header.components.front().precision, format.ToString()));
}

}  // namespace argent::codec
