#include "archive/web/door.h"

#include <fmt/format.h>

#include "archive/web/admin_service.h"
#include "archive/web/search_service.h"
#include "ingest/http/router.h"

namespace argent::archive {
namespace {

// One sample of the Prometheus text format, version 0.0.4.
std::string Sample(std::string_view name, std::string_view type, std::string_view help, uint64_t value) {
  return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
}

std::string DimseLines(const ingest::DimseServerCounters& counters) {
  return Sample("argent_dimse_associations", "gauge", "Associations open", counters.associations) +
         Sample("argent_dimse_associations_accepted_total", "counter", "Associations accepted",
                counters.associations_accepted) +
         Sample("argent_dimse_associations_rejected_total", "counter", "Associations rejected",
                counters.associations_rejected) +
         Sample("argent_dimse_associations_aborted_total", "counter", "Associations aborted or broken",
                counters.associations_aborted);
}

std::string HttpLines(const ingest::HttpServerCounters& counters) {
  std::string lines =
      Sample("argent_http_requests_total", "counter", "Requests served", counters.requests) +
      Sample("argent_http_responses_cut_total", "counter", "Responses that could not be ended",
             counters.responses_cut) +
      Sample("argent_http_received_bytes_total", "counter", "Bytes of request bodies",
             counters.body_bytes_received) +
      Sample("argent_http_sent_bytes_total", "counter", "Bytes of response bodies",
             counters.body_bytes_sent) +
      Sample("argent_http_requests_running", "gauge", "Requests being served", counters.requests_running) +
      Sample("argent_http_connections_waiting", "gauge", "Connections between requests",
             counters.connections_waiting);
  lines +=
      "# HELP argent_http_responses_total Responses by class\n# TYPE argent_http_responses_total counter\n";
  for (int i = 2; i < 6; ++i) {
    lines +=
        fmt::format("argent_http_responses_total{{class=\"{}xx\"}} {}\n", i, counters.responses_by_class[i]);
  }
  return lines;
}

}  // namespace

class WebDoor::Impl {
 public:
  Impl(const ingest::HttpServerOptions& options, Archive* archive, const ingest::DimseServer* dimse)
      : server_(options, &router_) {
    const WebParts web{&archive->catalog(), &archive->reader(), &archive->uploader()};
    AddSearchService(web, &router_);
    const AdminParts admin{.web = web, .archive = archive, .counters = [this, dimse] {
                             return DimseLines(dimse->counters()) + HttpLines(server_.counters());
                           }};
    AddAdminService(admin, &router_);
  }

  ingest::HttpServer& server() { return server_; }

 private:
  ingest::HttpRouter router_;
  ingest::HttpServer server_;
};

WebDoor::WebDoor(const ingest::HttpServerOptions& options, Archive* archive, const ingest::DimseServer* dimse)
    : impl_(std::make_unique<Impl>(options, archive, dimse)) {}
WebDoor::~WebDoor() = default;
Status WebDoor::Start() { return impl_->server().Start(); }
uint16_t WebDoor::port() const { return impl_->server().port(); }
void WebDoor::Stop(std::chrono::milliseconds drain_timeout) { impl_->server().Stop(drain_timeout); }

}  // namespace argent::archive
