#include "ingest/http/problem.h"

#include <fmt/format.h>

#include "codec/json_text.h"

namespace argent::ingest {

int HttpStatusOf(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAlreadyExists:
      return 409;
    case StatusCode::kInvalidArgument:
      return 400;
    case StatusCode::kUnsupported:
      return 501;
    case StatusCode::kNoSpace:
      return 507;
    case StatusCode::kOverloaded:
    case StatusCode::kAborted:
      return 503;
    case StatusCode::kCorruption:
    case StatusCode::kIoError:
    case StatusCode::kInternal:
      return 500;
  }
  return 500;
}

std::string ProblemBody(int status, std::string_view detail) {
  std::string body = "{\"title\":";
  codec::AppendJsonString(ReasonPhrase(status), &body);
  body += fmt::format(",\"status\":{},\"detail\":", status);
  codec::AppendJsonString(detail, &body);
  return body + "}\n";
}

void RespondProblem(HttpExchange& exchange, int status, std::string_view detail, HttpFields extra) {
  HttpResponse response{.status = status, .fields = std::move(extra)};
  response.fields.Add("Content-Type", "application/problem+json");
  if (status == 503) response.fields.Add("Retry-After", "5");
  exchange.Respond(std::move(response), ProblemBody(status, detail))
      .IgnoreError("nobody is left to tell; the connection ends");
}

Status HttpExchange::Respond(HttpResponse response, std::string_view body) {
  if (!HasNoBody(response.status)) response.content_length = body.size();
  ARGENT_RETURN_IF_ERROR(Begin(std::move(response)));
  if (!body.empty()) ARGENT_RETURN_IF_ERROR(Write(AsBytes(body)));
  return Finish();
}

void HttpExchange::Fail(const Status& status) {
  if (committed()) return;
  RespondProblem(*this, HttpStatusOf(status), status.message());
}

}  // namespace argent::ingest
