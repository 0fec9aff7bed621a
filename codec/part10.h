// DICOM File Format (PS3.10 section 7): preamble, prefix, File Meta Information; and recognising Data Sets
// without them.
#pragma once

#include <string>

#include "codec/data_set.h"
#include "codec/uid.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::codec {

struct FileHead {
  TransferSyntaxUid transfer_syntax_uid;
  uint64_t data_set_position = 0;  // where the Data Set starts in the file
  DataSet file_meta;               // group 0002, empty when the file has none
};

// Enough of the front of any file: preamble, prefix and a File Meta Information of at most 64 KiB.
inline constexpr size_t kFileHeadBytes = 64 * 1024 + 132;

// Looks at the first bytes of a file (up to kFileHeadBytes; all of them when the file is shorter). Without
// meta header the Data Set is recognised by its first elements (ascending tags in a plausible group, VR
// letters or plausible lengths) in Implicit LE, Explicit LE or Explicit BE. Meta header without (0002,0010):
// the encoding is recognised likewise. kInvalidArgument: this is not DICOM, or the meta header is damaged;
// the message says which. kUnsupported: a DICOMDIR (Media Storage Directory).
Result<FileHead> ParseFileHead(ByteView front);

struct FileMetaInput {
  SopClassUid sop_class_uid;
  SopInstanceUid sop_instance_uid;
  TransferSyntaxUid transfer_syntax_uid;
  std::string source_ae_title;  // (0002,0016), left out when empty
};
inline constexpr std::string_view kImplementationClassUid = "2.25.181250430254174411279837403021871409125";
inline constexpr std::string_view kImplementationVersionName = "ARGENT_0_1";
// 128 zero bytes, "DICM" and group 0002 with its length.
std::string MakeFileHead(const FileMetaInput& input);

}  // namespace argent::codec
