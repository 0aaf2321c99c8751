// npm's wechatpay-axios-plugin, which verifies every answer: the calls that tenpay does not have too.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import wechatpay from 'wechatpay-axios-plugin';
import { appid, key, mchid, number, Sandbox, tls, today } from './sandbox.mjs';

describe('wechatpay-axios-plugin', () => {
    let sandbox;
    let client;

    before(async () => {
        sandbox = await new Sandbox().start();
        client = wechatpay.Decorator.xmlBased({
            mchid, secret: key, baseURL: sandbox.url + '/',
            merchant: { cert: tls('apiclient_cert.pem'), key: tls('apiclient_key.pem') },
        });
    });
    after(() => sandbox.stop());

    const call = async (path, data, options) => (await client.post(path, { appid, mch_id: mchid, ...data }, options)).data;
    const secure = { security: true };
    const text = { ...secure, transformResponse: [body => body] };
    const refused = (code, call) => assert.rejects(call, e => e.response?.data?.err_code === code || e.response?.data?.return_msg === code);

    const order = more => ({
        out_trade_no: number(), body: '茶 & <点心>', total_fee: 1299, notify_url: sandbox.notify, spbill_create_ip: '127.0.0.1',
        trade_type: 'NATIVE', product_id: '7', ...more,
    });

    async function paid(more) {
        const o = order(more);
        const { code_url } = await call('/pay/unifiedorder', o);
        await sandbox.tell('POST', '/pay', { code_url });
        return o.out_trade_no;
    }

    for (const sign_type of ['MD5', 'HMAC-SHA256'])
        test(`order, query, refund and its query, ${sign_type}`, async () => {
            const out_trade_no = await paid({ sign_type });
            const status = await call('/pay/orderquery', { out_trade_no, sign_type });
            assert.equal(status.trade_state, 'SUCCESS');
            const goods = { detail: '{"goods_detail":[{"goods_id":"1"}]}' };
            const refund = { out_trade_no, total_fee: 1299, refund_fee: 1, sign_type };
            await call('/secapi/pay/refund', { ...refund, out_refund_no: number() }, secure);
            await refused('FREQUENCY_LIMITED', call('/secapi/pay/refundv2', { ...refund, ...goods, out_refund_no: number() }, secure));
            await sandbox.later('1m');
            await call('/secapi/pay/refundv2', { ...refund, ...goods, out_refund_no: number() }, secure);
            assert.equal((await call('/pay/refundquery', { out_trade_no, sign_type })).refund_count, '2');
            assert.equal((await call('/pay/refundqueryv2', { out_trade_no, sign_type })).total_refund_count, '2');
            await refused('ORDERPAID', call('/pay/closeorder', { out_trade_no, sign_type }));
        });

    test('a till', async () => {
        const out_trade_no = number();
        const auth_code = '134512345678901201';
        const { openid } = await call('/tools/authcodetoopenid', { auth_code });
        const pay = { out_trade_no, body: 'tea', total_fee: 1, spbill_create_ip: '127.0.0.1', auth_code };
        assert.equal((await call('/pay/micropay', pay)).openid, openid);
        await sandbox.later('15s');
        assert.equal((await call('/secapi/pay/reverse', { out_trade_no }, secure)).recall, 'N');
        await refused('AUTH_CODE_INVALID', call('/tools/authcodetoopenid', { auth_code: '1' }));
        await refused('INVALID_TRANSACTIONID', call('/secapi/pay/reverse', { transaction_id: '4200' }, secure));
    });

    test('tools', async () => {
        const { short_url } = await call('/tools/shorturl', { long_url: 'weixin://wxpay/bizpayurl?pr=1' });
        assert.match(short_url, /^weixin:\/\/wxpay\/s\//);
        await refused('invalid native url', call('/tools/shorturl', { long_url: 'https://shop' }));
        const report = await call('/payitil/report', { interface_url: 'https://api.mch.weixin.qq.com/pay/micropay', user_ip: '127.0.0.1', trades: '[]' });
        assert.equal(report.return_code, 'SUCCESS');
    });

    test('both bills', async () => {
        const bill_date = await today(sandbox);
        const out_trade_no = await paid();
        await sandbox.tell('PUT', '/bill', { bill_date, available: true, rules: [] });
        assert.ok((await call('/pay/downloadbill', { bill_date, bill_type: 'ALL' }, text)).includes(out_trade_no));
        const flow = { bill_date, account_type: 'Basic', sign_type: 'HMAC-SHA256' };
        assert.ok((await call('/pay/downloadfundflow', flow, text)).includes(out_trade_no));
    });

    test('without a certificate', async () => {
        const bare = wechatpay.Decorator.xmlBased({ mchid, secret: key, baseURL: sandbox.url + '/' });
        const data = { appid, mch_id: mchid, out_trade_no: 'none-at-all' };
        await assert.rejects(bare.post('/secapi/pay/reverse', data), e => e.response?.status === 400);
    });
});
