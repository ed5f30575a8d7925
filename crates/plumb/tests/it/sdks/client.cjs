// Reads calls from standard input, makes each with AWS's own SDK, and prints what its user sees of the outcome.
const { SageMakerRuntimeClient, InvokeEndpointCommand } = require("@aws-sdk/client-sagemaker-runtime");
const { readFileSync } = require("node:fs");

// Without a key the request goes out as it is.
const unsigned = { signer: { sign: async (request) => request }, credentials: { accessKeyId: "", secretAccessKey: "" } };

async function outcome({ input, key }) {
  const identity = key ? { credentials: { accessKeyId: key[0], secretAccessKey: key[1] } } : unsigned;
  const client = new SageMakerRuntimeClient(identity);
  try {
    const answer = await client.send(new InvokeEndpointCommand(input));
    return {
      status: answer.$metadata.httpStatusCode,
      body: Buffer.from(answer.Body).toString("utf8"),
      content_type: answer.ContentType,
      variant: answer.InvokedProductionVariant,
      attributes: answer.CustomAttributes,
      request_id: answer.$metadata.requestId,
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
