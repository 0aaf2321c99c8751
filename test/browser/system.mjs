// The programs under test, with a shop, four operators and a shop's webhook.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync, createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';

const bin = process.env.WXGATE_BIN;
export const password = 'a password for the tests';
export const roles = { alice: 'approver', bob: 'approver', vera: 'viewer', ada: 'admin' };

export const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Waits until `ask` gives something; fails with `what` after a while. */
export async function eventually(what, ask, ms = 20000) {
    for (const until = Date.now() + ms; ;) {
        const got = await ask();
        if (got)
            return got;
        if (Date.now() > until)
            throw new Error(`not within ${ms} ms: ${what}`);
        await sleep(20);
    }
}

class Program {
    constructor(name, folder, options) {
        this.name = name;
        this.folder = folder;
        const ready = join(folder, `${name}.ready`);
        rmSync(ready, { force: true });
        this.process = spawn(join(bin, name), [...options, '--ready-file', ready], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
        this.process.stderr.pipe(createWriteStream(join(folder, `${name}.log`), { flags: 'a' }));
        this.ended = once(this.process, 'exit');
        this.ready = eventually(`${name} is ready`, () => {
            if (this.process.exitCode !== null)
                throw new Error(`${name} ended: ${readFileSync(join(folder, `${name}.log`), 'utf8').slice(-2000)}`);
            return existsSync(ready) && JSON.parse(readFileSync(ready, 'utf8'));
        });
    }

    async stop() {
        if (this.process.exitCode === null)
            this.process.kill('SIGTERM');
        await Promise.race([this.ended, sleep(20000).then(() => this.process.kill('SIGKILL'))]);
        await this.ended;
    }
}

// The shop's endpoint: takes what it is told, or does not.
class Hook {
    status = 204;

    async listen() {
        this.server = createServer((request, reply) => {
            request.resume().on('end', () => reply.writeHead(this.status).end());
        }).listen(0, '127.0.0.1');
        await once(this.server, 'listening');
        this.url = `http://127.0.0.1:${this.server.address().port}/hook`;
    }

    close() {
        this.server.closeAllConnections();
        this.server.close();
    }
}

async function request(method, url, body, headers = {}) {
    const reply = await fetch(url, {
        method,
        headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
        redirect: 'manual',
    });
    const text = await reply.text();
    let value = text;
    try {
        value = JSON.parse(text);
    } catch {
        // a page, or nothing
    }
    return { status: reply.status, headers: reply.headers, body: value };
}

export class System {
    hook = new Hook();

    /** `orders`: so many are in the store already. */
    static async start({ orders = 0 } = {}) {
        const system = new System();
        await system.begin(orders);
        return system;
    }

    async begin(orders) {
        this.folder = mkdtempSync(join(tmpdir(), 'wxgate-browser-'));
        const file = (name, text) => writeFileSync(join(this.folder, name), text, { mode: 0o600 });
        const run = (program, options, input) => execFileSync(join(bin, program), options, { cwd: this.folder, input }).toString();
        run('wxgate-sandbox', ['--new-certificates', this.folder, '--mch-id', '10000100']);
        file('shop.key', randomBytes(16).toString('hex'));
        file('shop.appsecret', randomBytes(16).toString('hex'));
        file('shop.whsec', `whsec_${randomBytes(24).toString('base64')}`);
        const [, key, sha256] = /key:\s*(\S+)\s+sha256:\s*(\S+)/.exec(run('wxgate', ['new-key']));
        const hashed = run('wxgate', ['hash-password'], password).trim();
        this.key = key;
        await this.hook.listen();
        file('sandbox.info', `
sandbox { listen 127.0.0.1:0  control_listen 127.0.0.1:0  certificate server_cert.pem  private_key server_key.pem  client_ca ca.pem  time_scale 1  seed 1 }
merchants { shop { appid wx2421b1c4370ec43b  mch_id 10000100  api_key_file shop.key  app_secret_file shop.appsecret  balance 1000000000 } }`);
        this.sandbox = new Program('wxgate-sandbox', this.folder, ['--config', 'sandbox.info']);
        const { https, control } = await this.sandbox.ready;
        this.control = `http://${control}`;
        file('wxgate.info', `
server { listen 127.0.0.1:0  admin_listen 127.0.0.1:0  public_url ""  threads 1 }
log { level info  format json }
store { url sqlite:wxgate.db }
upstream { url https://${https}  backup_url ""  login_url https://${https}  ca_file ca.pem }
merchants
{
    shop
    {
        appid wx2421b1c4370ec43b  app_secret_file shop.appsecret  mch_id 10000100  api_key_file shop.key
        client_certificate apiclient_cert.pem  client_key apiclient_key.pem
        webhook { url ${this.hook.url}  secret_file shop.whsec  allow_private yes }
    }
}
api_keys { shop-backend { merchant shop  sha256 "${sha256}"  scopes "pay refund read"  rate 0 } }
operators
{
${Object.entries(roles).map(([name, role]) => `    ${name} { password "${hashed}"  role ${role} }`).join('\n')}
}
demo { sandbox_control ${this.control}  merchant shop }
`);
        if (orders > 0) {
            await this.serve();
            await this.gateway.stop();
            execFileSync('python3', ['fill.py', join(this.folder, 'wxgate.db'), String(orders)], { stdio: 'inherit' });
        }
        await this.serve();
    }

    async serve() {
        this.gateway = new Program('wxgate', this.folder, ['serve', '--config', 'wxgate.info']);
        const ready = await this.gateway.ready;
        this.api = `http://${ready.listen}`;
        this.admin = `http://${ready.admin_listen}`;
    }

    async stop() {
        await this.gateway?.stop();
        await this.sandbox?.stop();
        this.hook.close();
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** `wxgate reconcile` of a day; differences are no failure here. */
    reconcile(date) {
        try {
            return execFileSync(join(bin, 'wxgate'), ['reconcile', '--config', 'wxgate.info', '--date', date], { cwd: this.folder }).toString();
        } catch (e) {
            if (e.status !== 1)
                throw e;
            return e.stdout.toString();
        }
    }

    // ---- what the shop's backend and its customers do ----

    shop(method, path, body) {
        return request(method, this.api + path, body, { Authorization: `Bearer ${this.key}` });
    }

    async order(more = {}) {
        const made = await this.shop('POST', '/v1/payments', {
            openid: `oUpF8uMuAJO${randomBytes(8).toString('hex')}z`, total_fee: 1299, body: '冷泡乌龙', ...more,
        });
        if (made.status !== 201)
            throw new Error(`no order: ${JSON.stringify(made.body)}`);
        return made.body;
    }

    async pay(order) {
        const said = await request('POST', `${this.control}/control/request-payment`, order.request_payment);
        if (said.status !== 200)
            throw new Error(`not paid: ${JSON.stringify(said.body)}`);
        return eventually('the order is paid', async () => {
            const now = (await this.shop('GET', `/v1/payments/${order.out_trade_no}`)).body;
            return now.trade_state === 'SUCCESS' && now;
        });
    }

    async paid(more) {
        return this.pay(await this.order(more));
    }

    async refund(order, more = {}) {
        const asked = await this.shop('POST', `/v1/payments/${order.out_trade_no}/refunds`, { refund_fee: 300, reason: '尺码不合适', ...more });
        if (asked.status !== 202)
            throw new Error(`no refund: ${JSON.stringify(asked.body)}`);
        return asked.body;
    }

    putControl(path, body) {
        return request('PUT', this.control + path, body);
    }

    get(path, headers) {
        return request('GET', this.admin + path, undefined, headers);
    }

    post(path, body, headers) {
        return request('POST', this.admin + path, body, headers);
    }
}

/** The day it is in Beijing, as WeChat's bills write it. */
export function beijingDate() {
    return new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10).replaceAll('-', '');
}
