// Every page in both languages, both themes and two widths: a picture of it to look at, nothing serious found by axe,
// nothing that sticks out at the side.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch, Person, seriousFindings, sideways } from './browser.mjs';
import { beijingDate, eventually, System } from './system.mjs';

const folder = join(process.env.WXGATE_OUT, 'screenshots');
mkdirSync(folder, { recursive: true });

const long = '高山乌龙礼盒（含手作茶杯一只，附品鉴卡与冷泡壶）中秋限定';

// Something of everything that a page may show.
async function furnish(system) {
    const orders = [];
    for (const [total_fee, body] of [[1299, '冷泡乌龙'], [2380, long], [9_999_999_99, 'Matcha & cookies <tea>'], [1, '茉莉雪芽'], [25800, long]])
        orders.push(await system.paid({ total_fee, body, attach: '桌号 7', metadata: { channel: '小程序首页' } }));
    await system.order({ body: long });
    const closed = await system.order({ body: '会关闭的订单' });
    await system.shop('POST', `/v1/payments/${closed.out_trade_no}/close`);
    system.hook.status = 410;
    const refund = await system.refund(orders[1], { refund_fee: 800, reason: '尺码不合适，顾客要求退回一部分' });
    await system.refund(orders[2], { refund_fee: 9_999_999_99, reason: 'Changed my mind' });
    await system.refund(orders[4], { refund_fee: 100 });
    const date = beijingDate();
    await system.putControl('/control/bill', { bill_date: date, available: true, rules: [
        { do: 'amount', out_trade_no: orders[0].out_trade_no, amount: 1300 }, { do: 'drop', out_trade_no: orders[3].out_trade_no }] });
    system.reconcile(date);
    return { order: orders[1], refund, date };
}

describe('the pages', () => {
    let system;
    let browser;
    let known;
    let cookies;
    before(async () => {
        system = await System.start();
        browser = await launch();
        known = await furnish(system);
        const alice = await (await Person.at(browser, system)).signIn('alice', '#/refunds');
        const waiting = alice.page.locator('.request', { hasText: known.refund.out_refund_no });
        await waiting.getByRole('button', { name: '批准' }).click();
        await alice.page.locator('dialog button[type=submit]').click();
        await eventually('the refund has succeeded', async () =>
            (await system.shop('GET', `/v1/refunds/${known.refund.out_refund_no}`)).body.refund_status === 'SUCCESS', 30000);
        cookies = await alice.context.cookies();
        await alice.leave();
    });
    after(async () => {
        await browser?.close();
        await system?.stop();
    });

    const pages = () => [
        ['today', '#/today', '.figure .value'], ['payments', '#/payments', 'tbody tr'],
        ['payment', `#/payments/${known.order.out_trade_no}`, '.timeline li'],
        ['not_found', '#/payments/no-such-order', '.empty'],
        ['refunds', '#/refunds', '.request'], ['webhooks', '#/webhooks', 'tbody tr'],
        ['webhooks_pending', '#/webhooks?state=pending', '.empty'], ['anomalies', '#/anomalies', '.finding'],
        ['reconciliation', '#/reconciliation', 'tbody tr'], ['differences', `#/reconciliation/${known.date}/10000100`, '.finding'],
    ];

    async function look(person, name, suffix) {
        await person.page.waitForTimeout(150); // a picture's first drawing
        await person.page.screenshot({ path: join(folder, `${name}.${suffix}.png`), fullPage: true });
        assert.deepEqual(await sideways(person.page), [], `${name}.${suffix} is too wide`);
        assert.deepEqual(await seriousFindings(person.page), [], `${name}.${suffix}`);
    }

    for (const language of ['zh-CN', 'en'])
        for (const theme of ['light', 'dark'])
            for (const width of [1440, 360])
                test(`${language}, ${theme}, ${width} px`, async () => {
                    const suffix = `${language}.${theme}.${width}`;
                    const options = { language, theme, width, height: width < 500 ? 780 : 900 };
                    const stranger = await Person.at(browser, system, options);
                    await stranger.go('');
                    await stranger.page.waitForSelector('#name');
                    await look(stranger, 'sign_in', suffix);
                    await stranger.page.goto(`${system.admin}/demo/`);
                    await stranger.page.locator('.good-item button').first().click();
                    await stranger.page.waitForSelector('.sheet');
                    await look(stranger, 'demo_paying', suffix);
                    await stranger.page.locator('.sheet .primary').click();
                    await stranger.page.locator('.my-order .badge.good').waitFor();
                    await look(stranger, 'demo_paid', suffix);
                    await stranger.page.locator('.tabs button').first().click();
                    await look(stranger, 'demo', suffix);
                    await stranger.leave();

                    const alice = await Person.at(browser, system, { ...options, cookies });
                    for (const [name, hash, sign] of pages()) {
                        await alice.go(hash);
                        await alice.page.locator(sign).first().waitFor();
                        await look(alice, name, suffix);
                    }
                    await alice.go('#/refunds');
                    await alice.page.locator('.request .primary').first().click();
                    await alice.page.waitForSelector('dialog');
                    await look(alice, 'approving', suffix);
                    await alice.page.keyboard.press('Escape');
                    if (width < 500) {
                        await alice.page.locator('.menu-button').click();
                        await look(alice, 'menu', suffix);
                    }
                    await alice.leave();
                });

    test('a gateway that does not answer is told calmly, and what was shown stays', async () => {
        const alice = await Person.at(browser, system, { cookies });
        await alice.go('#/payments');
        await alice.page.locator('tbody tr').first().waitFor();
        await alice.context.setOffline(true);
        await alice.page.locator('.live.offline').waitFor();
        assert.ok(await alice.page.locator('tbody tr').count() > 0);
        await alice.page.screenshot({ path: join(folder, 'offline.png') });
        await alice.context.setOffline(false);
        await alice.page.locator('.live:not(.offline)').waitFor({ timeout: 30000 });
        alice.mistakes = alice.mistakes.filter(m => !m.includes('ERR_INTERNET_DISCONNECTED'));
        await alice.leave();
    });
});
