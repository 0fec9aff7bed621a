// QIDO-RS (PS3.18 section 10.6): Studies, Series and Instances by the matching rules of C-FIND, over the same
// planner. Answers are dicom+json, sent while they are found.
#pragma once

#include "archive/web/web_parts.h"
#include "ingest/http/router.h"

namespace argent::archive {

void AddSearchService(const WebParts& parts, ingest::HttpRouter* router);

}  // namespace argent::archive
