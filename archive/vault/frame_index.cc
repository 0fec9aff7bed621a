#include "archive/vault/frame_index.h"

#include "archive/model/schema.h"
#include "archive/vault/recipe.h"

namespace argent::archive {

std::string FrameKey(const FrameHash& hash) { return MakeKey(Table::kFrame, {AsText(hash)}); }

std::string EncodeFrames(const std::vector<StoredFrame>& frames) {
  std::string out;
  ByteWriter writer(&out);
  for (const StoredFrame& frame : frames) PutFrame(frame, &writer);
  return out;
}

Result<std::vector<StoredFrame>> FindFrames(storage::Catalog& catalog, const FrameHash& hash) {
  std::vector<StoredFrame> frames;
  ARGENT_ASSIGN_OR_RETURN(auto bytes, catalog.Get(FrameKey(hash)));
  if (!bytes) return frames;
  ByteReader reader(AsBytes(*bytes));
  while (reader.remaining() > 0) {
    ARGENT_ASSIGN_OR_RETURN(StoredFrame frame, TakeFrame(&reader));
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace argent::archive
