// What has to be done once before any use of DCMTK. Internal to the fence files of codec/.
#pragma once

namespace argent::codec {

// Switches off DCMTK's console log: whatever it would print comes back to the caller as a value, and a
// hostile Data Set must not fill the log. Thread-safe, cheap after the first call.
void SetUpDcmtk();

}  // namespace argent::codec
