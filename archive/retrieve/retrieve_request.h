// The requesting side of a C-MOVE or C-GET while its sub-operations run: counts, pending and final responses,
// cancel.
//
// One thread, the one that handles the request.
#pragma once

#include <string>
#include <vector>

#include "archive/retrieve/retrieve_plan.h"
#include "ingest/dimse/service.h"

namespace argent::archive {

// Counts of sub-operations (PS3.4 C.4.2.1.6): true ones, each Instance in exactly one place.
class SubOperationTally {
 public:
  explicit SubOperationTally(size_t total) : remaining_(total) {}
  void Complete() { Take(&completed_); }
  void Warn(const std::string& sop_instance_uid, const Status& reason);
  void Fail(const std::string& sop_instance_uid, const Status& reason);

  size_t remaining() const { return remaining_; }
  size_t completed() const { return completed_; }
  size_t failed() const { return failed_; }
  size_t warned() const { return warned_; }
  const std::vector<std::string>& failed_uids() const { return failed_uids_; }
  // Of the first failure or warning; empty when there was none.
  const std::string& first_reason() const { return first_reason_; }
  // DIMSE counts have 16 bits: larger ones are sent as 65535.
  ingest::SubOperations Counts(bool with_remaining) const;

 private:
  void Take(size_t* to) {
    --remaining_;
    ++*to;
  }

  size_t remaining_;
  size_t completed_ = 0;
  size_t failed_ = 0;
  size_t warned_ = 0;
  std::vector<std::string> failed_uids_;
  std::string first_reason_;
};

class RetrieveRequest {
 public:
  // All must outlive the request.
  RetrieveRequest(ingest::Association* association, const ingest::PresentationContext* context,
                  const ingest::Command* command)
      : association_(association), context_(context), command_(command) {}

  ingest::Association& association() { return *association_; }
  const ingest::Command& command() const { return *command_; }

  // Whether the requestor cancelled; an error when its association is over.
  Result<bool> IsCancelled();
  // The C-CANCEL was received by other means: a C-GET waits for C-STORE responses on the same association.
  void NoteCancel() { cancelled_ = true; }
  Status SendPending(const SubOperationTally& tally);
  // A response that ends the request before any sub-operation.
  Status SendRefusal(uint16_t status, std::string_view comment);
  // The final response after sub-operations: cancelled, or FinalStatus().
  Status SendFinal(const SubOperationTally& tally);

 private:
  ingest::Association* association_;
  const ingest::PresentationContext* context_;
  const ingest::Command* command_;
  bool cancelled_ = false;
};

// PS3.4 C.4.2.3.1 and C.4.3.3.1: 0000 when everything was completed, A702 when nothing was and every
// sub-operation failed, else B000.
uint16_t FinalStatus(const SubOperationTally& tally);

// Receives the identifier and resolves it to Instances. nullopt: a refusal was sent and the request is over.
// An error: the association is.
Result<std::optional<std::vector<RetrieveInstance>>> ResolveRequest(
    storage::Catalog& catalog, RetrieveRequest* request, const ingest::PresentationContext& context,
    Root root);

}  // namespace argent::archive
