// Any bytes as a Command Set. What parses must come back the same from what it is encoded to, and every
// accessor stays within it.
#include <cstdint>
#include <string>

#include "ingest/dimse/command.h"
#include "storage/base/check.h"

namespace {

using namespace argent;          // NOLINT: a fuzz target is one file
using namespace argent::ingest;  // NOLINT

void CheckAccessors(const Command& command) {
  ARGENT_CHECK(!CommandFieldName(command.field()).empty());
  ARGENT_CHECK(!(command.is_request() && command.is_response()));
  ARGENT_CHECK(command.error_comment().size() <= Command::kBytesMax);
  ARGENT_CHECK(command.offending_elements().size() <= Command::kBytesMax / 4);
  ARGENT_CHECK(static_cast<int>(command.priority()) <= 2);
  (void)command.sop_class_uid();
  (void)command.sop_instance_uid();
  (void)command.move_destination();
  (void)command.move_originator_ae_title();
  (void)command.move_originator_message_id();
  (void)command.status();
  (void)command.sub_operations();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto command = Command::Parse({data, size});
  if (!command.ok()) {
    ARGENT_CHECK(!command.status().message().empty());
    return 0;
  }
  CheckAccessors(*command);
  const std::string encoded = command->Encode(command->has_data_set());
  const auto again = Command::Parse(AsBytes(encoded));
  if (encoded.size() <= Command::kBytesMax) {
    ARGENT_CHECK(again.ok());
    ARGENT_CHECK(again->Encode(again->has_data_set()) == encoded);
  }
  if (command->is_request()) {
    const auto response = Command::Parse(
        AsBytes(Command::Response(*command, 0xC000).SetErrorComment(command->error_comment()).Encode(false)));
    if (response.ok()) ARGENT_CHECK(response->message_id_being_responded_to() == command->message_id());
  }
  return 0;
}
