// An archive whose Instances have bytes, and the requestor's side of C-FIND, C-MOVE and C-GET.
#pragma once

#include "archive/query/query_status.h"
#include "tests/archive/archive_fixture.h"
#include "tests/archive/association_pair.h"
#include "tests/archive/fake_data_reader.h"

namespace argent::archive {

inline constexpr const char* kCtImageStorage = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr const char* kMrImageStorage = "1.2.840.10008.5.1.4.1.1.4";
inline constexpr const char* kImplicitLittle = "1.2.840.10008.1.2";
inline constexpr const char* kExplicitLittle = "1.2.840.10008.1.2.1";
inline constexpr const char* kJpegBaseline = "1.2.840.10008.1.2.4.50";
inline constexpr std::chrono::seconds kPatience{30};

struct Response {
  ingest::Command command;
  codec::DataSet identifier;
  uint16_t status() const { return command.status().value_or(0xFFFF); }
};

class ServiceTest : public ArchiveTest {
 protected:
  void Store(InstanceSpec spec, const std::string& sop_class, const std::string& syntax, size_t bytes = 500) {
    spec.attributes.emplace_back("SOPInstanceUID", spec.instance);
    codec::DataSet data_set = MakeKeys(spec.attributes);
    data_set.SetText({0x0010, 0x4000}, codec::MakeVr("LT"), std::string(bytes, 'x'));
    std::string& encoded = data_sets_[spec.instance];
    data_set.Serialize(
        syntax == kImplicitLittle ? codec::Encoding::kImplicitLittle : codec::Encoding::kExplicitLittle,
        &encoded);
    ingest::InstanceReceived received = MakeReceived(spec);
    received.sop_class_uid = codec::SopClassUid(sop_class);
    received.transfer_syntax_uid = codec::TransferSyntaxUid(syntax);
    received.data_set_bytes = encoded.size();
    received.extents = reader_.Add(encoded);
    extents_[spec.instance] = received.extents[0];
    const storage::Fact fact{++sequence_, storage::FactKind::kInstanceReceived, received.Encode()};
    ProjectInto(std::span(&fact, 1), projector_.get(), catalog_.get());
  }

  static std::string Encoded(const codec::DataSet& identifier) {
    std::string bytes;
    identifier.Serialize(codec::Encoding::kExplicitLittle, &bytes);
    return bytes;
  }

  // The next response, with its identifier.
  static Response Receive(ingest::Association& association) {
    auto received = association.ReceiveCommand(kPatience);
    EXPECT_TRUE(received.ok()) << received.status().ToString();
    if (!received.ok()) return {ingest::Command::EchoRequest(1), {}};
    Response response{received->command, {}};
    if (!received->command.has_data_set()) return response;
    auto bytes = association.ReceiveDataSet(1 << 20);
    EXPECT_TRUE(bytes.ok());
    auto identifier = codec::DataSet::Parse(AsBytes(*bytes), codec::Encoding::kExplicitLittle);
    EXPECT_TRUE(identifier.ok());
    response.identifier = std::move(identifier).value();
    return response;
  }

  static bool IsPending(const Response& response) {
    return response.status() == query_status::kPending ||
           response.status() == query_status::kPendingUnsupportedKeys;
  }

  FakeDataReader reader_{size_t{64} << 10};
  std::map<std::string, std::string> data_sets_;
  std::map<std::string, storage::Extent> extents_;
};

}  // namespace argent::archive
