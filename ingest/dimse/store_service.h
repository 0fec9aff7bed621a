// C-ECHO (PS3.7 9.1.5) and C-STORE (PS3.4 Annex B) as SCP. Storage is accepted for every SOP Class that is not known to be something
// else, private and future ones too, in whatever Transfer Syntax the peer names first: the archive keeps what it receives.
#pragma once

#include "ingest/dimse/service.h"
#include "ingest/upload.h"

namespace argent::ingest {

class EchoService final : public DimseService {
 public:
  bool Serves(std::string_view abstract_syntax) const override;
  Status Handle(Association& association, const PresentationContext& context, const Command& command) override;
};

class StoreService final : public DimseService {
 public:
  explicit StoreService(Uploader* uploader) : uploader_(uploader) {}
  bool Serves(std::string_view abstract_syntax) const override;
  int ChooseTransferSyntax(std::string_view abstract_syntax, const std::vector<std::string>& proposed) const override;
  bool MayBeScu(std::string_view abstract_syntax) const override;  // the sub-operations of C-GET
  Status Handle(Association& association, const PresentationContext& context, const Command& command) override;

 private:
  Uploader* const uploader_;
};

}  // namespace argent::ingest
