// Which frames the vault holds, by hash (catalog table kFrame). Several under one hash are several contents:
// whoever looks up compares.
#pragma once

#include <string>
#include <vector>

#include "archive/vault/frame_pack.h"
#include "storage/catalog/catalog.h"

namespace argent::archive {

std::string FrameKey(const FrameHash& hash);
std::string EncodeFrames(const std::vector<StoredFrame>& frames);
// Every stored frame with this hash; empty when there is none.
Result<std::vector<StoredFrame>> FindFrames(storage::Catalog& catalog, const FrameHash& hash);

}  // namespace argent::archive
