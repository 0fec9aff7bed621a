// DCMTK's tools as independent clients.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/ingest/dimse_fixture.h"
#include "tests/support/dicom_builder.h"

namespace argent::ingest::testing {
namespace {

namespace fs = std::filesystem;

class DcmtkTest : public DimseTest {
 protected:
  DcmtkTest() {
    std::string pattern = (fs::temp_directory_path() / "argent_dimse_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~DcmtkTest() override { fs::remove_all(folder_); }

  // Exit code; the output is kept for the message of a failure.
  int Run(const std::string& command) {
    output_.clear();
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return -1;
    char buffer[4096];
    while (const size_t count = fread(buffer, 1, sizeof buffer, pipe)) output_.append(buffer, count);
    return WEXITSTATUS(pclose(pipe));
  }
  static bool Has(const std::string& tool) {
    return std::system(("command -v " + tool + " >/dev/null 2>&1").c_str()) == 0;
  }
  std::string Peer() const { return " -aec ARGENT 127.0.0.1 " + std::to_string(port()) + " "; }
  std::string Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return (folder_ / name).string();
  }

  fs::path folder_;
  std::string output_;
};

TEST_F(DcmtkTest, EchoscuIsAnswered) {
  if (!Has("echoscu")) GTEST_SKIP() << "echoscu (package dcmtk) is not installed";
  StartServer();
  EXPECT_EQ(Run("echoscu -v --repeat 5" + Peer()), 0) << output_;
  EXPECT_EQ(Run("echoscu -v --propose-pc 128" + Peer()), 0) << output_;
  EXPECT_EQ(Run("echoscu -v --abort" + Peer()), 0) << output_;
  EXPECT_EQ(Run("echoscu -v --max-pdu 4096" + Peer()), 0) << output_;
}

TEST_F(DcmtkTest, StorescuGivesTheDataSetAsItIs) {
  if (!Has("storescu")) GTEST_SKIP() << "storescu (package dcmtk) is not installed";
  StartServer();
  std::string files;
  std::vector<std::string> data_sets;
  for (int i = 1; i <= 5; ++i) {
    test::InstanceSpec spec;
    spec.sop_instance_uid += "." + std::to_string(i);
    spec.rows = static_cast<uint16_t>(100 * i);
    spec.columns = 301;
    data_sets.push_back(test::MakeInstance(spec));
    files += " " + Write(std::to_string(i) + ".dcm", test::MakeFile(kExplicitLittle, spec, data_sets.back()));
  }
  ASSERT_EQ(Run("storescu -v" + Peer() + files), 0) << output_;
  const auto kept = uploader_.kept();
  ASSERT_EQ(kept.size(), 5u);
  for (size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].request.transfer_syntax_uid.text(), kExplicitLittle);
    EXPECT_TRUE(kept[i].data_set == data_sets[i]) << i;
  }
}

TEST_F(DcmtkTest, StorescuSeesTheFailure) {
  if (!Has("storescu")) GTEST_SKIP() << "storescu (package dcmtk) is not installed";
  uploader_.AnswerWith(MakeOutcome(OutcomeKind::kRefused, Status::NoSpace("the volume is full")));
  StartServer();
  const test::InstanceSpec spec;
  const std::string file = Write("a.dcm", test::MakeFile(kExplicitLittle, spec, test::MakeInstance(spec)));
  Run("storescu -v" + Peer() + file);
  EXPECT_NE(output_.find("Refused: OutOfResources"), std::string::npos) << output_;
}

TEST_F(DcmtkTest, StorescuSendsRealFiles) {
  const char* data = std::getenv("ARGENT_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "ARGENT_TEST_DATA is not set";
  if (!Has("storescu")) GTEST_SKIP() << "storescu (package dcmtk) is not installed";
  StartServer();
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    if (entry.is_regular_file() && entry.path().extension() == ".dcm" && entry.file_size() < (4 << 20)) {
      files.push_back("'" + entry.path().string() + "'");
    }
  }
  std::sort(files.begin(), files.end());
  files.resize(std::min<size_t>(files.size(), 60));
  int sent = 0;
  for (const std::string& file : files) {
    // One association for each: the tool proposes what the file is, and stops at the first it cannot read.
    const size_t before = uploader_.kept().size();
    if (Run("storescu -R" + Peer() + file) == 0 && uploader_.kept().size() == before + 1) ++sent;
  }
  EXPECT_GT(sent, static_cast<int>(files.size()) / 2);
  EXPECT_TRUE(WaitForAssociations(0));
}

}  // namespace
}  // namespace argent::ingest::testing
