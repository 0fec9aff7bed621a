#include "archive/serve.h"

#include "archive/cli/commands.h"

namespace argent::archive {

int RunServe(const Settings&) { return Fail(Status::Unsupported("serving is not there yet")); }

}  // namespace argent::archive
