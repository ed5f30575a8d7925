// Reads calls from standard input, makes each with AWS's own SDK, and prints what its user sees of the outcome.
const sdk = require("@aws-sdk/client-sagemaker-runtime");
const { readFileSync } = require("node:fs");

// Without a key the request goes out as it is.
const unsigned = { signer: { sign: async (request) => request }, credentials: { accessKeyId: "", secretAccessKey: "" } };

const now = Date.now;

// Does to a signed request what somebody on the way could do.
const changes = (change) => (next) => (args) => {
  const { request } = args;
  for (const [name, value] of Object.entries(change.headers ?? {})) {
    if (value === null) delete request.headers[name];
    else request.headers[name] = value;
  }
  if (change.body !== undefined) request.body = change.body;
  return next(args);
};

async function outcome({ operation = "InvokeEndpoint", input, base64, key, clock = 0, attempts, change }) {
  const identity = key ? { credentials: { accessKeyId: key[0], secretAccessKey: key[1] } } : unsigned;
  Date.now = () => now() + 1000 * clock;
  const client = new sdk.SageMakerRuntimeClient({ ...identity, maxAttempts: attempts });
  if (change) client.middlewareStack.add(changes(change), { step: "deserialize", name: "change" });
  const body = base64 ? { Body: Buffer.from(base64, "base64") } : {};
  try {
    const answer = await client.send(new sdk[`${operation}Command`]({ ...input, ...body }));
    return {
      status: answer.$metadata.httpStatusCode,
      body: Buffer.from(answer.Body).toString("utf8"),
      base64: Buffer.from(answer.Body).toString("base64"),
      content_type: answer.ContentType,
      variant: answer.InvokedProductionVariant,
      attributes: answer.CustomAttributes,
      request_id: answer.$metadata.requestId,
      attempts: answer.$metadata.attempts,
    };
  } catch (error) {
    return {
      name: error.name,
      message: error.message,
      status: error.$metadata?.httpStatusCode,
      original_status: error.OriginalStatusCode,
    };
  }
}

(async () => {
  const outcomes = [];
  for (const call of JSON.parse(readFileSync(0, "utf8"))) outcomes.push(await outcome(call));
  process.stdout.write(JSON.stringify(outcomes));
})();
