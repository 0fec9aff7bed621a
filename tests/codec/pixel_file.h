// Part 10 files around Frames for tests: to hand to other programs and to read what they made.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "codec/frame/encapsulation.h"
#include "codec/frame/image_description.h"

namespace argent::codec {

struct PixelFile {
  std::string transfer_syntax_uid;
  ImageDescription image;
  bool encapsulated = false;
  FrameSplit split = FrameSplit::kSingleFrame;
  uint64_t value_length = 0;  // of native Pixel Data
  // Codestreams, or native cells in little endian; empty when native Pixel Data is not that many Frames.
  std::vector<std::string> frames;
};

// kNotFound when it has no Pixel Data; otherwise what scanning or splitting it says.
Result<PixelFile> LoadPixelFile(const std::string& path);
// `value` is native, or encapsulated when the Transfer Syntax is.
std::string MakePixelFile(const PixelFormat& format, std::string_view transfer_syntax_uid,
                          std::string_view value);
// A value of one Fragment for each codestream.
std::string Encapsulate(const std::vector<std::string>& codestreams);

// A folder of its own that goes away with it.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  std::string path(std::string_view name) const { return (folder_ / name).string(); }
  std::string Write(std::string_view name, std::string_view bytes) const;

 private:
  std::filesystem::path folder_;
};

bool HasTool(std::string_view name);
// Runs a command line silently; true when its exit code is 0.
bool RunTool(const std::string& command);

}  // namespace argent::codec
