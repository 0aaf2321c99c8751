// npm's tenpay: every call of v2 that it has, and the notifications it reads.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import tenpay from 'tenpay';
import { appid, eventually, key, mchid, number, Sandbox, tls, today } from './sandbox.mjs';

describe('tenpay', () => {
    let sandbox;
    let api;

    before(async () => {
        sandbox = await new Sandbox().start();
        api = new tenpay({ appid, mchid, partnerKey: key, pfx: tls('apiclient_cert.p12'), notify_url: sandbox.notify, refund_url: sandbox.notify });
        for (const name of Object.keys(api.urls))
            api.urls[name] = sandbox.url + new URL(api.urls[name]).pathname;
    });
    after(() => sandbox.stop());

    const order = more => ({ out_trade_no: number(), body: '门店-茶', total_fee: 1299, openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', ...more });
    const without_customer = more => { const o = order(more); delete o.openid; return o; };

    async function paid(more) {
        const o = order(more);
        await sandbox.tell('POST', '/request-payment', await api.getPayParams(o));
        return o.out_trade_no;
    }

    for (const sign_type of ['MD5', 'HMAC-SHA256'])
        test(`a payment and its refund, ${sign_type}`, async () => {
            const out_trade_no = await paid({ sign_type });
            const status = await api.orderQuery({ out_trade_no, sign_type });
            assert.equal(status.trade_state, 'SUCCESS');
            assert.equal(status.total_fee, '1299');
            const body = await eventually('it is notified', () => sandbox.heard.find(b => b.includes(out_trade_no) && b.includes('time_end')));
            const told = await api._parse(body, 'middleware_pay', sign_type);
            assert.equal(told.transaction_id, status.transaction_id);

            const out_refund_no = number();
            const accepted = await api.refund({ out_trade_no, out_refund_no, total_fee: 1299, refund_fee: 300, sign_type });
            assert.equal(accepted.refund_fee, '300');
            const asked = await api.refundQuery({ out_refund_no, sign_type });
            assert.equal(asked.out_refund_no_0, out_refund_no);
            await sandbox.later('1h');
            await eventually('its end is notified', async () => {
                for (const one of sandbox.heard.filter(b => b.includes('req_info'))) {
                    const { req_info } = await api._parse(one, 'middleware_refund');
                    if (req_info.out_refund_no === out_refund_no)
                        return req_info.refund_status === 'SUCCESS';
                }
                return false;
            });
        });

    test('a code, an app and a browser', async () => {
        const { code_url } = await api.unifiedOrder(without_customer({ trade_type: 'NATIVE', product_id: '7' }));
        await sandbox.tell('POST', '/pay', { code_url });
        await sandbox.tell('POST', '/pay', { app: await api.getAppParams(without_customer()) });
        const { mweb_url } = await api.unifiedOrder(without_customer({ trade_type: 'MWEB', scene_info: '{"h5_info":{"type":"Wap"}}' }));
        await sandbox.tell('POST', '/pay', { mweb_url });
    });

    test('a code on the wall (mode one)', async () => {
        const { body } = await sandbox.tell('POST', '/native-scan', { url: api.getNativeUrl({ product_id: '7' }) });
        const scan = await api._parse(body, 'middleware_nativePay');
        assert.equal(scan.product_id, '7');
        const { prepay_id } = await api.unifiedOrder(without_customer({ trade_type: 'NATIVE', product_id: scan.product_id }));
        await sandbox.tell('POST', '/pay', { native_answer: api._getNativeReply(prepay_id) });
    });

    test('a code that a customer shows, and its reversal', async () => {
        const out_trade_no = number();
        const pay = { out_trade_no, body: 'tea', total_fee: 1, auth_code: '134512345678901201' };
        assert.equal((await api.micropay(pay)).trade_type, 'MICROPAY');
        assert.equal((await api.reverse({ out_trade_no })).recall, 'Y');
        await sandbox.later('15s');
        assert.equal((await api.reverse({ out_trade_no })).recall, 'N');
        await assert.rejects(api.micropay({ ...pay, auth_code: '134512345678901202' }), { message: 'ORDERREVERSED' });
        await assert.rejects(api.micropay({ ...pay, out_trade_no: number(), auth_code: '134512345678901290' }), { message: 'USERPAYING' });
    });

    test('refusals', async () => {
        await assert.rejects(api.orderQuery({ out_trade_no: 'nothing-here' }), { message: 'ORDERNOTEXIST' });
        await assert.rejects(api.unifiedOrder(without_customer()), { message: 'JSAPI支付必须传openid' });
        const out_trade_no = await paid();
        await assert.rejects(api.closeOrder({ out_trade_no }), { message: 'ORDERPAID' });
        await assert.rejects(api.refund({ out_trade_no, out_refund_no: number(), total_fee: 1, refund_fee: 1 }), { message: 'REFUND_FEE_MISMATCH' });
        await assert.rejects(api.refundQuery({ out_trade_no }), { message: 'REFUNDNOTEXIST' });
        const stranger = new tenpay({ appid, mchid, partnerKey: 'f'.repeat(32), notify_url: sandbox.notify });
        stranger.urls = api.urls;
        await assert.rejects(stranger.orderQuery({ out_trade_no }), { message: '签名错误' });
        const { out_trade_no: open } = await (async () => { const o = order(); await api.unifiedOrder(o); return o; })();
        assert.equal((await api.closeOrder({ out_trade_no: open })).result_code, 'SUCCESS');
    });

    test('both bills', async () => {
        const bill_date = await today(sandbox);
        const out_trade_no = await paid();
        await assert.rejects(api.downloadBill({ bill_date }), { message: 'No Bill Exist' });
        await sandbox.tell('PUT', '/bill', { bill_date, available: true, rules: [] });
        const bill = await api.downloadBill({ bill_date }, true);
        assert.ok(bill.list_data.some(row => row.includes(out_trade_no)));
        assert.equal(Number(bill.total_data[0]), bill.list_data.length);
        const flow = await api.downloadFundflow({ bill_date }, true);
        assert.ok(flow.list_data.some(row => row.includes(out_trade_no)));
        assert.equal(Number(flow.total_data[0]), flow.list_data.length);
        await assert.rejects(api.downloadFundflow({ bill_date, sign_type: 'MD5' }), { message: 'SIGN ERROR' });
    });
});
