#include "tests/codec/transcode_support.h"

#include <gtest/gtest.h>

#include "codec/transcode.h"
#include "storage/base/random.h"

namespace argent::codec {

std::string Transcode(std::string_view data_set, std::string_view from_uid, std::string_view to_uid,
                      uint64_t seed) {
  std::string out;
  auto transcoder = Transcoder::Create(from_uid, to_uid, [&out](ByteView bytes) {
    out.append(AsText(bytes));
    return Status::Ok();
  });
  EXPECT_TRUE(transcoder.ok()) << transcoder.status().ToString();
  if (!transcoder.ok()) return "";
  Random random(seed);
  Status status;
  while (!data_set.empty() && status.ok()) {
    const size_t piece =
        seed == 0 ? data_set.size() : std::min<size_t>(data_set.size(), 1 + random.Below(50));
    status = (*transcoder)->Feed(AsBytes(data_set.substr(0, piece)));
    data_set.remove_prefix(piece);
  }
  if (status.ok()) status = (*transcoder)->Finish();
  EXPECT_TRUE(status.ok()) << status.ToString();
  return status.ok() ? out : "";
}

}  // namespace argent::codec
