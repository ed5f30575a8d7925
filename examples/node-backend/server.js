// A company's own service in small: it takes new leads, has each scored, and shows score and reasons.
"use strict";

const { randomUUID } = require("node:crypto");
const http = require("node:http");
const { page } = require("./page.js");
const { score } = require("./score.js");

const BODY_BYTES_MAX = 16 * 1024;
const leads = [];

// Takes a lead in, scored if the scorer answers: a lead is never lost because it could not be scored.
async function take(fields, created_at) {
  const { name, ...rest } = fields;
  const lead = { id: randomUUID(), name };
  leads.push(lead);
  const known = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ""));
  try {
    lead.prediction = await score(lead.id, { created_at, ...known }, []);
  } catch (error) {
    lead.problem = `${error.name}: ${error.message}`;
    console.error(`lead ${lead.id} was not scored: ${lead.problem}`);
  }
  return lead;
}

async function body(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_BYTES_MAX) throw new RangeError("the form is too large");
  }
  return Object.fromEntries(new URLSearchParams(text));
}

const server = http.createServer(async (request, response) => {
  try {
    if (request.method === "POST" && request.url === "/leads") {
      const { created_at, ...fields } = await body(request);
      const lead = await take(fields, created_at ?? new Date().toISOString());
      response.writeHead(303, { location: `/#${lead.id}` }).end();
    } else if (request.method === "GET" && request.url === "/") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page(leads));
    } else {
      response.writeHead(404).end();
    }
  } catch (error) {
    response.writeHead(400, { "content-type": "text/plain" }).end(error.message);
  }
});

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`new leads on http://127.0.0.1:${server.address().port}`);
});
