// Decides a file of cases with Cedar's own engine, the wasm build, policies parsed ahead; prints
// verdicts and times, as JSON. Each call carries its entities through the wasm boundary as JSON: that
// is how this build is used, and part of what it costs.
//   node cedar.mjs CASES SECONDS
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [file, seconds] = process.argv.slice(2);
const deadline = Date.now() + Number(seconds) * 1000;
const cedar = createRequire(`${process.cwd()}/`)("@cedar-policy/cedar-wasm/nodejs");
const { roles, grants, requests } = JSON.parse(readFileSync(file));

const like = (patterns) => "(" + patterns.map((p) => `context.action like ${JSON.stringify(p)}`).join(" || ") + ")";
// A policy per role, and the grants as entities: a granted scope is a member of what its role was granted on.
const policies = roles.map((role) =>
  `permit(principal, action, resource in Granted::${JSON.stringify(role.name)}) when { ${like(role.actions)}` +
  (role.not_actions.length ? ` && !${like(role.not_actions)}` : "") + " };").join("\n");

const begun = process.hrtime.bigint();
const parsed = cedar.preparsePolicySet("grants", { staticPolicies: policies });
if (parsed.type !== "success") throw new Error(JSON.stringify(parsed));
const granted = new Map();
for (const { role, scope } of grants) {
  if (!granted.has(scope)) granted.set(scope, []);
  granted.get(scope).push({ type: "Granted", id: role });
}
const loaded = process.hrtime.bigint();

const named = (id) => ({ type: "Scope", id });
function entities(scope) {
  const out = [];
  for (let end = scope.length; end > 0; end = scope.lastIndexOf("/", end - 1)) {
    const one = scope.slice(0, end), above = scope.lastIndexOf("/", end - 1);
    const parents = granted.get(one) ?? [];
    out.push({ uid: named(one), attrs: {}, parents: above > 0 ? [...parents, named(scope.slice(0, above))] : parents });
  }
  return out;
}

function decide({ action, scope }) {
  const answer = cedar.statefulIsAuthorized({
    principal: { type: "Attempt", id: "etl" }, action: { type: "Action", id: "call" }, resource: named(scope),
    context: { action }, preparsedPolicySetId: "grants", entities: entities(scope),
  });
  if (answer.type !== "success") throw new Error(JSON.stringify(answer));
  return answer.response.decision === "allow";
}

let took = [], verdicts = "";
function timed(request) {
  const before = process.hrtime.bigint();
  const allowed = decide(request);
  took.push(Number(process.hrtime.bigint() - before));
  return allowed;
}
for (let i = 0; i < requests.length && Date.now() < deadline; ++i) verdicts += timed(requests[i]) ? "1" : "0";
if (verdicts.length === requests.length) {
  took = []; // that round warmed up
  for (let i = 0; took.length < 100_000 && Date.now() < deadline; ++i) timed(requests[i % requests.length]);
}
console.log(JSON.stringify({ load_ms: Number(loaded - begun) / 1e6, verdicts, took_ns: took }));
