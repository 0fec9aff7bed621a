// Errors over HTTP: application/problem+json (RFC 9457), with a sentence for a person. The one place where a
// Status becomes an HTTP status.
#pragma once

#include <string>
#include <string_view>

#include "ingest/http/exchange.h"
#include "storage/base/status.h"

namespace argent::ingest {

int HttpStatusOf(const Status& status);
// {"title":"Not Found","status":404,"detail":"…"}
std::string ProblemBody(int status, std::string_view detail);
// Answers with a problem; `extra` fields (Allow, WWW-Authenticate) go into the head.
void RespondProblem(HttpExchange& exchange, int status, std::string_view detail, HttpFields extra = {});

}  // namespace argent::ingest
