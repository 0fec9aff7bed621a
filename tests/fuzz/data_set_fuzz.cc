// Any bytes as an identifier: the first byte chooses the encoding. What parses must come back the same from
// what it is serialized to, in every encoding; its text must become UTF-8.
#include <cstdint>
#include <string>

#include "codec/character_set.h"
#include "codec/data_set.h"
#include "codec/person_name.h"
#include "storage/base/check.h"

namespace {

using namespace argent;         // NOLINT: a fuzz target is one file
using namespace argent::codec;  // NOLINT

constexpr Encoding kEncodings[] = {Encoding::kImplicitLittle, Encoding::kExplicitLittle,
                                   Encoding::kExplicitBig};

// Serialized again it must give the same bytes: one round makes odd lengths even and unknown VRs UN.
void CheckRoundTrip(const DataSet& data_set, Encoding encoding) {
  DataSetLimits limits;
  limits.bytes_max = 16 << 20;
  std::string first;
  data_set.Serialize(encoding, &first);
  Result<DataSet> again = DataSet::Parse(AsBytes(first), encoding, limits);
  if (!again.ok()) return;  // a private value that looks like a sequence in Implicit VR
  std::string second;
  again->Serialize(encoding, &second);
  ARGENT_CHECK(first == second);
}

void CheckText(const DataSet& data_set) {
  for (const Element& element : data_set.elements()) {
    if (IsTextVr(element.vr)) {
      bool damaged = false;
      const std::string again = TextToUtf8("ISO_IR 192", element.vr, element.value, &damaged);
      ARGENT_CHECK(!damaged);
      ARGENT_CHECK(FoldForMatching(FoldForMatching(again)) == FoldForMatching(again));
      FoldedNameGroups(again);
    }
    for (const DataSet& item : element.items) CheckText(item);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const Encoding encoding = kEncodings[data[0] % 3];
  Result<DataSet> parsed = DataSet::Parse(ByteView(data + 1, size - 1), encoding);
  if (!parsed.ok()) {
    ARGENT_CHECK(!parsed.status().message().empty());
    return 0;
  }
  for (Encoding to : kEncodings) CheckRoundTrip(*parsed, to);
  ConvertToUtf8(&*parsed);
  CheckText(*parsed);
  return 0;
}
