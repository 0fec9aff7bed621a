// Over the real files in the folder ARGENT_TEST_DATA names: native Frames survive every codec, and what comes
// encapsulated decodes, to the same cells as DCMTK's tools give. Skipped where the folder is not set.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "codec/frame/frame_decoder.h"
#include "codec/frame/safe_subset.h"
#include "codec/transfer_syntax.h"
#include "tests/codec/frame_support.h"
#include "tests/codec/pixel_file.h"
#include "tests/codec/scan_support.h"

namespace argent::codec {
namespace {

namespace fs = std::filesystem;

MutableByteView Mutable(std::string* bytes) {
  return {reinterpret_cast<uint8_t*>(bytes->data()), bytes->size()};
}

std::vector<std::string> TestFiles() {
  std::vector<std::string> files;
  if (TestDataFolder().empty()) return files;
  for (const auto& entry : fs::recursive_directory_iterator(TestDataFolder())) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// One file in `step` for slow codecs; all for the fast ones.
template <typename Visit>
void ForEachFile(size_t step, Visit visit) {
  const std::vector<std::string> files = TestFiles();
  for (size_t i = 0; i < files.size(); i += step) {
    const auto file = LoadPixelFile(files[i]);
    if (file.ok()) visit(files[i], *file);
  }
}

class RealFrames : public testing::TestWithParam<FrameCodecKind> {
 protected:
  void SetUp() override {
    if (TestFiles().empty()) GTEST_SKIP() << "ARGENT_TEST_DATA is not set";
  }
};

TEST_P(RealFrames, SurviveTheCodec) {
  const auto codec = std::move(*MakeFrameCodec(GetParam()));
  size_t frames = 0, in_bytes = 0, out_bytes = 0;
  std::map<std::string_view, int> kept;
  const size_t step = GetParam() == FrameCodecKind::kFast ? 1 : 5;
  ForEachFile(step, [&](const std::string& path, const PixelFile& file) {
    if (file.encapsulated || file.frames.empty()) return;
    const KeepReason reason = JudgeNative(file.image, tags::kPixelData, file.value_length, GetParam());
    if (reason != KeepReason::kNone) {
      ++kept[KeepReasonName(reason)];
      return;
    }
    const PixelFormat& format = file.image.format;
    std::string codestream, decoded(format.FrameBytes(), '\0');
    for (size_t i = 0; i < std::min<size_t>(file.frames.size(), 3); ++i) {
      const Status status = codec->Encode(format, AsBytes(file.frames[i]), &codestream);
      if (status.code() == StatusCode::kUnsupported) {
        ++kept["unused_bits"];
        continue;
      }
      ASSERT_TRUE(status.ok()) << path << status.ToString();
      const Status decode = codec->Decode(format, AsBytes(codestream), Mutable(&decoded));
      ASSERT_TRUE(decode.ok()) << path << decode.ToString();
      ASSERT_EQ(FirstDifference(format, file.frames[i], decoded), "") << path;
      ++frames;
      in_bytes += decoded.size();
      out_bytes += codestream.size();
    }
  });
  std::cout << frames << " frames, ratio " << static_cast<double>(in_bytes) / static_cast<double>(out_bytes)
            << "\n";
  for (const auto& [name, count] : kept) std::cout << "  kept: " << name << " " << count << "\n";
  EXPECT_GT(frames, 50u);
  EXPECT_LT(out_bytes, in_bytes / 2);
}

INSTANTIATE_TEST_SUITE_P(All, RealFrames,
                         testing::Values(FrameCodecKind::kJ2k, FrameCodecKind::kHtj2k, FrameCodecKind::kFast),
                         [](const auto& p) { return std::string(FrameCodecName(p.param)); });

// The tool of DCMTK that makes native Pixel Data of a Transfer Syntax; empty when it has none.
std::string ToolFor(const std::string& uid) {
  const std::string last = uid.substr(uid.rfind('.') + 1);
  if (uid.find("1.2.840.10008.1.2.4.") != 0) return uid == "1.2.840.10008.1.2.5" ? "dcmdrle" : "";
  if (last == "50" || last == "51" || last == "57" || last == "70") return "dcmdjpeg +cn";
  return last == "80" || last == "81" ? "dcmdjpls" : "";
}

// No difference at all, and hardly one refused: what is known to be made broken on purpose.
TEST(RealCodestreams, DecodeAsDcmtkDecodesThem) {
  if (TestFiles().empty()) GTEST_SKIP() << "ARGENT_TEST_DATA is not set";
  const TestFolder folder;
  std::map<std::string, std::map<std::string, int>> outcomes;
  ForEachFile(1, [&](const std::string& path, const PixelFile& file) {
    if (!file.encapsulated || !CanDecodeFrames(file.transfer_syntax_uid)) return;
    std::map<std::string, int>& outcome = outcomes[file.transfer_syntax_uid];
    const PixelFormat& format = file.image.format;
    if (!format.Validate().ok()) return;
    std::string cells(format.FrameBytes(), '\0');
    const auto decoded =
        DecodeFrame(file.transfer_syntax_uid, format, AsBytes(file.frames[0]), Mutable(&cells));
    ++outcome[decoded.ok() ? "decoded" : "refused"];
    if (!decoded.ok()) {
      std::cout << path << ": " << decoded.status().ToString() << "\n";
      return;
    }
    const std::string tool = ToolFor(file.transfer_syntax_uid);
    // Colour JPEG is converted by us and left by "+cn".
    if (tool.empty() || decoded->photometric != format.photometric) return;
    if (!RunTool(tool + " " + path + " " + folder.path("native.dcm"))) return;
    const auto native = LoadPixelFile(folder.path("native.dcm"));
    if (!native.ok() || native->frames.empty()) return;
    if (native->image.format.planar_configuration != format.planar_configuration) return;
    ++outcome[native->frames[0] == cells ? "equal" : "different"];
    if (native->frames[0] != cells)
      std::cout << path << " " << FirstDifference(format, native->frames[0], cells) << "\n";
  });
  for (auto& [uid, outcome] : outcomes) {
    std::cout << uid << ": " << outcome["decoded"] << " decoded, " << outcome["equal"]
              << " of them as DCMTK does, " << outcome["refused"] << " refused\n";
    EXPECT_LE(outcome["refused"], 1) << uid;
  }
}

}  // namespace
}  // namespace argent::codec
