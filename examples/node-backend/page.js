// The page of leads. Everything that a visitor typed is escaped.
"use strict";

const escape = (text) =>
  String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const reason = ({ text, contribution }) =>
  `<li class="${contribution > 0 ? "for" : "against"}">${contribution > 0 ? "▲" : "▼"} ${escape(text)}</li>`;

function card({ id, name, prediction, problem }) {
  const scored = prediction
    ? `<p><b>${(100 * prediction.score).toFixed(1)} %</b>, band ${escape(prediction.band)}</p>
       <ul>${prediction.reasons.map(reason).join("")}</ul>`
    : `<p>Not scored yet: ${escape(problem)}</p>`;
  return `<article id="${escape(id)}"><h2>${escape(name)}</h2>${scored}</article>`;
}

// Returns the whole page, newest lead first.
function page(leads) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>New leads</title>
<style>body{font:16px/1.5 system-ui;max-width:40rem;margin:2rem auto}.for{color:#15683b}.against{color:#9a2c2c}
li{list-style:none}article{border-top:1px solid #ccc}</style>
<h1>New leads</h1>
<form method="post" action="/leads"><input name="name" placeholder="Name" required>
<input name="industry" placeholder="Industry"><input name="role" placeholder="Role">
<select name="channel"><option>referral</option><option>paid_search</option><option>webinar</option></select>
<button>Add</button></form>
${leads.map(card).reverse().join("\n")}</html>`;
}

module.exports = { page };
