// What operators and programs ask of a running archive: /healthz, /readyz, /metrics (Prometheus text format)
// and the administrative API under /api/v1.
//
//   GET /healthz              200 while the process answers
//   GET /readyz               200 while Instances can be taken in; 503 with the reason otherwise
//   GET /metrics              counters and gauges
//   GET /api/v1/status        what `argent status --json` prints
//   GET /api/v1/conflicts     what a person has to look at, an array
//   GET /api/v1/list/{what}   `argent ls`: a line each, application/x-ndjson or, with format=text, a table;
//                             match=Keyword=VALUE (repeated) and limit
#pragma once

#include <functional>
#include <string>

#include "archive/archive.h"
#include "archive/web/web_parts.h"
#include "ingest/http/router.h"

namespace argent::archive {

struct AdminParts {
  WebParts web;
  Archive* archive = nullptr;
  std::function<std::string()> counters;  // lines of metrics of the doors
};

void AddAdminService(const AdminParts& parts, ingest::HttpRouter* router);

}  // namespace argent::archive
