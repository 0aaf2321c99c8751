// A shop with a hundred thousand orders: each page shows something at once; and an hour of looking at one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, Person } from './browser.mjs';
import { eventually, System } from './system.mjs';

const orders = 100_000;
const slower = Number(process.env.WXGATE_SLOWER || 1); // a build under a sanitizer

describe(`with ${orders} orders`, () => {
    let system;
    let browser;
    before(async () => {
        system = await System.start({ orders });
        browser = await launch();
    });
    after(async () => {
        await browser?.close();
        await system?.stop();
    });

    test('each page shows something useful within a second', async () => {
        const alice = await (await Person.at(browser, system)).signIn('alice');
        await alice.page.waitForSelector('.figure .value');
        for (const [hash, sign] of [['#/today', '.figure .value'], ['#/today', '.card tbody tr'], ['#/payments', 'tbody tr'],
            ['#/payments?amount=137.00', 'tbody tr'], ['#/payments?text=filled-000050000', 'tbody tr'], ['#/payments?state=PAYERROR', '.empty'],
            ['#/payments/filled-000050000', '.timeline li'], ['#/refunds', '.empty'], ['#/webhooks', '.empty'], ['#/anomalies', '.empty'], ['#/reconciliation', '.empty']]) {
            let best = Infinity;
            for (let i = 0; i < 3 && best > 1000; ++i) { // others may be busy on this machine
                await alice.page.goto('about:blank');
                const began = performance.now();
                await alice.go(hash);
                await alice.page.locator(sign).first().waitFor();
                best = Math.min(best, performance.now() - began);
            }
            console.log(`# ${hash} ${sign}: ${Math.round(best)} ms`);
            assert.ok(best <= 1000 * slower, `${hash}: ${Math.round(best)} ms`);
        }
        await alice.leave();
    });
});

describe('with a few orders', () => {
    let system;
    let browser;
    before(async () => {
        system = await System.start({ orders: 500 });
        browser = await launch();
    });
    after(async () => {
        await browser?.close();
        await system?.stop();
    });

    test('an hour at the front page: it stays live, and does not grow', async () => {
        const alice = await (await Person.at(browser, system)).signIn('alice');
        const { page } = alice;
        await page.waitForSelector('.figure .value');
        const session = await alice.context.newCDPSession(page);
        await page.clock.install();
        await page.reload();
        await page.waitForSelector('.figure .value');

        // The page's own clock is pushed on; what it then asks for is answered by the gateway.
        let answered = 0;
        page.on('response', r => {
            if (r.url().includes('/admin/v1/payments') && r.status() === 200)
                ++answered;
        });
        const looks = async n => {
            const wanted = answered + n;
            await eventually(`${n} looks`, async () => {
                await page.clock.runFor(2000);
                return answered >= wanted;
            }, 400_000);
        };
        const heap = async () => {
            await session.send('HeapProfiler.collectGarbage');
            const { usedSize } = await session.send('Runtime.getHeapUsage');
            const { nodes } = await session.send('Memory.getDOMCounters');
            return { usedSize, nodes };
        };
        await looks(300); // ten minutes
        const before = await heap();
        await system.order({ body: 'halfway' });
        await looks(1500); // fifty more
        const later = await heap();
        console.log(`# heap ${before.usedSize} → ${later.usedSize} bytes, ${before.nodes} → ${later.nodes} nodes`);
        assert.ok(later.usedSize < before.usedSize * 1.25 + 1_000_000, 'the heap has grown');
        assert.ok(later.nodes < before.nodes * 1.25 + 500, 'the document has grown');
        await page.locator('td', { hasText: 'halfway' }).waitFor();
        await alice.leave();
    });
});
