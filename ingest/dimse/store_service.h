// C-STORE (PS3.4 Annex B) and C-ECHO (PS3.7 9.1.5) as SCP.
//
// C-STORE is accepted for every SOP Class that may be Storage (abstract_syntax.h), in the Transfer Syntax the
// peer names first, whatever it is: the archive keeps what it receives. The Data Set goes from the socket
// straight into the Upload's buffers, and success is answered only when the Upload says that it is durable.
#pragma once

#include "ingest/dimse/service.h"
#include "ingest/upload.h"

namespace argent::ingest {

class EchoService final : public DimseService {
 public:
  bool Serves(std::string_view abstract_syntax) const override;
  Status Handle(Association& association, const PresentationContext& context,
                const Command& command) override;
};

class StoreService final : public DimseService {
 public:
  // `uploader` must outlive the service.
  explicit StoreService(Uploader* uploader) : uploader_(uploader) {}

  bool Serves(std::string_view abstract_syntax) const override;
  int ChooseTransferSyntax(std::string_view abstract_syntax,
                           const std::vector<std::string>& proposed) const override;
  bool MayBeScu(std::string_view abstract_syntax) const override;  // C-GET sends on the requestor's contexts
  Status Handle(Association& association, const PresentationContext& context,
                const Command& command) override;

 private:
  Status Receive(Association& association, UploadRequest request, Outcome* outcome);

  Uploader* const uploader_;
};

}  // namespace argent::ingest
