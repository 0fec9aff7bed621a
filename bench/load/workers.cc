#include "bench/load/workers.h"

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "bench/load/xxh3.h"
#include "storage/base/random.h"

namespace argent::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr uint64_t kPopulationSeed = 7;
constexpr uint64_t kReserveLatencies = 1 << 16;

// Hands out request numbers until the count or the time is used up; paces them when a rate is set.
// Thread-safe.
class Timetable {
 public:
  explicit Timetable(const LoadOptions& options) : options_(options), start_(SteadyClock::now()) {}

  // Waits until the next request is due and gives its number and due time; false when the run is over.
  bool Next(uint64_t* number, SteadyClock::time_point* due) {
    *number = next_.fetch_add(1, std::memory_order_relaxed);
    if (options_.count != 0 && *number >= options_.count) return false;
    const auto now = SteadyClock::now();
    *due = now;
    if (options_.rate_per_second > 0) {
      const std::chrono::duration<double> at(static_cast<double>(*number) / options_.rate_per_second);
      *due = start_ + std::chrono::duration_cast<SteadyClock::duration>(at);
      if (IsOver(*due)) return false;
      std::this_thread::sleep_until(*due);
    }
    return !IsOver(now);
  }
  double ElapsedSeconds() const { return std::chrono::duration<double>(SteadyClock::now() - start_).count(); }

 private:
  bool IsOver(SteadyClock::time_point at) const {
    return options_.seconds > 0 && std::chrono::duration<double>(at - start_).count() >= options_.seconds;
  }
  const LoadOptions& options_;
  const SteadyClock::time_point start_;
  std::atomic<uint64_t> next_{0};
};

void RecordLatency(SteadyClock::time_point due, WorkerReport* report) {
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - due).count();
  report->latencies_us.push_back(static_cast<uint32_t>(passed));
}

class AcknowledgementLog {
 public:
  ~AcknowledgementLog() {
    if (file_ != nullptr) std::fclose(file_);
  }
  Status Open(const std::string& path) {
    if (path.empty()) return Status::Ok();
    file_ = std::fopen(path.c_str(), "w");
    return file_ != nullptr ? Status::Ok() : Status::FromErrno(errno, path);
  }
  bool enabled() const { return file_ != nullptr; }
  void Write(bool acknowledged, const std::string& uid, ByteView data_set) {
    if (file_ == nullptr) return;
    const uint64_t digest = Xxh3(data_set);
    const std::lock_guard lock(mutex_);
    fmt::print(file_, "{} {} {:016x} {}\n", acknowledged ? 'A' : 'S', uid, digest, data_set.size());
  }

 private:
  std::FILE* file_ = nullptr;
  std::mutex mutex_;
};

// One Association sending Instances.
class Sender {
 public:
  Sender(const StoreOptions& options, int index, Timetable* timetable, AcknowledgementLog* log)
      : options_(options),
        index_(static_cast<uint64_t>(index)),
        timetable_(timetable),
        log_(log),
        data_set_(options.kind, options.load.seed) {
    report_.latencies_us.reserve(kReserveLatencies);
  }

  void Run() {
    Connection connection;
    const Status opened =
        connection.Open(options_.load.peer, data_set_.sop_class_uid(), kExplicitVrLittleEndian);
    if (!opened.ok()) return report_.Fail(opened.ToString());
    uint64_t number = 0;
    SteadyClock::time_point due;
    while (timetable_->Next(&number, &due)) {
      const InstanceIdentity identity = Identify(number);
      const ByteView bytes =
          data_set_.Render(identity, options_.unique_pixels ? options_.load.seed * 1000003 + number + 1 : 0);
      if (!SendOne(&connection, identity, bytes, due)) return;
    }
    connection.Close();
  }
  const WorkerReport& report() const { return report_; }

 private:
  InstanceIdentity Identify(uint64_t number) {
    InstanceIdentity identity;
    const uint64_t seed = options_.load.seed;
    identity.sop_instance_uid = MakeUid(seed, 1, index_, number);
    if (options_.population) {
      const uint64_t study = options_.population_first + number;
      identity.study = StudyOf(study);
      identity.study_uid = PopulationStudyUid(study);
      identity.series_uid = MakeUid(kPopulationSeed, 3, study, 0);
      return identity;
    }
    const uint64_t series = sent_ / options_.instances_per_series;
    const uint64_t study = series / options_.series_per_study;
    identity.study = StudyOf(seed * 1000 + index_ * 100 + study);
    identity.study_uid = MakeUid(seed, 2, index_, study);
    identity.series_uid = MakeUid(seed, 3, index_, series);
    identity.series_number = static_cast<uint32_t>(series % options_.series_per_study) + 1;
    identity.instance_number = static_cast<uint32_t>(sent_ % options_.instances_per_series) + 1;
    ++sent_;
    return identity;
  }

  // False when the Association is of no more use.
  bool SendOne(Connection* connection, const InstanceIdentity& identity, ByteView bytes,
               SteadyClock::time_point due) {
    const std::string command =
        StoreRequestCommand(++message_id_, data_set_.sop_class_uid(), identity.sop_instance_uid);
    Status status = connection->Send(AsBytes(command), bytes);
    Response response;
    if (status.ok()) {
      Result<Response> received = connection->Receive();
      if (received.ok()) response = *received;
      status = received.status();
    }
    if (!status.ok()) {
      log_->Write(false, identity.sop_instance_uid, bytes);
      report_.Fail(status.ToString());
      return false;
    }
    RecordLatency(due, &report_);
    if (response.message_id != message_id_ || response.sop_instance_uid != identity.sop_instance_uid) {
      report_.Fail("the response is not to this request");
      return false;
    }
    if (response.status != kStatusSuccess) {
      report_.latencies_us.pop_back();
      report_.Fail(fmt::format("status {:04X} {}", response.status, response.error_comment));
      return true;
    }
    report_.bytes += bytes.size();
    log_->Write(true, identity.sop_instance_uid, bytes);
    return true;
  }

  const StoreOptions& options_;
  const uint64_t index_;
  Timetable* const timetable_;
  AcknowledgementLog* const log_;
  DataSetTemplate data_set_;
  WorkerReport report_;
  uint64_t sent_ = 0;
  uint16_t message_id_ = 0;
};

// One Association asking for studies.
class Finder {
 public:
  Finder(const FindOptions& options, int index, Timetable* timetable)
      : options_(options),
        timetable_(timetable),
        random_(options.load.seed * 1009 + static_cast<uint64_t>(index)) {}

  void Run() {
    Connection connection;
    const Status opened = connection.Open(options_.load.peer, kStudyRootFind, kExplicitVrLittleEndian);
    if (!opened.ok()) return report_.Fail(opened.ToString());
    uint64_t number = 0;
    SteadyClock::time_point due;
    while (timetable_->Next(&number, &due)) {
      if (!AskOne(&connection, due)) return;
    }
    connection.Close();
  }
  const WorkerReport& report() const { return report_; }

 private:
  static void Key(uint32_t tag, std::string_view vr, std::string_view value, std::string* out) {
    ByteWriter writer(out);
    writer.U16(static_cast<uint16_t>(tag >> 16));
    writer.U16(static_cast<uint16_t>(tag));
    out->append(vr);
    writer.U16(static_cast<uint16_t>(value.size() + value.size() % 2));
    out->append(value);
    if (value.size() % 2 != 0) out->push_back(vr == "UI" ? '\0' : ' ');
  }

  std::string Identifier() {
    const uint64_t index = random_.Below(options_.population);
    const StudyFacts facts = StudyOf(index);
    auto when = [this](FindKey key, const std::string& value) {
      return options_.key == key ? value : std::string();
    };
    std::string out;
    Key(0x00080020, "DA", when(FindKey::kStudyDate, facts.study_date), &out);
    Key(0x00080030, "TM", "", &out);
    Key(0x00080050, "SH", when(FindKey::kAccessionNumber, facts.accession), &out);
    Key(0x00080052, "CS", "STUDY", &out);
    Key(0x00080061, "CS", "", &out);
    Key(0x00081030, "LO", "", &out);
    Key(0x00100010, "PN",
        when(FindKey::kNamePrefix, facts.patient_name.substr(0, facts.patient_name.find('^') + 2) + "*"),
        &out);
    Key(0x00100020, "LO", when(FindKey::kPatientId, facts.patient_id), &out);
    Key(0x0020000D, "UI", when(FindKey::kStudyUid, PopulationStudyUid(index)), &out);
    Key(0x00201208, "IS", "", &out);
    return out;
  }

  bool AskOne(Connection* connection, SteadyClock::time_point due) {
    const std::string identifier = Identifier();
    const Status sent =
        connection->Send(AsBytes(FindRequestCommand(++message_id_, kStudyRootFind)), AsBytes(identifier));
    if (!sent.ok()) {
      report_.Fail(sent.ToString());
      return false;
    }
    uint64_t answers = 0;
    while (true) {
      const Result<Response> response = connection->Receive();
      if (!response.ok()) {
        report_.Fail(response.status().ToString());
        return false;
      }
      if ((response->status & 0xFFFE) == 0xFF00) {
        ++answers;
        continue;
      }
      if (response->status != kStatusSuccess || answers == 0) {
        report_.Fail(
            fmt::format("status {:04X}, {} answers {}", response->status, answers, response->error_comment));
        return response->status == kStatusSuccess;
      }
      report_.answers += answers;
      RecordLatency(due, &report_);
      return true;
    }
  }

  const FindOptions& options_;
  Timetable* const timetable_;
  Random random_;
  WorkerReport report_;
  uint16_t message_id_ = 0;
};

template <typename Worker>
RunReport RunAll(std::vector<std::unique_ptr<Worker>> workers, const Timetable& timetable) {
  std::vector<std::thread> threads;
  threads.reserve(workers.size());
  for (auto& worker : workers) threads.emplace_back([&worker] { worker->Run(); });
  for (std::thread& thread : threads) thread.join();
  RunReport report;
  report.seconds = timetable.ElapsedSeconds();
  for (const auto& worker : workers) report.total.Merge(worker->report());
  report.Finish();
  return report;
}

}  // namespace

std::string MakeUid(uint64_t seed, uint32_t kind, uint64_t first, uint64_t second) {
  // 2.25. and 38 digits that do not start with 0: below 10^38, so a UUID's 128 bits hold it (PS3.5 B.2).
  return fmt::format("2.25.{:01}{:015}{:08}{:014}", kind % 10, seed % 1000000000000000, first % 100000000,
                     second % 100000000000000);
}

std::string PopulationStudyUid(uint64_t index) { return MakeUid(kPopulationSeed, 2, index, 0); }

Result<RunReport> RunStore(const StoreOptions& options) {
  AcknowledgementLog log;
  ARGENT_RETURN_IF_ERROR(log.Open(options.acknowledgement_log));
  Timetable timetable(options.load);
  std::vector<std::unique_ptr<Sender>> senders;
  for (int i = 0; i < options.load.associations; ++i) {
    senders.push_back(std::make_unique<Sender>(options, i, &timetable, &log));
  }
  return RunAll(std::move(senders), timetable);
}

Result<RunReport> RunFind(const FindOptions& options) {
  Timetable timetable(options.load);
  std::vector<std::unique_ptr<Finder>> finders;
  for (int i = 0; i < options.load.associations; ++i)
    finders.push_back(std::make_unique<Finder>(options, i, &timetable));
  return RunAll(std::move(finders), timetable);
}

}  // namespace argent::bench
