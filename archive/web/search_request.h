// A QIDO-RS request (PS3.18 section 10.6) as a query for the planner.
#pragma once

#include <string>
#include <vector>

#include "archive/query/query.h"
#include "ingest/http/message.h"
#include "storage/base/status.h"

namespace argent::archive {

struct SearchRequest {
  Query query;
  // Sentences for Warning headers (PS3.18 section 8.3.4): what was asked and not done.
  std::vector<std::string> warnings;
};

// Keys: the attributes every answer has (PS3.18 Tables 10.6.3-3 to 10.6.3-5), what `includefield` asks for,
// and what must match. Attributes are keywords, 8 hex digits, or paths of them into sequences. Studies and
// Series named in the path must match.
//
// kInvalidArgument: a name that is neither a parameter nor an attribute, a value that is none, a UID in the
// path that is none.
Result<SearchRequest> ParseSearchRequest(Level level, const ingest::HttpRequest& request);

}  // namespace argent::archive
