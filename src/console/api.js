// The gateway's own HTTP interface (conf/openapi.yaml), as the signed-in operator.

/** What the gateway refused, or that it did not answer. */
export class Problem extends Error {
    constructor(status, code, detail, param, upstream, retryAfter) {
        super(detail || code);
        this.status = status; // 0: no answer
        this.code = code;
        this.detail = detail;
        this.param = param;
        this.upstream = upstream;
        this.retryAfter = retryAfter;
    }
}

let csrf = '';
let onSignedOut = () => {};

/** Called when the session is found to be over. */
export function whenSignedOut(handler) {
    onSignedOut = handler;
}

async function call(method, path, { query, body, signal } = {}) {
    const url = new URL(path, location.origin);
    for (const [name, value] of Object.entries(query || {}))
        if (value !== undefined && value !== null && value !== '')
            url.searchParams.set(name, value);
    const headers = {};
    if (method !== 'GET')
        headers['X-CSRF-Token'] = csrf;
    if (body !== undefined)
        headers['Content-Type'] = 'application/json';
    let reply;
    try {
        reply = await fetch(url, {
            method, headers, credentials: 'same-origin', cache: 'no-store',
            body: body === undefined ? undefined : JSON.stringify(body),
            signal: signal || AbortSignal.timeout(35000),
        });
    } catch (e) {
        if (e.name === 'AbortError')
            throw e;
        throw new Problem(0, 'unreachable', '');
    }
    const text = await reply.text();
    let value = null;
    try {
        value = text ? JSON.parse(text) : null;
    } catch {
        throw new Problem(reply.status, 'unreadable', '');
    }
    if (reply.ok)
        return value;
    const v = value || {};
    const problem = new Problem(reply.status, v.code || 'unreadable', v.detail, v.param, v.upstream, reply.headers.get('Retry-After'));
    if (reply.status === 401 && path !== '/admin/v1/login')
        onSignedOut();
    throw problem;
}

function keep(session) {
    csrf = session.csrf_token;
    return session;
}

const admin = '/admin/v1';
const part = encodeURIComponent;

export const api = {
    signIn: async (name, password) => keep(await call('POST', `${admin}/login`, { body: { name, password } })),
    session: async () => keep(await call('GET', `${admin}/session`)),
    signOut: () => call('POST', `${admin}/logout`),
    summary: () => call('GET', `${admin}/summary`),
    payments: query => call('GET', `${admin}/payments`, { query }),
    payment: (number, merchant, sync) => call('GET', `${admin}/payments/${part(number)}`, { query: { merchant, sync: sync ? 1 : undefined } }),
    /** what: events, refunds, webhooks or anomalies */
    ofPayment: (number, merchant, what) => call('GET', `${admin}/payments/${part(number)}/${what}`, { query: { merchant } }),
    askForRefund: (number, merchant, body) => call('POST', `${admin}/payments/${part(number)}/refunds`, { query: { merchant }, body }),
    refunds: query => call('GET', `${admin}/refunds`, { query }),
    approve: (number, merchant, body) => call('POST', `${admin}/refunds/${part(number)}/approve`, { query: { merchant }, body }),
    reject: (number, merchant, body) => call('POST', `${admin}/refunds/${part(number)}/reject`, { query: { merchant }, body }),
    webhooks: query => call('GET', `${admin}/webhooks`, { query }),
    redeliver: id => call('POST', `${admin}/webhooks/${part(id)}/redeliver`),
    anomalies: query => call('GET', `${admin}/anomalies`, { query }),
    settle: (id, note) => call('POST', `${admin}/anomalies/${part(id)}/settle`, { body: { note } }),
    reconciliations: query => call('GET', `${admin}/reconciliations`, { query }),
};
