// What people do at the console and at the demo shop.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, Person } from './browser.mjs';
import { beijingDate, eventually, password, System } from './system.mjs';

const nasty = '<script>globalThis.owned=1</script><img src=x onerror="globalThis.owned=1">';
const short = '<script>owned=1</script>';

describe('the console', () => {
    let system;
    let browser;
    before(async () => {
        system = await System.start();
        browser = await launch();
    });
    after(async () => {
        await browser?.close();
        await system?.stop();
    });

    const at = options => Person.at(browser, system, options);
    const rowOf = (person, number) => person.page.locator('tr', { hasText: number });
    const requestOf = (person, refund) => person.page.locator('.request', { hasText: refund.out_refund_no });
    const csrfOf = person => person.page.evaluate(async () => (await (await fetch('/admin/v1/session')).json()).csrf_token);
    const postAs = async (person, path, body) => person.page.evaluate(async ([p, b, token]) => {
        const reply = await fetch(p, { method: 'POST', headers: { 'X-CSRF-Token': token, 'Content-Type': 'application/json' }, body: JSON.stringify(b) });
        return [reply.status, (await reply.json()).code];
    }, [path, body, await csrfOf(person)]);

    test('its files come with what keeps them safe, and are not sent twice', async () => {
        for (const [path, type] of [['/console/', 'text/html'], ['/console/app.js', 'text/javascript'], ['/console/chart.js', 'text/javascript'],
            ['/console/console.css', 'text/css'], ['/console/icon.svg', 'image/svg+xml'], ['/demo/', 'text/html'], ['/demo/demo.js', 'text/javascript']]) {
            const first = await system.get(path);
            assert.equal(first.status, 200, path);
            assert.match(first.headers.get('content-type'), new RegExp(`^${type.replace('+', '\\+')}`), path);
            const policy = first.headers.get('content-security-policy').split('; ').sort();
            assert.deepEqual(policy, ["base-uri 'none'", "connect-src 'self'", "default-src 'none'", "form-action 'self'",
                "frame-ancestors 'none'", "img-src 'self' data:", "script-src 'self'", "style-src 'self'"]);
            assert.equal(first.headers.get('x-content-type-options'), 'nosniff');
            assert.equal(first.headers.get('referrer-policy'), 'no-referrer');
            assert.equal(first.headers.get('cache-control'), 'no-cache');
            const again = await system.get(path, { 'If-None-Match': first.headers.get('etag') });
            assert.equal(again.status, 304, path);
            assert.equal(again.body, '');
            assert.equal(again.headers.get('etag'), first.headers.get('etag'));
        }
        assert.equal((await system.get('/console/no.js')).status, 404);
        assert.equal((await system.get('/console/..%2fapp.js')).status, 404);
        const folder = await system.get('/console');
        assert.deepEqual([folder.status, folder.headers.get('location')], [308, '/console/']);
        assert.equal((await system.post('/console/', {})).status, 405);
    });

    test('signing in: a wrong password is told, a right one opens the page that was asked for, by keyboard alone', async () => {
        const alice = await at();
        await alice.go('#/refunds');
        const { page } = alice;
        await page.waitForSelector('#name');
        assert.equal(await page.evaluate(() => document.activeElement.id), 'name');
        await page.keyboard.type('alice');
        await page.keyboard.press('Tab');
        await page.keyboard.type('not the password');
        await page.keyboard.press('Enter');
        await page.locator('.form-error', { hasText: '用户名或密码不正确' }).waitFor();
        await page.keyboard.type(password); // the wrong one is selected
        await page.keyboard.press('Enter');
        await page.locator('h1', { hasText: '退款审批' }).waitFor();
        assert.equal(await page.locator('.who strong').textContent(), 'alice');
        await page.locator('body').press('Tab');
        assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
        await page.keyboard.press('Enter');
        assert.equal(await page.evaluate(() => document.activeElement.id), 'main');

        await page.getByRole('button', { name: '退出登录' }).click();
        await page.waitForSelector('#name');
        assert.equal((await alice.context.cookies()).filter(c => c.name === 'wxgate_session').length, 0);
        await alice.leave();
    });

    test('a session that is over leads back to the sign-in, and then to the same page', async () => {
        const bob = await (await at()).signIn('bob', '#/anomalies');
        await bob.page.locator('h1', { hasText: '异常处理' }).waitFor();
        await bob.context.clearCookies();
        await bob.page.locator('.notice', { hasText: '登录已过期' }).waitFor();
        await bob.page.fill('#name', 'bob');
        await bob.page.fill('#password', password);
        await bob.page.press('#password', 'Enter');
        await bob.page.locator('h1', { hasText: '异常处理' }).waitFor();
        await bob.leave();
    });

    test('a payment arrives while somebody looks, and is seen to be paid', async () => {
        const alice = await (await at()).signIn('alice');
        const { page } = alice;
        await page.waitForSelector('.figure .value');
        await page.evaluate(() => { globalThis.untouched = true; });
        const figure = name => page.locator('.figure', { hasText: name }).locator('.value').textContent();
        const before = await figure('今日收款');
        const order = await system.order({ total_fee: 123456 });
        await rowOf(alice, order.out_trade_no).locator('.badge', { hasText: '待支付' }).waitFor();
        const row = await rowOf(alice, order.out_trade_no).elementHandle();
        await system.pay(order);
        await rowOf(alice, order.out_trade_no).locator('.badge', { hasText: '已支付' }).waitFor();
        assert.ok(await row.evaluate(e => e.isConnected), 'the row was rebuilt');
        await eventually('the day has the money', async () => (await figure('今日收款')) !== before);
        const fen = text => Number(text.replace(/[^0-9]/g, ''));
        assert.equal(fen(await figure('今日收款')) - fen(before), 123456);
        assert.match(await page.locator('canvas').first().getAttribute('aria-label'), /¥[\d,]+\.\d\d/);
        await page.getByRole('button', { name: '近 24 小时' }).click();
        await page.locator('.share span.good').waitFor({ state: 'attached' });
        assert.ok(await page.evaluate(() => globalThis.untouched), 'the page was loaded anew');
        await alice.leave();
    });

    test('orders are found by number, transaction, openid, amount and state', async () => {
        const wanted = await system.paid({ total_fee: 77701, body: '要找的订单' });
        const other = await system.order({ total_fee: 77702 });
        const alice = await (await at()).signIn('alice', '#/payments');
        const { page } = alice;
        const find = async fields => {
            await page.getByRole('button', { name: '清除' }).click();
            for (const [id, value] of Object.entries(fields))
                await (id === 'search-state' ? page.selectOption(`#${id}`, value) : page.fill(`#${id}`, value));
            await page.getByRole('button', { name: '查询' }).click();
        };
        const openid = (await system.shop('GET', `/v1/payments/${wanted.out_trade_no}`)).body.openid;
        for (const fields of [{ 'search-text': wanted.out_trade_no }, { 'search-text': wanted.transaction_id }, { 'search-text': openid },
            { 'search-amount': '777.01' }, { 'search-amount': '777.01', 'search-state': 'SUCCESS' }]) {
            await find(fields);
            await rowOf(alice, wanted.out_trade_no).waitFor();
            await eventually('nothing else is found', async () => (await page.locator('tbody tr').count()) === 1);
        }
        assert.doesNotMatch(await page.content(), new RegExp(openid), 'the whole openid is shown');
        await find({ 'search-amount': '777.02', 'search-state': 'SUCCESS' });
        await page.locator('.empty', { hasText: '没有符合条件的订单' }).waitFor();
        await find({ 'search-text': 'no-such-order-1' });
        await page.locator('.empty', { hasText: '没有符合条件的订单' }).waitFor();
        await find({ 'search-amount': 'a lot' });
        await page.locator('.form-error', { hasText: '请输入金额' }).waitFor();
        await find({ 'search-amount': '777.02' });
        await rowOf(alice, other.out_trade_no).waitFor();
        await page.reload(); // the address has the search
        await rowOf(alice, other.out_trade_no).waitFor();
        assert.equal(await page.inputValue('#search-amount'), '777.02');
        await alice.leave();
    });

    test('one operator asks for a refund, another approves it, and both see it', async () => {
        const order = await system.paid({ total_fee: 5000, body: '高山乌龙礼盒' });
        const alice = await (await at()).signIn('alice', `#/payments/${order.out_trade_no}`);
        const bob = await (await at()).signIn('bob', '#/refunds');
        await alice.page.getByRole('button', { name: '申请退款' }).click();
        await alice.page.fill('#refund-fee', '50.01');
        await alice.page.getByRole('button', { name: '提交申请' }).click();
        await alice.page.locator('dialog .form-error', { hasText: '0.01 到 50.00' }).waitFor();
        await alice.page.fill('#refund-fee', '12.34');
        await alice.page.fill('#refund-reason', '少发了一盒');
        await alice.page.getByRole('button', { name: '提交申请' }).click();
        const waiting = bob.page.locator('.request', { hasText: order.out_trade_no });
        await waiting.waitFor();
        assert.match(await waiting.textContent(), /¥12\.34.*¥50\.00.*少发了一盒.*alice/s);

        await alice.go('#/refunds');
        const own = alice.page.locator('.request', { hasText: order.out_trade_no });
        await own.locator('.notice', { hasText: '须由另一位审批人决定' }).waitFor();
        assert.equal(await own.getByRole('button').count(), 0);
        const number = /退款单号\s*(\S+)/.exec(await own.innerText())[1];
        assert.deepEqual(await postAs(alice, `/admin/v1/refunds/${number}/approve`, {}), [403, 'forbidden']);

        await waiting.getByRole('button', { name: '批准' }).click();
        await bob.page.getByRole('button', { name: '批准退款 ¥12.34' }).click();
        await alice.page.locator('.toast', { hasText: 'bob：已批准 ¥12.34' }).waitFor();
        await rowOf(alice, order.out_trade_no).locator('.badge', { hasText: '退款成功' }).waitFor({ timeout: 30000 });
        assert.match(await rowOf(alice, order.out_trade_no).innerText(), /bob/);
        await bob.go(`#/payments/${order.out_trade_no}`);
        await bob.page.locator('.timeline', { hasText: '退款成功' }).waitFor();
        const timeline = await bob.page.locator('.timeline').innerText();
        for (const step of ['创建订单', '支付成功', '申请退款', '批准退款', '向微信提交退款', '退款成功'])
            assert.ok(timeline.includes(step), step);
        assert.match(await bob.page.locator('section', { hasText: '通知商城的 Webhook' }).last().innerText(), /refund\.succeeded/);
        await alice.leave();
        await bob.leave();
    });

    test('two decide at once: the second is told who was first; and one is rejected with a reason', async () => {
        const order = await system.paid();
        const refund = await system.refund(order);
        const alice = await (await at()).signIn('alice', '#/refunds');
        const bob = await (await at()).signIn('bob', '#/refunds');
        await requestOf(alice, refund).getByRole('button', { name: '批准' }).click();
        await alice.page.locator('dialog').waitFor();
        await requestOf(bob, refund).getByRole('button', { name: '拒绝' }).click();
        await bob.page.getByRole('button', { name: '拒绝退款' }).click();
        await bob.page.locator('dialog .form-error', { hasText: '此项必填' }).waitFor();
        await bob.page.fill('#note', short);
        await bob.page.getByRole('button', { name: '拒绝退款' }).click();
        await bob.page.locator('dialog').waitFor({ state: 'detached' });
        await alice.page.getByRole('button', { name: '批准退款 ¥3.00' }).click();
        await alice.page.locator('.toast', { hasText: 'bob 已先作出决定：已拒绝' }).waitFor();
        await alice.page.locator('tr', { hasText: order.out_trade_no }).locator('small', { hasText: short }).waitFor();
        await alice.leave();
        await bob.leave();
    });

    test('Escape leaves a dialog, and the focus is where it was', async () => {
        const refund = await system.refund(await system.paid());
        const alice = await (await at()).signIn('alice', '#/refunds');
        const approve = requestOf(alice, refund).getByRole('button', { name: '批准' });
        await approve.focus();
        await alice.page.keyboard.press('Enter');
        await alice.page.locator('dialog').waitFor();
        await alice.page.keyboard.press('Escape');
        await alice.page.locator('dialog').waitFor({ state: 'detached' });
        assert.equal(await alice.page.evaluate(() => document.activeElement.textContent), '批准');
        await alice.leave();
    });

    test('a viewer and an admin do not decide: they are shown no button, and are refused', async () => {
        const order = await system.paid();
        const refund = await system.refund(order);
        const vera = await (await at()).signIn('vera', '#/refunds');
        await requestOf(vera, refund).waitFor();
        assert.equal(await requestOf(vera, refund).getByRole('button').count(), 0);
        await vera.page.locator('.notice', { hasText: '您的角色是查看者' }).waitFor();
        assert.deepEqual(await postAs(vera, `/admin/v1/refunds/${refund.out_refund_no}/approve`, {}), [403, 'forbidden']);
        assert.deepEqual(await postAs(vera, `/admin/v1/payments/${order.out_trade_no}/refunds`, { refund_fee: 1 }), [403, 'forbidden']);
        await vera.go(`#/payments/${order.out_trade_no}`);
        await vera.page.locator('.timeline').waitFor();
        assert.equal(await vera.page.getByRole('button', { name: '申请退款' }).count(), 0);
        const ada = await (await at()).signIn('ada', '#/refunds');
        await requestOf(ada, refund).waitFor();
        assert.equal(await requestOf(ada, refund).getByRole('button').count(), 0);
        assert.deepEqual(await postAs(ada, `/admin/v1/refunds/${refund.out_refund_no}/approve`, {}), [403, 'forbidden']);
        await ada.go(`#/payments/${order.out_trade_no}`);
        await ada.page.getByRole('button', { name: '申请退款' }).waitFor();
        const forged = await system.post(`/admin/v1/refunds/${refund.out_refund_no}/approve`, {},
            { Cookie: (await ada.context.cookies()).map(c => `${c.name}=${c.value}`).join('; ') });
        assert.equal(forged.status, 403);
        await vera.leave();
        await ada.leave();
    });

    test('what others have written is shown as text', async () => {
        const order = await system.paid({ total_fee: 900, body: nasty, attach: nasty.replaceAll('&', ''), metadata: { note: nasty } });
        const refund = await system.refund(order, { reason: short });
        const alice = await (await at()).signIn('alice', '#/today');
        await alice.page.locator('td', { hasText: nasty }).waitFor();
        for (const [hash, where] of [['#/payments', 'td'], [`#/payments/${order.out_trade_no}`, 'dd'], [`#/payments/${order.out_trade_no}`, '.hero-body']]) {
            await alice.go(hash);
            await alice.page.locator(where, { hasText: nasty }).first().waitFor();
        }
        await alice.page.locator('td', { hasText: short }).first().waitFor();
        await alice.go('#/refunds');
        await requestOf(alice, refund).locator('dd', { hasText: short }).waitFor();
        await requestOf(alice, refund).getByRole('button', { name: '批准' }).click();
        await alice.page.locator('dialog dd', { hasText: short }).waitFor();
        assert.equal(await alice.page.evaluate(() => globalThis.owned), undefined);
        await alice.leave(); // without a word of the browser about its policy
    });

    test('a webhook that failed is seen, with the reason, and delivered again', async () => {
        system.hook.status = 410;
        const order = await system.paid();
        const alice = await (await at()).signIn('alice', '#/webhooks');
        const row = rowOf(alice, order.out_trade_no);
        await row.locator('.badge', { hasText: '失败' }).waitFor();
        assert.match(await row.innerText(), /HTTP 410/);
        system.hook.status = 204;
        await row.getByRole('button', { name: '重新投递' }).click();
        await alice.page.locator('.toast', { hasText: '已安排重新投递' }).waitFor();
        await row.waitFor({ state: 'detached' });
        await alice.page.getByRole('button', { name: '已送达' }).click();
        await rowOf(alice, order.out_trade_no).first().waitFor();
        await alice.leave();
    });

    test('a day whose bill differs is seen; the finding is settled with a note', async () => {
        const order = await system.paid({ total_fee: 4200 });
        const date = beijingDate();
        await system.putControl('/control/bill', { bill_date: date, available: true, rules: [{ do: 'amount', out_trade_no: order.out_trade_no, amount: 4300 }] });
        assert.match(system.reconcile(date), /bill_amount/);
        const alice = await (await at()).signIn('alice', '#/reconciliation');
        const { page } = alice;
        await page.locator('tbody tr .badge', { hasText: '1 处差异' }).waitFor();
        await page.locator('tbody tr a').first().click();
        const finding = page.locator('.finding', { hasText: order.out_trade_no });
        await finding.waitFor();
        assert.match(await finding.innerText(), /¥43\.00[\s\S]*¥42\.00/);
        await alice.go('#/anomalies');
        await finding.getByRole('button', { name: '处理' }).click();
        await page.fill('#note', short);
        await page.getByRole('button', { name: '标记为已处理' }).click();
        await finding.waitFor({ state: 'detached' });
        await page.getByRole('button', { name: '已处理' }).click();
        await finding.locator('.notice', { hasText: short }).waitFor();
        assert.match(await finding.innerText(), /alice/);
        await alice.go('#/reconciliation');
        await page.locator('tbody tr .badge', { hasText: '已处理' }).waitFor();
        assert.equal(await page.evaluate(() => globalThis.owned), undefined);
        await alice.leave();
    });

    test('the demo shop: cancelled, failed, paid, refunded', async () => {
        const customer = await at();
        const { page } = customer;
        await page.goto(`${system.admin}/demo/`);
        await page.getByRole('button', { name: '购买 冷泡乌龙' }).click();
        await page.locator('.sheet .amount', { hasText: '¥18.00' }).waitFor();
        await page.locator('.sheet').getByRole('button', { name: '取消' }).click();
        await page.getByRole('button', { name: '去支付' }).click();
        await page.getByRole('button', { name: '模拟支付失败' }).click();
        await page.locator('.sheet .form-error', { hasText: '支付失败' }).waitFor();
        await page.getByRole('button', { name: '确认支付' }).click();
        await page.locator('.my-order .badge', { hasText: '已支付' }).waitFor();
        await page.locator('.behind', { hasText: '微信通知到达' }).waitFor();
        const number = (await page.locator('.my-order .mono').textContent()).trim();
        const bob = await (await at()).signIn('bob', '#/refunds');
        await page.getByRole('button', { name: '申请退款' }).click();
        const waiting = bob.page.locator('.request', { hasText: number });
        await waiting.waitFor();
        assert.match(await waiting.innerText(), /demo-shop/);
        await waiting.getByRole('button', { name: '批准' }).click();
        await bob.page.getByRole('button', { name: '批准退款 ¥18.00' }).click();
        await page.locator('.my-order .badge', { hasText: '退款成功' }).waitFor({ timeout: 30000 });
        await page.locator('.behind', { hasText: '审批人 bob 作出决定：已批准' }).waitFor();
        await customer.leave();
        await bob.leave();
    });

    test('language and theme are switched without losing the page', async () => {
        const alice = await (await at()).signIn('alice', '#/refunds');
        const { page } = alice;
        await page.locator('.choices select').first().selectOption('en');
        await page.locator('h1', { hasText: 'Refunds' }).waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
        const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        await page.locator('.choices select').last().selectOption('dark');
        assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), light);
        await page.reload();
        await page.locator('h1', { hasText: 'Refunds' }).waitFor();
        await alice.leave();
    });
});
