#include "archive/web/admin_service.h"

#include <fmt/format.h>

#include <charconv>

#include "archive/cli/ls.h"
#include "archive/status_report.h"
#include "ingest/http/problem.h"
#include "ingest/http/uri.h"

namespace argent::archive {
namespace {

using ingest::HttpExchange;

void RespondText(HttpExchange& exchange, const char* type, std::string_view body) {
  ingest::HttpResponse response;
  response.fields.Add("Content-Type", type);
  response.fields.Add("Cache-Control", "no-store");
  exchange.Respond(std::move(response), body).IgnoreError("the client is gone");
}

bool IsListed(std::string_view what) {
  for (const std::string_view word : {"patients", "studies", "series", "instances", "conflicts"}) {
    if (what == word) return true;
  }
  return false;
}

Result<LsOptions> ParseListRequest(const ingest::HttpRequest& request) {
  LsOptions options{.what = std::string(request.PathParameter("what")), .json = true};
  ARGENT_ASSIGN_OR_RETURN(const ingest::QueryParameters parameters, ingest::ParseQuery(request.query));
  for (const auto& [name, value] : parameters) {
    if (name == "match") {
      options.matches.push_back(value);
    } else if (name == "format" && (value == "json" || value == "text")) {
      options.json = value == "json";
    } else if (name == "limit") {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), options.limit);
      if (error != std::errc() || end != value.data() + value.size())
        return Status::InvalidArgument("limit: \"" + value + "\" is not a number");
    } else {
      return Status::InvalidArgument("the parameters are match, limit, and format=json or text; not " + name);
    }
  }
  return options;
}

// Lines as they are found; the first decides that there is no error.
void SendList(storage::Catalog* catalog, HttpExchange& exchange) {
  auto options = ParseListRequest(exchange.request());
  if (!options.ok()) return exchange.Fail(options.status());
  if (!IsListed(options->what))
    return ingest::RespondProblem(exchange, 404, "there is no list of " + options->what);
  ingest::HttpResponse response;
  response.fields.Add("Content-Type", options->json ? "application/x-ndjson" : "text/plain; charset=utf-8");
  Status sent = exchange.Begin(std::move(response));
  const Status listed = List(*catalog, *options, [&](std::string_view line) {
    if (sent.ok()) sent = exchange.Write(AsBytes(std::string(line) + "\n"));
  });
  if (!listed.ok()) return exchange.Fail(listed);
  if (sent.ok()) exchange.Finish().IgnoreError("the client is gone");
}

void SendConflicts(storage::Catalog* catalog, HttpExchange& exchange) {
  std::string body = "[";
  const LsOptions options{.what = "conflicts", .limit = 10'000, .json = true};
  const Status listed = List(*catalog, options, [&body](std::string_view line) {
    if (body.size() > 1) body += ",\n";
    body += line;
  });
  if (!listed.ok()) return exchange.Fail(listed);
  RespondText(exchange, "application/json", body + "]\n");
}

void SendStatus(const AdminParts& parts, HttpExchange& exchange) {
  auto report = MakeStatusReport(parts.archive);
  if (!report.ok()) return exchange.Fail(report.status());
  if (exchange.request().query == "format=text")
    return RespondText(exchange, "text/plain; charset=utf-8", StatusText(*report));
  RespondText(exchange, "application/json", StatusJson(*report) + "\n");
}

std::string Gauge(std::string_view name, std::string_view help, uint64_t value) {
  return fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", name, help, value);
}

void SendMetrics(const AdminParts& parts, HttpExchange& exchange) {
  auto totals = ReadTotals(*parts.web.catalog);
  if (!totals.ok()) return exchange.Fail(totals.status());
  std::string text = Gauge("argent_studies", "Studies kept", totals->studies);
  text += Gauge("argent_series", "Series kept", totals->series);
  text += Gauge("argent_instances", "Instances kept", totals->instances);
  text += Gauge("argent_data_set_bytes", "Bytes of the Data Sets as received", totals->data_set_bytes);
  text += Gauge("argent_variants", "Further contents kept under a known UID", totals->variants);
  text += Gauge("argent_exceptions", "What a person has to look at", totals->exceptions);
  text += Gauge("argent_damage", "Damage found when the archive was opened",
                parts.archive->recovery().damage.size());
  text +=
      Gauge("argent_accepting", "1 while Instances can be taken in", parts.archive->CanAccept().ok() ? 1 : 0);
  RespondText(exchange, "text/plain; version=0.0.4; charset=utf-8", text + parts.counters());
}

void SendReadiness(const AdminParts& parts, HttpExchange& exchange) {
  const Status accepting = parts.archive->CanAccept();
  if (!accepting.ok()) return ingest::RespondProblem(exchange, 503, accepting.message());
  RespondText(exchange, "text/plain", "ready\n");
}

}  // namespace

void AddAdminService(const AdminParts& parts, ingest::HttpRouter* router) {
  storage::Catalog* const catalog = parts.web.catalog;
  router->Add("GET", "/healthz", [](HttpExchange& exchange) { RespondText(exchange, "text/plain", "ok\n"); });
  router->Add("GET", "/readyz", [parts](HttpExchange& exchange) { SendReadiness(parts, exchange); });
  router->Add("GET", "/metrics", [parts](HttpExchange& exchange) { SendMetrics(parts, exchange); });
  router->Add("GET", "/api/v1/status", [parts](HttpExchange& exchange) { SendStatus(parts, exchange); });
  router->Add("GET", "/api/v1/conflicts",
              [catalog](HttpExchange& exchange) { SendConflicts(catalog, exchange); });
  router->Add("GET", "/api/v1/list/{what}",
              [catalog](HttpExchange& exchange) { SendList(catalog, exchange); });
}

}  // namespace argent::archive
