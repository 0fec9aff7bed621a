// `argent serve`: the archive with its doors open, in the foreground.
#pragma once

#include "archive/cli/settings.h"

namespace argent::archive {

// Prints `argent ready dimse=HOST:PORT http=HOST:PORT data=DIR` on stdout once it listens; SIGTERM and SIGINT
// drain and give 0.
int RunServe(const Settings& settings);

}  // namespace argent::archive
