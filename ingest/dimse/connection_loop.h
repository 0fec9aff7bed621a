// The event loop of the DIMSE server: owns every socket that needs no thread. Those are connections whose
// A-ASSOCIATE-RQ is not there yet, associations between messages, and connections that are only being closed,
// so that a last PDU is not lost to a reset.
//
// It negotiates nothing and runs no command: whoever it is given to (the Handler) does. Handler calls come
// from the loop's thread and must not wait. Public calls are thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "ingest/dimse/association.h"
#include "ingest/dimse/association_limits.h"
#include "ingest/dimse/listener.h"
#include "ingest/dimse/pdu.h"
#include "ingest/dimse/socket.h"
#include "storage/base/mutex.h"

namespace argent::ingest {

// An association and its place in the limits.
struct SeatedAssociation {
  std::unique_ptr<Association> association;
  AssociationLimits::Seat seat;
};

class ConnectionLoop {
 public:
  using SeatedPointer = std::unique_ptr<SeatedAssociation>;

  class Handler {
   public:
    virtual ~Handler() = default;
    // A whole A-ASSOCIATE-RQ has come. The association (answered already), or the PDU to send before closing.
    virtual std::variant<SeatedPointer, std::string> OnAssociateRequest(std::unique_ptr<Socket>* socket,
                                                                        ByteView body) = 0;
    // There is something to read on an idle association, or it has ended.
    virtual void OnInput(SeatedPointer association) = 0;
    // The idle timeout has passed, or the server stops.
    virtual void OnIdleEnd(SeatedPointer association, std::string_view why) = 0;
  };

  struct Options {
    size_t connections_waiting_max = 0;
    std::chrono::milliseconds artim_timeout{};
    std::chrono::milliseconds idle_timeout{};
  };

  // `handler` must outlive the loop, and gets no call before Begin().
  static Result<std::unique_ptr<ConnectionLoop>> Create(const Options& options,
                                                        std::unique_ptr<Listener> listener, Handler* handler);
  ~ConnectionLoop();
  ConnectionLoop(const ConnectionLoop&) = delete;
  ConnectionLoop& operator=(const ConnectionLoop&) = delete;

  // Starts the thread. Call once.
  Status Begin();

  // Takes an open association until its next command.
  void AddIdle(SeatedPointer association);
  // Takes a socket whose last PDU is sent until the peer closes, for a bounded time.
  void AddClosing(std::unique_ptr<Socket> socket);

  // Accepts nothing more, closes what waits, and hands idle associations to OnIdleEnd(), now and whenever one
  // is added.
  void Drain();
  // Closes everything and joins the thread. AddIdle() and AddClosing() only close from then on.
  void Stop();

  size_t connections_waiting() const { return waiting_count_.load(std::memory_order_relaxed); }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum Kind : size_t { kWaiting, kIdle, kClosing, kKindCount };

  // Which of the pointers is set depends on the kind.
  struct Entry {
    Kind kind = kWaiting;
    TimePoint deadline;
    std::list<int>::iterator place;  // in order_[kind]
    std::unique_ptr<Socket> socket;
    SeatedPointer association;
    std::string request;  // kWaiting: of the A-ASSOCIATE-RQ so far
  };
  struct Handed {
    SeatedPointer association;
    std::unique_ptr<Socket> closing;
  };

  ConnectionLoop(const Options& options, std::unique_ptr<Listener> listener, Handler* handler);
  Status Prepare();
  void Run();
  int WaitMilliseconds() const;
  void TakeHanded();
  void Accept(int descriptor);
  void PauseAccepting();
  void ResumeAccepting();
  void OnReadable(int descriptor);
  void ReadRequest(int descriptor, Entry* entry);
  void Answer(int descriptor, Entry* entry);
  void ReadClosing(int descriptor, Entry* entry);
  void Expire();
  void EvictOldest();
  void Refuse(std::unique_ptr<Socket> socket, const std::string& pdu);
  void BeginDrain();

  void Add(Kind kind, int descriptor, Entry entry);
  Entry Remove(int descriptor);
  void Hand(Handed handed);
  void Wake();
  std::chrono::milliseconds TimeoutOf(Kind kind) const;

  const Options options_;
  Handler* const handler_;
  int epoll_ = -1;
  int wake_ = -1;
  std::atomic<size_t> waiting_count_{0};

  // Of the loop's thread.
  std::unique_ptr<Listener> listener_;
  std::unordered_map<int, Entry> entries_;
  std::array<std::list<int>, kKindCount> order_;  // by deadline, as each kind has one timeout
  bool accepting_ = true;
  TimePoint accept_again_;
  bool drained_ = false;

  Mutex mutex_;
  std::vector<Handed> handed_ ARGENT_GUARDED_BY(mutex_);
  bool draining_ ARGENT_GUARDED_BY(mutex_) = false;
  bool stopping_ ARGENT_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it uses the rest
};

}  // namespace argent::ingest
