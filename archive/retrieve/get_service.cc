#include "archive/retrieve/get_service.h"

#include "archive/query/identifier_message.h"
#include "archive/query/query_status.h"
#include "archive/retrieve/retrieve_request.h"
#include "archive/retrieve/store_run.h"

namespace argent::archive {
namespace {

using ingest::Association;
using ingest::Command;
using ingest::PresentationContext;

class GetService final : public ingest::DimseService {
 public:
  GetService(storage::Catalog* catalog, storage::DataReader* reader) : catalog_(catalog), reader_(reader) {}

  bool Serves(std::string_view abstract_syntax) const override {
    return abstract_syntax == kPatientRootGet || abstract_syntax == kStudyRootGet;
  }
  int ChooseTransferSyntax(std::string_view, const std::vector<std::string>& proposed) const override {
    return ChooseIdentifierSyntax(proposed);
  }
  std::optional<std::string> AnswerExtendedNegotiation(std::string_view, ByteView asked) const override {
    return AnswerOptions(asked, false);
  }

  Status Handle(Association& association, const PresentationContext& context,
                const Command& command) override {
    if (command.field() != ingest::CommandField::kCGetRq)
      return RefuseOperation(association, context, command);
    RetrieveRequest request(&association, &context, &command);
    const Root root = context.abstract_syntax == kPatientRootGet ? Root::kPatient : Root::kStudy;
    ARGENT_ASSIGN_OR_RETURN(auto instances, ResolveRequest(*catalog_, &request, context, root));
    if (!instances) return Status::Ok();
    std::vector<const RetrieveInstance*> all;
    for (const RetrieveInstance& instance : *instances) all.push_back(&instance);
    SubOperationTally tally(all.size());
    const auto end = RunStores(association, reader_, all, {}, &request, &tally);
    if (!end.ok()) return end.status();
    return request.SendFinal(tally);
  }

 private:
  storage::Catalog* const catalog_;
  storage::DataReader* const reader_;
};

}  // namespace

std::unique_ptr<ingest::DimseService> NewGetService(storage::Catalog* catalog, storage::DataReader* reader) {
  return std::make_unique<GetService>(catalog, reader);
}

}  // namespace argent::archive
