#include "codec/transfer_syntax.h"

namespace argent::codec {
namespace {

constexpr Encoding kImplicit = Encoding::kImplicitLittle;
constexpr Encoding kExplicit = Encoding::kExplicitLittle;
constexpr Encoding kBig = Encoding::kExplicitBig;

// PS3.6 Table A-1. Columns: deflated, encapsulated, lossy possible, known.
constexpr TransferSyntax kKnown[] = {
    {kImplicitVrLittleEndian, "Implicit VR Little Endian", kImplicit, false, false, false, true},
    {kExplicitVrLittleEndian, "Explicit VR Little Endian", kExplicit, false, false, false, true},
    {"1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian", kExplicit, false, true,
     false, true},
    {kDeflatedExplicitVrLittleEndian, "Deflated Explicit VR Little Endian", kExplicit, true, false, false,
     true},
    {kExplicitVrBigEndian, "Explicit VR Big Endian", kBig, false, false, false, true},
    {"1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 & 4)", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)", kExplicit, false, true, false,
     true},
    {"1.2.840.10008.1.2.4.70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction", kExplicit, false,
     true, false, true},
    {"1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", kExplicit, false, true, false, true},
    {"1.2.840.10008.1.2.4.81", "JPEG-LS Lossy (Near-Lossless)", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)", kExplicit, false, true, false, true},
    {"1.2.840.10008.1.2.4.91", "JPEG 2000", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component (Lossless Only)", kExplicit, false, true,
     false, true},
    {"1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.94", "JPIP Referenced", kExplicit, false, false, true, true},
    {"1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", kExplicit, true, false, true, true},
    {"1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.100.1", "Fragmentable MPEG2 Main Profile / Main Level", kExplicit, false, true,
     true, true},
    {"1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.101.1", "Fragmentable MPEG2 Main Profile / High Level", kExplicit, false, true,
     true, true},
    {"1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1", kExplicit, false, true, true,
     true},
    {"1.2.840.10008.1.2.4.102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1", kExplicit, false,
     true, true, true},
    {"1.2.840.10008.1.2.4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", kExplicit, false,
     true, true, true},
    {"1.2.840.10008.1.2.4.103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1",
     kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", kExplicit, false,
     true, true, true},
    {"1.2.840.10008.1.2.4.104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video",
     kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", kExplicit, false,
     true, true, true},
    {"1.2.840.10008.1.2.4.105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video",
     kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", kExplicit, false, true,
     true, true},
    {"1.2.840.10008.1.2.4.106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", kExplicit,
     false, true, true, true},
    {"1.2.840.10008.1.2.4.107", "HEVC/H.265 Main Profile / Level 5.1", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.108", "HEVC/H.265 Main 10 Profile / Level 5.1", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.110", "JPEG XL Lossless", kExplicit, false, true, false, true},
    {"1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.112", "JPEG XL", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 (Lossless Only)", kExplicit, false, true, false,
     true},
    {"1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)", kExplicit,
     false, true, false, true},
    {"1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", kExplicit, false, true, true, true},
    {"1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced", kExplicit, false, false, true, true},
    {"1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate", kExplicit, true, false, true, true},
    {"1.2.840.10008.1.2.5", "RLE Lossless", kExplicit, false, true, false, true},
    {"1.2.840.10008.1.2.7.1", "SMPTE ST 2110-20 Uncompressed Progressive Active Video", kExplicit, false,
     false, false, true},
    {"1.2.840.10008.1.2.7.2", "SMPTE ST 2110-20 Uncompressed Interlaced Active Video", kExplicit, false,
     false, false, true},
    {"1.2.840.10008.1.2.7.3", "SMPTE ST 2110-30 PCM Digital Audio", kExplicit, false, false, false, true},
    {"1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", kExplicit, false, true, false, true},
};

}  // namespace

TransferSyntax LookUpTransferSyntax(std::string_view uid) {
  for (const TransferSyntax& syntax : kKnown) {
    if (syntax.uid == uid) return syntax;
  }
  TransferSyntax unknown;
  unknown.name = "unknown Transfer Syntax";
  unknown.encapsulated = true;
  unknown.lossy_possible = true;
  return unknown;
}

}  // namespace argent::codec
