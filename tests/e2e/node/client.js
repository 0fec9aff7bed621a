// dcmjs-dimse as a client, one operation a run; prints one JSON object and exits 0 when the operation succeeded.
//
//   node client.js echo HOST PORT AET
//   node client.js store HOST PORT AET FILE…
//   node client.js find HOST PORT AET '{"PatientID": "…"}'
//   node client.js get HOST PORT AET STUDY_UID
//   node client.js move HOST PORT AET STUDY_UID DESTINATION_AET LISTEN_PORT    (is the destination itself)
const dimse = require('dcmjs-dimse');
dimse.log.setLevel('silent');
const { Client, Server, Scp } = dimse;
const { CEchoRequest, CStoreRequest, CFindRequest, CGetRequest, CMoveRequest } = dimse.requests;
const { CStoreResponse } = dimse.responses;
const { Status, PresentationContextResult, TransferSyntax } = dimse.constants;

const [operation, host, port, aet, ...rest] = process.argv.slice(2);
const result = { statuses: [], answers: [], received: [], error: null };

function takeInstance(request, callback) {
  const dataset = request.getDataset();
  result.received.push({
    uid: request.getAffectedSopInstanceUid(),
    syntax: dataset.getTransferSyntaxUid(),
    patientName: String(dataset.getElement('PatientName')),
    pixelBytes: dataset.getElement('PixelData') ? dataset.getElement('PixelData')[0].byteLength : 0,
  });
  const response = CStoreResponse.fromRequest(request);
  response.setStatus(Status.Success);
  callback(response);
}

// Takes any Storage SOP Class in Explicit or Implicit VR Little Endian.
class Destination extends Scp {
  associationRequested(association) {
    association.getPresentationContexts().forEach((entry) => {
      const context = association.getPresentationContext(entry.id);
      const syntax = [TransferSyntax.ExplicitVRLittleEndian, TransferSyntax.ImplicitVRLittleEndian].find((s) =>
        context.getTransferSyntaxUids().includes(s)
      );
      if (syntax) {
        context.setResult(PresentationContextResult.Accept, syntax);
      } else {
        context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported);
      }
    });
    this.sendAssociationAccept();
  }
  cStoreRequest(request, callback) {
    takeInstance(request, callback);
  }
  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }
}

function requests() {
  switch (operation) {
    case 'echo':
      return [new CEchoRequest()];
    case 'store':
      return rest.map((file) => new CStoreRequest(file));
    case 'find':
      return [CFindRequest.createStudyFindRequest(JSON.parse(rest[0]))];
    case 'get':
      return [CGetRequest.createStudyGetRequest(rest[0])];
    case 'move':
      return [CMoveRequest.createStudyMoveRequest(rest[1], rest[0])];
    default:
      throw new Error('unknown operation ' + operation);
  }
}

function onResponse(response) {
  const status = response.getStatus();
  if (status === Status.Pending && response.hasDataset() && operation === 'find') {
    result.answers.push(response.getDataset().getElements());
  }
  if (status !== Status.Pending) {
    result.statuses.push(status);
    if (operation === 'get' || operation === 'move') {
      result.completed = response.getCompleted();
      result.failures = response.getFailures();
    }
  }
}

function finish(server) {
  if (server) server.close();
  const ok = !result.error && result.statuses.length > 0 && result.statuses.every((s) => s === Status.Success);
  process.stdout.write(JSON.stringify(result) + '\n', () => process.exit(ok ? 0 : 1));
}

const server = operation === 'move' ? new Server(Destination) : null;
if (server) server.listen(Number(rest[2]));
const client = new Client();
for (const request of requests()) {
  request.on('response', onResponse);
  client.addRequest(request);
}
client.on('cStoreRequest', takeInstance);
client.on('networkError', (error) => {
  result.error = String(error);
  finish(server);
});
client.on('closed', () => finish(server));
setTimeout(() => {
  result.error = 'timed out';
  finish(server);
}, 60000).unref();
client.send(host, Number(port), 'NODE_SCU', aet);
