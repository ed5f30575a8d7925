// Asks for a lead's score as one asks a SageMaker endpoint. Nothing here knows Plumbline but the media type that brings
// the reasons along: where the endpoint is, the SDK reads from AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME.
"use strict";

const { SageMakerRuntimeClient, InvokeEndpointCommand } = require("@aws-sdk/client-sagemaker-runtime");

// A form must not wait for a score: after two seconds the lead is taken without one.
const client = new SageMakerRuntimeClient({
  region: process.env.AWS_REGION ?? "eu-central-1",
  requestHandler: { requestTimeout: 2000 },
});

// Returns the score of a lead with what has happened to it so far.
async function score(leadId, lead, events) {
  const answer = await client.send(
    new InvokeEndpointCommand({
      EndpointName: process.env.SCORE_ENDPOINT ?? "converted",
      ContentType: "application/json",
      Accept: "application/vnd.plumb+json",
      InferenceId: leadId,
      Body: JSON.stringify({ instances: [{ lead, events }] }),
    }),
  );
  const [prediction] = JSON.parse(Buffer.from(answer.Body).toString("utf8")).predictions;
  return { ...prediction, variant: answer.InvokedProductionVariant };
}

module.exports = { score };
