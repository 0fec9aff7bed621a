#include "ingest/dimse/association_runner.h"

#include "ingest/dimse/negotiation.h"
#include "storage/base/log.h"

namespace argent::ingest {

AssociationRunner::End AssociationRunner::Run(Association* association) {
  {
    MutexLock lock(&mutex_);
    running_.insert(association);
  }
  // Looked at after the insertion: Drain() and then WaitUntilNoneRuns() miss nothing that starts a command.
  if (draining_) association->Abort(AbortReason::kNotSpecified, AbortSource::kServiceProvider);
  while (RunCommand(association)) {
  }
  MutexLock lock(&mutex_);
  running_.erase(association);
  ended_.NotifyAll();
  return association->is_open() ? End::kIdle : End::kOver;
}

bool AssociationRunner::RunCommand(Association* association) {
  const auto received = association->ReceiveCommand(linger_timeout_);
  if (!received.ok()) return false;
  const Command& command = received->command;
  // A cancel that crossed with the final response of its operation.
  if (command.field() == CommandField::kCCancelRq) return true;
  DimseService* service = FindService(services_, received->context->abstract_syntax);
  if (command.is_response() || service == nullptr) {
    ARGENT_LOG_WARNING("{} without a request, association aborted peer={}", CommandFieldName(command.field()),
                       association->parameters().peer());
    association->Abort();
    return false;
  }
  Status status = service->Handle(*association, *received->context, command);
  if (status.ok()) status = association->DiscardDataSet();
  if (!status.ok()) {
    ARGENT_LOG_WARNING("{} ended early calling={} peer={}: {}", CommandFieldName(command.field()),
                       association->parameters().calling_ae_title, association->parameters().peer(),
                       status.message());
    association->Abort();
  }
  if (draining_) association->Abort(AbortReason::kNotSpecified, AbortSource::kServiceProvider);
  return association->is_open();
}

void AssociationRunner::InterruptAll(bool hard) {
  MutexLock lock(&mutex_);
  for (Association* association : running_) association->Interrupt(hard);
}

bool AssociationRunner::WaitUntilNoneRuns(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  MutexLock lock(&mutex_);
  while (!running_.empty()) {
    const auto left =
        std::chrono::ceil<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    ended_.WaitFor(&mutex_, left);
  }
  return true;
}

size_t AssociationRunner::running_count() const {
  MutexLock lock(&mutex_);
  return running_.size();
}

}  // namespace argent::ingest
