// A running sandbox with one merchant, its controls, and a shop that hears its notifications.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const appid = 'wx2421b1c4370ec43b';
export const mchid = '10000100';
export const key = '0123456789abcdef0123456789abcdef';
export const tls = name => readFileSync(resolve('tls', name));

export const sleep = ms => new Promise(done => setTimeout(done, ms));

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

let last = 0;
/** A number that no order had. */
export const number = () => `sdk-${process.pid}-${++last}`;

export class Sandbox {
    heard = []; // the bodies of notifications

    async start() {
        this.folder = mkdtempSync(join(tmpdir(), 'wxgate-sdk-'));
        writeFileSync(join(this.folder, 'shop.key'), key + '\n');
        writeFileSync(join(this.folder, 'sandbox.info'), `
sandbox
{
    listen          127.0.0.1:0
    control_listen  127.0.0.1:0
    certificate     ${resolve('tls/server_cert.pem')}
    private_key     ${resolve('tls/server_key.pem')}
    client_ca       ${resolve('tls/ca.pem')}
}
merchants { any { appid ${appid}  mch_id ${mchid}  api_key_file shop.key } }
`);
        const ready = join(this.folder, 'ready');
        this.process = spawn(join(process.env.WXGATE_BIN, 'wxgate-sandbox'), ['--config', join(this.folder, 'sandbox.info'), '--ready-file', ready],
            { stdio: ['ignore', 'ignore', 'inherit'] });
        const told = await eventually('the sandbox is ready', () => {
            if (this.process.exitCode !== null)
                throw new Error('the sandbox ended');
            return existsSync(ready) && readFileSync(ready, 'utf8').endsWith('\n') && JSON.parse(readFileSync(ready, 'utf8'));
        });
        this.url = `https://${told.https}`;
        this.control = `http://${told.control}/control`;
        this.shop = createServer((request, reply) => {
            let body = '';
            request.setEncoding('utf8').on('data', part => { body += part; }).on('end', () => {
                this.heard.push(body);
                reply.end('<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>');
            });
        }).listen(0, '127.0.0.1');
        await once(this.shop, 'listening');
        this.notify = `http://127.0.0.1:${this.shop.address().port}/notify`;
        return this;
    }

    async stop() {
        const ended = once(this.process, 'exit');
        this.process.kill('SIGTERM');
        await ended;
        this.shop.closeAllConnections();
        this.shop.close();
        rmSync(this.folder, { recursive: true });
    }

    /** A control call; its answer's JSON. Throws unless it is 200. */
    async tell(method, path, body) {
        const reply = await fetch(this.control + path, { method, body: body === undefined ? undefined : JSON.stringify(body) });
        const json = await reply.json();
        if (reply.status !== 200)
            throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(json)}`);
        return json;
    }

    later(duration) { return this.tell('POST', '/clock', { advance: duration }); }
}

/** yyyyMMdd of Beijing, by the sandbox's clock. */
export async function today(sandbox) {
    const { now } = await sandbox.later('0s');
    return new Date(Date.parse(now) + 8 * 3600 * 1000).toISOString().slice(0, 10).replaceAll('-', '');
}
