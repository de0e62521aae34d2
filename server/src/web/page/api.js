// Requests to the server, which is always the one that the page came from.

/** Something was not done: `error` is the server's name for why, or `unreachable`. */
export class Problem extends Error {
  constructor(error, detail) {
    super(detail || error);
    this.error = error;
    this.detail = detail;
  }
}

async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(30_000),
    });
    if (response.status === 204) {
      return null;
    }
    if (response.ok) {
      return await response.json();
    }
  } catch (error) {
    throw new Problem("unreachable", error.message);
  }
  const problem = await response.json().catch(() => ({}));
  throw new Problem(problem.error ?? "unknown", problem.detail ?? `HTTP ${response.status}`);
}

export const me = () => ask("GET", "/v1/me");
export const join = (code, name, attempt) => ask("POST", "/v1/session", { code, name, attempt });
export const signOut = () => ask("DELETE", "/v1/session");
export const invite = () => ask("POST", "/v1/invites");
export const remove = (name) => ask("DELETE", `/v1/members/${encodeURIComponent(name)}`);

/** The last `limit` messages of a conversation, or those before a `seq`. */
export function history(place, before, limit) {
  const query = new URLSearchParams({ in: place, limit });
  if (before !== undefined) {
    query.set("before", before);
  }
  return ask("GET", `/v1/messages?${query}`);
}

/** Everybody, page by page. */
export async function members() {
  const all = [];
  for (;;) {
    const after = all.length === 0 ? "" : `?${new URLSearchParams({ after: all.at(-1).name })}`;
    const page = await ask("GET", `/v1/members${after}`);
    all.push(...page.members);
    if (!page.more || page.members.length === 0) {
      return all;
    }
  }
}
