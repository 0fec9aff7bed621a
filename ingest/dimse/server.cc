#include "ingest/dimse/server.h"

#include <atomic>
#include <utility>

#include "ingest/dimse/association_limits.h"
#include "ingest/dimse/association_runner.h"
#include "ingest/dimse/connection_loop.h"
#include "ingest/dimse/listener.h"
#include "ingest/dimse/worker_pool.h"
#include "storage/base/log.h"

namespace argent::ingest {
namespace {

// Stop(): for an interrupted operation to come to its end, before a peer that takes no bytes is cut off as
// well.
constexpr std::chrono::milliseconds kInterruptTimeout{2'000};

Status CheckOptions(const DimseServerOptions& options) {
  const uint32_t pdu_bytes_max = options.policy.pdu_bytes_max;
  if (pdu_bytes_max < kPduBytesMin || pdu_bytes_max > kPduBytesMax) {
    return Status::InvalidArgument("the PDU size must lie between 16384 and 1048576 bytes");
  }
  if (options.associations_max < 1 || options.associations_per_host_max < 1 ||
      options.connections_waiting_max < 1) {
    return Status::InvalidArgument("the limits of associations and connections must be at least 1");
  }
  return Status::Ok();
}

}  // namespace

class DimseServer::Impl final : public ConnectionLoop::Handler {
 public:
  Impl(const DimseServerOptions& options, std::vector<DimseService*> services)
      : options_(options),
        services_(std::move(services)),
        limits_(options.associations_max, options.associations_per_host_max),
        runner_(services_, options.linger_timeout),
        workers_(options.associations_max) {}

  Status Start() {
    ARGENT_RETURN_IF_ERROR(CheckOptions(options_));
    ARGENT_ASSIGN_OR_RETURN(auto listener, Listener::Open("DIMSE", options_.bind, options_.port));
    port_ = listener->port();
    const ConnectionLoop::Options loop_options{.connections_waiting_max = options_.connections_waiting_max,
                                               .artim_timeout = options_.artim_timeout,
                                               .idle_timeout = options_.idle_timeout};
    ARGENT_ASSIGN_OR_RETURN(loop_, ConnectionLoop::Create(loop_options, std::move(listener), this));
    // Only now: the loop's calls use loop_.
    return loop_->Begin();
  }

  void Stop(std::chrono::milliseconds drain_timeout) {
    if (loop_ == nullptr || std::exchange(stopped_, true)) return;
    runner_.Drain();
    loop_->Drain();
    if (!runner_.WaitUntilNoneRuns(drain_timeout)) {
      ARGENT_LOG_WARNING("{} DIMSE operations still run and are aborted", runner_.running_count());
      runner_.InterruptAll(/*hard=*/false);
      if (!runner_.WaitUntilNoneRuns(kInterruptTimeout)) runner_.InterruptAll(/*hard=*/true);
    }
    loop_->Stop();
    workers_.Join();
  }

  std::variant<ConnectionLoop::SeatedPointer, std::string> OnAssociateRequest(std::unique_ptr<Socket>* socket,
                                                                              ByteView body) override;
  void OnInput(ConnectionLoop::SeatedPointer association) override;
  void OnIdleEnd(ConnectionLoop::SeatedPointer association, std::string_view why) override;

  uint16_t port() const { return port_; }
  DimseServerCounters counters() const {
    DimseServerCounters counters;
    counters.associations = limits_.total();
    counters.active_associations = runner_.running_count();
    counters.connections_waiting = loop_ == nullptr ? 0 : loop_->connections_waiting();
    counters.associations_accepted = accepted_count_;
    counters.associations_rejected = rejected_count_;
    counters.associations_aborted = aborted_count_;
    return counters;
  }

 private:
  std::string Reject(const AssociateReject& reject, const AssociateRequest& request,
                     const SocketAddress& address);
  void RunActive(ConnectionLoop::SeatedPointer seated);
  void Close(ConnectionLoop::SeatedPointer seated);

  const DimseServerOptions options_;
  const std::vector<DimseService*> services_;
  uint16_t port_ = 0;
  bool stopped_ = false;  // of the thread that owns the server

  AssociationLimits limits_;
  AssociationRunner runner_;
  std::atomic<uint64_t> accepted_count_{0};
  std::atomic<uint64_t> rejected_count_{0};
  std::atomic<uint64_t> aborted_count_{0};
  std::unique_ptr<ConnectionLoop> loop_;
  WorkerPool workers_;  // last: its threads use the rest
};

std::variant<ConnectionLoop::SeatedPointer, std::string> DimseServer::Impl::OnAssociateRequest(
    std::unique_ptr<Socket>* socket, ByteView body) {
  const SocketAddress address = PeerAddress((*socket)->descriptor());
  const auto request = DecodeAssociateRequest(body);
  if (!request.ok()) {
    ++rejected_count_;
    ARGENT_LOG_WARNING("A-ASSOCIATE-RQ aborted peer={}: {}", address.host, request.status().message());
    return EncodeAbort(static_cast<uint8_t>(AbortSource::kServiceProvider),
                       static_cast<uint8_t>(AbortReason::kInvalidPduParameterValue));
  }
  auto negotiated = Negotiate(*request, options_.policy, services_);
  if (const auto* reject = std::get_if<AssociateReject>(&negotiated))
    return Reject(*reject, *request, address);
  auto seat = limits_.Take(address.host, address.is_loopback);
  if (!seat) return Reject(kRejectLocalLimit, *request, address);

  auto& accepted = std::get<AcceptedAssociation>(negotiated);
  const Status sent = (*socket)->WriteNow(AsBytes(EncodeAssociateAccept(accepted.answer)));
  if (!sent.ok()) return std::string();
  accepted.parameters.peer_host = address.host;
  accepted.parameters.peer_port = address.port;
  ++accepted_count_;
  ARGENT_LOG_INFO("association accepted calling={} called={} peer={} contexts={} of {}",
                  accepted.parameters.calling_ae_title, accepted.parameters.called_ae_title,
                  accepted.parameters.peer(), accepted.parameters.contexts.size(),
                  accepted.answer.contexts.size());
  (*socket)->SetTimeouts(options_.read_timeout, options_.write_timeout);
  auto association = std::make_unique<Association>(std::move(*socket), std::move(accepted.parameters));
  return std::make_unique<SeatedAssociation>(SeatedAssociation{std::move(association), std::move(*seat)});
}

std::string DimseServer::Impl::Reject(const AssociateReject& reject, const AssociateRequest& request,
                                      const SocketAddress& address) {
  ++rejected_count_;
  // An AE title may be why it is rejected, and hold anything; what is printable of it helps to find the peer.
  std::string calling = request.calling_ae_title;
  for (char& c : calling) c = c < 0x20 || c > 0x7E ? '?' : c;
  ARGENT_LOG_WARNING("association rejected: {} calling={} peer={}", reject.ToString(), calling, address.host);
  return EncodeAssociateReject(reject);
}

void DimseServer::Impl::OnInput(ConnectionLoop::SeatedPointer association) {
  // std::function wants to copy what it holds; the pool runs each exactly once.
  workers_.Submit(
      [this, seated = association.release()] { RunActive(ConnectionLoop::SeatedPointer(seated)); });
}

void DimseServer::Impl::OnIdleEnd(ConnectionLoop::SeatedPointer association, std::string_view why) {
  ARGENT_LOG_INFO("association aborted: {} calling={} peer={}", why,
                  association->association->parameters().calling_ae_title,
                  association->association->parameters().peer());
  association->association->Abort(AbortReason::kNotSpecified, AbortSource::kServiceProvider);
  Close(std::move(association));
}

void DimseServer::Impl::RunActive(ConnectionLoop::SeatedPointer seated) {
  if (runner_.Run(seated->association.get()) == AssociationRunner::End::kIdle) {
    loop_->AddIdle(std::move(seated));
  } else {
    Close(std::move(seated));
  }
}

void DimseServer::Impl::Close(ConnectionLoop::SeatedPointer seated) {
  if (seated->association->state() == Association::State::kAborted) ++aborted_count_;
  loop_->AddClosing(seated->association->TakeSocket());
}

DimseServer::DimseServer(const DimseServerOptions& options, std::vector<DimseService*> services)
    : impl_(std::make_unique<Impl>(options, std::move(services))) {}

DimseServer::~DimseServer() { Stop(std::chrono::milliseconds(0)); }

Status DimseServer::Start() { return impl_->Start(); }

uint16_t DimseServer::port() const { return impl_->port(); }

DimseServerCounters DimseServer::counters() const { return impl_->counters(); }

void DimseServer::Stop(std::chrono::milliseconds drain_timeout) { impl_->Stop(drain_timeout); }

}  // namespace argent::ingest
